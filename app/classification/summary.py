"""低效底数 (PRACTICE §4 Q4): totals and their rows from the same cells, so that every total is the sum of its rows. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Row

from app.core.units import MU_PER_M2, half_up
from app.policy.schemas import Rule

PARCELS: Final = "/api/classification/parcels"
RELATIONS: Final = {"inside": "线内", "crossing": "跨线", "outside": "线外", "unknown": "未套合"}
OWNERSHIPS: Final = {"G": "国有", "J": "集体", "Z": "未确定", "unknown": "不明"}


@dataclass(frozen=True, slots=True)
class Scope:
    """What the figures are cut by: the calibre, or the one body of an officer."""

    calibre: str
    body: str | None = None

    def url(self, **cuts: str) -> str:
        """Address of the parcels behind one figure."""
        return f"{PARCELS}?{urlencode({'calibre': self.calibre, **cuts})}"


def area(m2: Decimal) -> dict[str, Decimal]:
    """m² and the exact 亩 of it: unrounded, so that rows sum to their total in both units."""
    return {"m2": m2, "mu": m2 * MU_PER_M2}


def figure(cells: Iterable[Row[Any]], url: str) -> dict[str, Any]:
    """Parcels and area of some cells, and where to see them."""
    found = list(cells)
    return {"n_parcels": sum(c.n for c in found), **area(sum((c.m2 for c in found), Decimal(0))), "parcels_url": url}


def share(part: Mapping[str, Any], whole: Mapping[str, Any]) -> Decimal | None:
    """Share of 亩 in percent, 2 decimals; none of nothing."""
    return half_up(100 * part["m2"] / whole["m2"], 2) if whole["m2"] else None


def _rows(cells: Sequence[Row[Any]], scope: Scope, key: str, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """One breakdown of 低效(初判): every value of the key, also the empty ones."""

    def row(value: str, label: str) -> dict[str, Any]:
        mine = [c for c in cells if getattr(c, key) == value and c.inefficient == "true"]
        return {key: value, "label": label, **figure(mine, scope.url(inefficient="true", **{key: value}))}

    return [row(value, label) for value, label in labels.items()]


def _by_body(cells: Sequence[Row[Any]], scope: Scope, bodies: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    def part(body: str, result: str | None) -> dict[str, Any]:
        cut = {"responsible_body": body, **({"inefficient": result} if result else {})}
        return figure((c for c in cells if c.responsible_body == body and result in (None, c.inefficient)), scope.url(**cut))

    found = []
    for body in bodies:
        whole, bad = part(body.code, None), part(body.code, "true")
        found.append(
            {
                "responsible_body": body.code, "name": body.name, "kind": body.kind, **bad, "share_pct": share(bad, whole),
                "denominator": whole, "unknown": part(body.code, "unknown"),
            }
        )  # fmt: skip
    return found


def _by_criterion(counts: Mapping[str, Row[Any]], rules: Sequence[Rule], scope: Scope) -> list[dict[str, Any]]:
    def row(rule: Rule) -> dict[str, Any]:
        count = counts.get(rule.id)
        return {
            "id": rule.id, "name": rule.name, "threshold_note": rule.threshold_note, "n_parcels": count.n if count else 0,
            **area(count.m2 if count else Decimal(0)), "parcels_url": scope.url(criterion=rule.id),
            "unknown": {
                "n_parcels": count.n_unknown if count else 0, **area(count.m2_unknown if count else Decimal(0)),
                "parcels_url": scope.url(criterion_unknown=rule.id),
            },
        }  # fmt: skip

    return [row(rule) for rule in rules]


def compose(
    cells: Sequence[Row[Any]], *, scope: Scope, bodies: Sequence[Row[Any]], rules: Sequence[Rule], criteria: Mapping[str, Row[Any]]
) -> dict[str, Any]:
    """The whole answer but its head and its ten largest parcels."""

    def of(test: Callable[[Row[Any]], bool], **cuts: str) -> dict[str, Any]:
        return figure(filter(test, cells), scope.url(**cuts))

    whole = of(lambda _: True)
    bad = of(lambda c: c.inefficient == "true", inefficient="true")
    determined = of(lambda c: c.is_determined, determined="true")
    both = of(lambda c: c.is_determined and c.inefficient == "true", determined="true", inefficient="true")
    return {
        "denominator": whole,
        "inefficient": {**bad, "share_pct": share(bad, whole), "label": "低效(初判),去重"},
        "not_inefficient": of(lambda c: c.inefficient == "false", inefficient="false"),
        "unknown": {**of(lambda c: c.inefficient == "unknown", inefficient="unknown"), "label": "资料不全,单列"},
        "by_criterion": _by_criterion(criteria, rules, scope),
        "by_criterion_note": "一宗可符合多项,可重复;合计以去重数为准",
        "by_line": _rows(cells, scope, "relation", RELATIONS),
        "by_ownership": _rows(cells, scope, "ownership", OWNERSHIPS),
        "by_body": _by_body(cells, scope, bodies),
        "determined": {**determined, "label": "低效(已认定)", "also_suspected": both},
        "determined_note": "认定以文号为准,与初判分列,不相加",
    }
