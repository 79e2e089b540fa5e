"""比对 of the kinds other than parcels: what writing a delivery did to the register, row by row under its key, field by field.

It reads the changes that `images` kept of a writing: one that stands, or one that is rolled back only to be looked at.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import shapely
from geoalchemy2 import Geometry
from sqlalchemy import Boolean, Integer, Numeric, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase

from app.enterprises.models import Enterprise, ListMembership, Occupancy
from app.imports.apply.parcel_classes import SHAPE
from app.imports.apply.simple import UPSERTS
from app.imports.bulk import table_of
from app.imports.columns import aliases
from app.imports.corrections.models import Correction
from app.imports.stage import Staged
from app.territories.models import Block, Town
from app.zoning.models import PlanningZone

Image = Mapping[str, str | None]
_ZONE = {"code": "code", "layer_id": "version"}


@dataclass(frozen=True)
class Shown:
    """The table of a kind that is compared, and its key: stored column → column of the delivery."""

    model: type[DeclarativeBase]
    key: Mapping[str, str]


SHOWN: dict[str, Shown] = {
    "towns": Shown(Town, {"code": "town_code"}),
    "blocks": Shown(Block, {"code": "code"}),
    "control-lines": Shown(PlanningZone, _ZONE),
    "planning": Shown(PlanningZone, _ZONE),
    "enterprises": Shown(Enterprise, {"uscc": "uscc"}),
    "occupancy": Shown(
        Occupancy,
        {"enterprise_id": "uscc", "parcel_id": "parcel", "relation": "relation", "counterparty_uscc": "counterparty",
         "start_on": "start_on"},
    ),
    "lists": Shown(ListMembership, {"enterprise_id": "uscc", "list_kind": "list", "entered_on": "entered_on"}),
    "corrections": Shown(Correction, {"parcel_id": "land_code", "field": "field"}),
    **{kind: Shown(into.model, {stored: said for said, stored in {**into.references, **into.values}.items() if stored in into.key})
       for kind, into in UPSERTS.items()},
}  # fmt: skip
_NAMES = {
    "enterprise_id": "SELECT id, uscc FROM enterprise WHERE county_code = :c",
    "parcel_id": "SELECT id, source_key FROM parcel WHERE county_code = :c",
    "contract_id": "SELECT id, electronic_no FROM supply_contract WHERE county_code = :c",
    "layer_id": "SELECT id, version FROM planning_layer WHERE county_code = :c",
}
"""What the ids of a key are called in deliveries."""
_SAID = {"area_m2": "area", "responsible_body": "body", "counterparty_uscc": "counterparty", "old_value": "old", "new_value": "new",
         "geom": SHAPE}  # fmt: skip
"""Stored column → column of the delivery, where they differ and the kind is no upsert."""
_CHANGES = text("SELECT before, after FROM import_change WHERE county_code = :c AND import_id = :i AND table_name = :t ORDER BY row_key")


@dataclass(frozen=True)
class RowDifference:
    """A row of the register that is new, changed (attribute, moved) or removed; `index`: the row of the delivery, if it is in it."""

    kind: str
    key: tuple[str, ...]
    index: int | None
    changes: tuple[tuple[str, Any, Any], ...]
    shape: Any

    @property
    def name(self) -> str:
        return " / ".join(part for part in self.key if part)


async def row_differences(conn: AsyncConnection, staged: Staged, county: str, import_id: int) -> list[RowDifference]:
    """What the import's writing did, in the order of the delivery, then what it did beside it."""
    kind, shown = staged.kind.name, SHOWN[staged.kind.name]
    found = (await conn.execute(_CHANGES, {"c": county, "i": import_id, "t": table_of(shown.model).name})).all()
    names = {column: await _names(conn, county, column) for column in shown.key if column in _NAMES}
    before, after = _by_key(shown, (row.before for row in found), names), _by_key(shown, (row.after for row in found), names)
    places = _places(staged, shown)
    fields = _fields(kind, shown)
    told = [
        one
        for key in {**before, **after}
        for old, new in zip_longest(before.get(key, []), after.get(key, []))
        if (one := _difference(key, places.get(key), old, new, fields)) is not None
    ]
    return sorted(told, key=lambda one: (one.index is None, one.index or 0, one.key))


def counts_of(found: Iterable[RowDifference], applied: int) -> dict[str, int]:
    """Rows by class; `same`: rows of the delivery that change nothing."""
    listed = list(found)
    counts = Counter(one.kind for one in listed)
    return {**counts, "same": max(applied - len({one.index for one in listed if one.index is not None}), 0)}


async def _names(conn: AsyncConnection, county: str, column: str) -> dict[str, str]:
    return {str(number): name for number, name in await conn.execute(text(_NAMES[column]), {"c": county})}


def _by_key(shown: Shown, images: Iterable[Image | None], names: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, ...], list[Image]]:
    found: dict[tuple[str, ...], list[Image]] = defaultdict(list)
    for image in images:
        if image is not None:
            values = ((column, image[column] or "") for column in shown.key)
            found[tuple(names[column].get(value, value) if column in names else value for column, value in values)].append(image)
    return found


def _places(staged: Staged, shown: Shown) -> dict[tuple[str, ...], int]:
    columns = [staged.columns[name] for name in shown.key.values()]
    return {tuple("" if c[i] is None else str(c[i]) for c in columns): i for i in reversed(staged.rows())}


def _fields(kind: str, shown: Shown) -> dict[str, tuple[str, Any]]:
    """Stored column → (column of the delivery, type) of what is told: what a delivery can say, but for the key."""
    into, known = UPSERTS.get(kind), {*aliases(kind), SHAPE}
    said = {stored: name for name, stored in into.values.items()} if into else _SAID
    columns = ((c.name, said.get(c.name, c.name), c.type) for c in table_of(shown.model).columns if c.name not in shown.key)
    return {stored: (name, kind_of_value) for stored, name, kind_of_value in columns if name in known}


def _difference(
    key: tuple[str, ...], index: int | None, old: Image | None, new: Image | None, fields: Mapping[str, tuple[str, Any]]
) -> RowDifference | None:
    """None where only what no delivery says is different (which import it was)."""
    changes = []
    for stored, (name, type_) in fields.items():
        left, right = (None if one is None else one.get(stored) for one in (old, new))
        if left != right:
            changes.append((name, None, None) if name == SHAPE else (name, _value(type_, left), _value(type_, right)))
    if old is not None and new is not None and not changes:
        return None
    kind = "new" if old is None else "removed" if new is None else "moved" if any(name == SHAPE for name, *_ in changes) else "attribute"
    drawn = next((one["geom"] for one in (new, old) if one is not None and one.get("geom")), None)
    shape = shapely.from_wkb(drawn) if drawn and isinstance(fields.get("geom", (None, None))[1], Geometry) else None
    return RowDifference(kind, key, index, tuple(changes), shape)


def _value(type_: Any, value: str | None) -> Any:
    """The value of an image as JSON says it."""
    if value is None or isinstance(type_, Boolean):
        return None if value is None else value == "true"
    if isinstance(type_, Integer):
        return int(value)
    return float(value) if isinstance(type_, Numeric) else value
