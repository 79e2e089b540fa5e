"""Rows of a parcel delivery as versions: town and responsible body settled, four areas apart. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import shapely

from app.core import crs
from app.core.units import half_up
from app.imports.checks.areas import check_areas
from app.imports.checks.geometry import Shapes, check_shapes
from app.imports.checks.issue import Finding
from app.imports.checks.keys import check_unit_codes, header, parcel_keys, repeated_keys
from app.imports.checks.overlaps import Fetch, hashes, overlaps
from app.imports.checks.places import check_outside, check_towns, towns_by_share
from app.imports.columns import label
from app.imports.context import Context
from app.imports.stage import Staged, row_numbers
from app.parcels.codes import OWNERSHIP_AT

COLUMNS = (
    "cadastral_code", "unit_code", "name", "location", "town_code", "town_claimed", "responsible_body", "block_code", "ownership",
    "legality", "land_use_code", "area_registered_m2", "area_contract_m2",
)  # fmt: skip
"""What makes a version, beside the shape. Computed areas follow from the shape."""
_READ = (
    "cadastral_code", "real_estate_unit_code", "name", "location", "town_code", "responsible_body", "block_code", "ownership", "legality",
    "land_use_code", "area_registered", "area_contract",
)  # fmt: skip
"""The canonical columns that a version is made of; a 宗地代码 that is no valid one is gone by then."""
_TOWN = re.compile(r"^(\d{9})(000)?$", re.ASCII)
_LEAST = Decimal("0.01")


@dataclass
class ParcelRows:
    """The applicable rows, in order of delivery; `present`: the keys of all rows; `covered`: the towns delivered, once settled whole."""

    index: list[int]
    row: list[int]
    key: list[str]
    values: list[tuple]
    shapes: Shapes
    present: frozenset[str]
    covered: frozenset[str]

    def areas(self, positions: Sequence[int]) -> tuple[list[Decimal], list[Decimal]]:
        """图形面积 and 椭球面积 of rows, m²."""
        index = [self.index[position] for position in positions]
        planar, geodesic = self.shapes.area[index], crs.geodesic_areas_m2(self.shapes.stored[index])
        return [max(m2(a), _LEAST) for a in planar.tolist()], [max(m2(a), _LEAST) for a in geodesic.tolist()]


def m2(area: float) -> Decimal:
    """Square metres at 2 decimals."""
    return half_up(Decimal(repr(float(area))), 2)


@dataclass
class Settled:
    """What the checks of single rows leave, row by row of what was staged."""

    keys: list[str]
    towns: list[str | None]
    shapes: Shapes


def settle(staged: Staged, county: Context) -> ParcelRows:
    """All checks of a parcel delivery that need no register, then its rows."""
    settled = settle_rows(staged, county)
    shapes = settled.shapes
    bounds = shapely.bounds(shapes.plane)
    found = settle_delivery(settled.keys, staged.ok, hashes(shapes.stored), bounds=bounds, fetch=shapes.plane.__getitem__)
    staged.note(found, county.meridian_epsg)
    return rows_of(staged, county, settled)


def settle_rows(staged: Staged, county: Context) -> Settled:
    """The checks of these rows, each by itself: shape, codes, claims, place, areas."""
    shapes = check_shapes(staged, county.meridian_epsg)
    keys = parcel_keys(staged, county.county)
    check_unit_codes(staged)
    _claims(staged)
    check_outside(staged, shapes, county.places.outline)
    towns = towns_by_share(shapes.plane, county.places)
    check_towns(staged, towns, shapes, county.places)
    check_areas(staged, shapes.area)
    return Settled(keys, towns, shapes)


def settle_delivery(keys: Sequence[str], ok: np.ndarray, marks: np.ndarray, *, bounds: np.ndarray, fetch: Fetch) -> list[Finding]:
    """The checks of the whole delivery, from arrays of all its rows: repeated keys, doubles, overlaps.

    ok: rows that may be applied; marks: `hashes`; bounds: (n, 4) in the plane; fetch: row numbers → shapes in the plane.
    """
    again = repeated_keys(keys, marks, np.flatnonzero(ok), field=label("parcels", "cadastral_code"))
    live = ok & np.isfinite(bounds).all(axis=1)
    live[[found.index for found in again]] = False
    return again + overlaps(bounds, fetch, marks, keys=keys, live=np.flatnonzero(live))


def rows_of(staged: Staged, county: Context, settled: Settled) -> ParcelRows:
    """The rows that may be applied, as versions."""
    rows = staged.rows()
    has_town_layer = any(shape is not None for shape in county.places.town_shapes)
    cells = zip(*(staged.take(name, rows) for name in _READ), strict=True)
    said = zip(rows, (settled.towns[index] for index in rows), cells, strict=True)
    values = [_values(staged, index, county, town, row, has_town_layer=has_town_layer) for index, town, row in said]
    claimed = frozenset(code for code in staged.columns["town_code"] if code)
    keys = settled.keys
    return ParcelRows(rows, row_numbers(staged.origin, rows), [keys[i] for i in rows], values, settled.shapes, frozenset(keys), claimed)


def _claims(staged: Staged) -> None:
    """Declared towns as 9 digits (12-digit statistical codes of a whole town are cut)."""
    column = staged.columns["town_code"]
    for index, said in enumerate(column):
        match = _TOWN.match(said) if said else None
        column[index] = match.group(1) if match else None
        if said and match is None and staged.ok[index]:
            staged.report(index, "value_unknown", field=header(staged, "town_code"), value=said)


def _values(staged: Staged, index: int, county: Context, by_shape: str | None, row: tuple, *, has_town_layer: bool) -> tuple:
    """A version's columns from the cells of _READ, the town by the shape."""
    key, unit, name, location, claimed, said, block, ownership, legality, use, registered, contract = row
    # Without a town layer the claim is all there is; with one, what lies in no town is unassigned.
    town = by_shape or (claimed if not has_town_layer and claimed in county.town_codes else None) or county.unassigned_town
    body = county.body_code(said)
    if body is None and said is not None:
        staged.report(index, "value_unknown", field=header(staged, "responsible_body"), value=said)
    return (
        key, unit, name, location, town, claimed, body or county.body_of_town.get(town, county.unassigned_body), block,
        key[OWNERSHIP_AT] if key else ownership, legality, use, registered, contract,
    )  # fmt: skip
