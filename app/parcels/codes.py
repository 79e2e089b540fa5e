"""宗地代码, 不动产单元号 and the one code 一码: grammar and check character (DOMAIN §5.1, §6); pure."""

import re
import unicodedata
from dataclasses import dataclass
from operator import mul

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100's 31 characters (no I O S V Z)."""
WEIGHTS = tuple(pow(3, i, 31) for i in range(16))
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_CHARACTERS = frozenset(ALPHABET)

_CADASTRAL = re.compile(r"^(\d{6})(\d{3})(\d{3})([GJZ])([ABSXCDEFHGWY])(\d{5})$", re.ASCII)
_UNIT = re.compile(r"^([0-9A-Z]{19})([FLQW])(\d{8})$", re.ASCII)
_ONE_CODE = re.compile(rf"^(\d{{6}})(\d{{3}})([PBCW])(\d{{6}})([{ALPHABET}])$", re.ASCII)
OWNERSHIP_AT = 12
"""Where the ownership letter stands in a 宗地代码."""
_ONLY_COLLECTIVE = frozenset("AC")


@dataclass(frozen=True)
class CadastralCode:
    """宗地代码, 19 characters."""

    text: str
    county: str
    district: str
    subdistrict: str
    ownership: str
    feature: str
    sequence: str


@dataclass(frozen=True)
class UnitCode:
    """不动产单元号, 28 characters: a 宗地代码, the 定着物 letter and its number."""

    text: str
    parcel: CadastralCode
    fixture: str
    number: str


@dataclass(frozen=True)
class OneCode:
    """The one code: county 6, birth town 3, kind 1, number 6, check 1."""

    text: str
    county: str
    town: str
    kind: str
    number: int


def fold(text: str) -> str:
    """Full-width folded, white space removed, upper case: how codes are compared."""
    return "".join((text if text.isascii() else unicodedata.normalize("NFKC", text)).split()).upper()


def parse_cadastral_code(text: str) -> CadastralCode | None:
    """The parts of a 宗地代码, None when the grammar does not hold (A and C stand only under J; numbers begin at 00001)."""
    match = _CADASTRAL.match(text) or _CADASTRAL.match(fold(text))
    if match is None:
        return None
    county, district, subdistrict, ownership, feature, sequence = match.groups()
    if sequence == "00000" or (feature in _ONLY_COLLECTIVE and ownership != "J"):
        return None
    return CadastralCode(match.group(0), county, district, subdistrict, ownership, feature, sequence)


def parse_unit_code(text: str) -> UnitCode | None:
    """The parts of a 不动产单元号, None when the grammar does not hold."""
    match = _UNIT.match(fold(text))
    parcel = parse_cadastral_code(match.group(1)) if match else None
    if match is None or parcel is None:
        return None
    return UnitCode(match.group(0), parcel, match.group(2), match.group(3))


def check_character(body: str) -> str:
    """Check character of the first 16 characters of a one code."""
    if len(body) != len(WEIGHTS) or not _CHARACTERS.issuperset(body):
        raise ValueError(f"not the 16 characters of a one code: {body!r}")
    return ALPHABET[-sum(map(mul, map(_VALUES.__getitem__, body), WEIGHTS)) % 31]


def one_code(county: str, town: str, kind: str, number: int) -> str:
    """The one code; `town` is the 3-digit suffix (000 = unassigned), `kind` one of P, B, C, W."""
    if not 0 < number <= 999_999 or len(county) != 6 or len(town) != 3 or kind not in "PBCW" or len(kind) != 1:
        raise ValueError(f"not parts of a one code: {county!r} {town!r} {kind!r} {number!r}")
    body = f"{county}{town}{kind}{number:06d}"
    return body + check_character(body)


def parse_one_code(text: str) -> OneCode | None:
    """The parts of a one code, None when the grammar or the check character does not hold."""
    match = _ONE_CODE.match(fold(text))
    if match is None or check_character(match.group(0)[:16]) != match.group(5):
        return None
    return OneCode(match.group(0), match.group(1), match.group(2), match.group(3), int(match.group(4)))
