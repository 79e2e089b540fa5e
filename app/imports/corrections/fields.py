"""Which values of a parcel can be corrected, and their one spelling: areas in ㎡ with two decimals, words as stored. Pure."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from app.imports import values
from app.imports.columns import label
from app.imports.kinds import kind_of

FIELDS: Final = {
    "name": "name", "location": "location", "block_code": "block_code", "ownership": "ownership", "legality": "legality",
    "land_use_code": "land_use_code", "area_registered_m2": "area_registered", "area_contract_m2": "area_contract",
}  # fmt: skip
"""Column of parcel_version → column of a parcel delivery. What follows from the shape or makes the key is no matter for a correction."""
STATES: Final = {"proposed": "待审核", "approved": "已通过", "applied": "已改正", "stale": "已失效", "rejected": "未通过"}
"""As told: applied and stale are read off the register."""
_CENT = Decimal("0.01")


def spelled(field: str, raw: str | None) -> str | None:
    """The stored value of a cell, as text; None is unknown. Errors: values.Unreadable."""
    column = kind_of("parcels").column(FIELDS[field])
    match column.type:
        case "number":
            number = values.number(raw)
            return None if number is None else told(number)
        case "word":
            return values.word(raw, column.words)
        case "code":
            return values.code(raw)
        case _:
            return values.clean(raw)


def told(value: Any) -> str | None:
    """A stored value as text."""
    if isinstance(value, Decimal):
        return str(value.quantize(_CENT, rounding=ROUND_HALF_UP))
    return None if value is None else str(value)


def label_of(field: str) -> str:
    """Its Chinese name."""
    return label("parcels", FIELDS[field])


def choices(field: str) -> dict[str, str]:
    """Stored value → word, where the values are a fixed list."""
    listed = kind_of("parcels").column(FIELDS[field]).words
    known = values.vocabulary(listed) if listed else {}
    return {known[values.fold_word(word)]: word for word in values.words(listed)} if listed else {}


def shown(field: str, value: str | None) -> str:
    """A stored value for people: areas with ㎡, words as words, what is missing is unknown."""
    if value is None:
        return "未知"
    return f"{value} ㎡" if field.startswith("area_") else choices(field).get(value, value)


def stored(field: str, text: str | None) -> Any:
    """The value that stands in a version."""
    return Decimal(text) if text is not None and field.startswith("area_") else text
