"""Columns that point into the register: the row is refused when what it names is not there."""

from collections.abc import Mapping
from typing import Any

from app.imports import values
from app.imports.checks.keys import header
from app.imports.stage import Staged


def resolve(staged: Staged, column: str, known: Mapping[Any, int]) -> list[int | None]:
    """Ids for a column of keys; reference_unknown on every row whose key the register does not hold."""
    found: list[int | None] = []
    for index, key in enumerate(staged.columns[column]):
        number = None if key is None else known.get(key)
        if key is not None and number is None and staged.ok[index]:
            staged.report(index, "reference_unknown", field=header(staged, column), value=key)
        found.append(number)
    return found


def resolve_parcels(staged: Staged, column: str, known: Mapping[str, int]) -> list[int | None]:
    """Like `resolve`; a parcel's key may be any text the register took it under."""
    keys = staged.columns[column]
    for index, raw in enumerate(staged.texts(column)):
        text = values.clean(raw)
        if keys[index] is not None and text in known:
            keys[index] = text
    return resolve(staged, column, known)
