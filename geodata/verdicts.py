"""The expected verdicts of one parcel, stated by the generator that made the case (the answer key)."""

from __future__ import annotations

from dataclasses import dataclass

CRITERIA = ("C1", "C2", "C3", "C4", "C5", "C6", "C7")


@dataclass(frozen=True)
class Idle:
    """疑似闲置: the outcome of 令53 as DOMAIN §4.1.7 decides it."""

    result: str = "not_idle"
    limb: str = ""
    years: str = ""
    cause: str = ""
    menu: str = ""
    missing: str = ""


CAUSES = {"企业原因": "holder", "政府原因": "government", "不可抗力": "force_majeure", "未核实": "unverified"}
MENUS = {"government": "art12", "force_majeure": "art12", "unverified": "needs_investigation"}
NOT_IDLE = Idle()
NO_START = Idle("insufficient_data", missing="start")
NO_STARTED = Idle("insufficient_data", missing="started")
NO_RATIOS = Idle("insufficient_data", missing="ratios")
NO_SUSPENSION = Idle("insufficient_data", missing="suspended_from")


def first_limb(years: int, cause: str = "unverified") -> Idle:
    """2(1) 未动工."""
    menu = MENUS.get(cause) or ("art14_recover" if years == 2 else "art14_fee")
    return Idle("suspected", "2(1)", str(years), cause, menu)


def second_limb(cause: str = "unverified") -> Idle:
    """2(2) 动工未尽: always the menu of Art. 12."""
    return Idle("suspected", "2(2)", "", cause, "art12")


@dataclass(frozen=True)
class Verdict:
    """低效初判, 疑似闲置 and 标准地 of one parcel."""

    true: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    idle: Idle = NOT_IDLE
    standard: str = "false"
    status: str = ""
    collective: bool = False

    @property
    def inefficient(self) -> str:
        if self.true:
            return "true"
        return "unknown" if self.unknown else "false"


def criteria(text: str) -> tuple[str, ...]:
    """'C1 C3' as a tuple; refuses what is no criterion."""
    names = tuple(text.split())
    if not set(names) <= set(CRITERIA):
        raise ValueError(text)
    return names
