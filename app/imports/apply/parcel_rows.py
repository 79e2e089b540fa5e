"""Rows of a parcel delivery as versions: town and responsible body settled, four areas apart. Pure."""

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from app.core import crs
from app.core.parts import side_by_side
from app.core.units import half_up
from app.imports import progress
from app.imports.checks.areas import check_areas
from app.imports.checks.geometry import check_shapes
from app.imports.checks.issue import Finding, Issue
from app.imports.checks.keys import check_unit_codes, header, name_rows, repeated_keys, said_keys
from app.imports.checks.overlaps import Fetch, hashes, overlaps
from app.imports.checks.places import check_outside, check_towns, towns_by_share
from app.imports.coded import Coded
from app.imports.columns import label
from app.imports.context import Context
from app.imports.packed import PART, PackedColumn, PackedShapes, give_back
from app.imports.stage import Staged, row_numbers
from app.parcels.codes import OWNERSHIP_AT

COLUMNS = (
    "cadastral_code", "unit_code", "name", "location", "town_code", "town_claimed", "responsible_body", "block_code", "ownership",
    "legality", "land_use_code", "area_registered_m2", "area_contract_m2",
)  # fmt: skip
"""What makes a version, beside the shape. Computed areas follow from the shape."""
_AS_SAID = {
    "name": "name", "location": "location", "block_code": "block_code", "legality": "legality", "land_use_code": "land_use_code",
    "area_registered_m2": "area_registered", "area_contract_m2": "area_contract",
}  # fmt: skip
"""Columns of a version that are canonical columns as they are."""
_TOWN = re.compile(r"^(\d{9})(000)?$", re.ASCII)
_OFTEN = 16
"""Parts after which what lies free between the packed ones is given back."""
_TIE = 1e-4
"""Hundredths of a square metre this near to a half are rounded as they are written: binary numbers do not tell which half they are."""
_STEPS = (
    ("geometry_missing",), ("too_few_points", "geometry_unusable", "geometry_repaired"),
    ("key_missing", "cadastral_code_invalid", "cadastral_code_county"), ("unit_code_invalid",), ("value_unknown",), ("outside_county",),
    ("town_mismatch",), ("area_registered_missing",), ("area_differs",), ("area_contract_differs",), ("area_declared_pair_differs",),
)  # fmt: skip
"""The order in which the issues of single rows are told, check by check."""


@dataclass
class Ground:
    """Valid MultiPolygons (4490) of a delivery, their form in the county's plane and its areas; None where a row has none."""

    stored: PackedShapes
    plane: PackedShapes
    area: np.ndarray
    box: np.ndarray
    """Extent (4490) of the rows that may be applied, NaN where there is none."""


class Versions(Sequence[tuple[Any, ...]]):
    """What the rows say, COLUMNS each; packed, made into tuples where they are asked for."""

    def __init__(self, columns: dict[str, PackedColumn], index: Sequence[int]) -> None:
        self._columns = [columns[name] for name in COLUMNS]
        self._index = np.asarray(index, dtype=np.intp)

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, position: Any) -> Any:
        if isinstance(position, slice):
            return list(zip(*(column.take(self._index[position]) for column in self._columns), strict=True))
        return tuple(column[int(self._index[position])] for column in self._columns)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self.some(range(len(self)))

    def some(self, positions: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        """Those of some rows."""
        for start in range(0, len(positions), PART):
            which = self._index[np.asarray(positions[start : start + PART], dtype=np.intp)]
            yield from zip(*(column.take(which) for column in self._columns), strict=True)

    def __setitem__(self, position: int, row: tuple[Any, ...]) -> None:
        for column, value in zip(self._columns, row, strict=True):
            column[int(self._index[position])] = value

    def taken(self, name: str, positions: Sequence[int] | slice = slice(None)) -> list[Any]:
        """One column of rows."""
        which = positions if isinstance(positions, slice) else np.asarray(positions, dtype=np.intp)
        return self._columns[COLUMNS.index(name)].take(self._index[which])


@dataclass
class ParcelRows:
    """The applicable rows, in order of delivery; `present`: the keys of all rows; `covered`: the towns delivered, once settled whole."""

    index: Sequence[int]
    row: Sequence[int]
    key: list[str]
    values: Versions
    shapes: Ground
    present: frozenset[str]
    covered: frozenset[str]

    def areas(self, positions: Sequence[int]) -> tuple[pa.Decimal128Array, pa.Decimal128Array]:
        """图形面积 and 椭球面积 of rows, m² at 2 decimals."""
        index = [self.index[position] for position in positions]
        planar, geodesic = self.shapes.area[index], crs.geodesic_areas_m2(self.shapes.stored[index])
        return m2_column(planar), m2_column(geodesic)


def m2(area: float) -> Decimal:
    """Square metres at 2 decimals."""
    return half_up(Decimal(repr(float(area))), 2)


def m2_column(areas: np.ndarray) -> pa.Decimal128Array:
    """Square metres at 2 decimals, each at least 0.01: what `m2` says of each, without a Python number for each."""
    scaled = np.asarray(areas, dtype=float) * 100
    cents = np.floor(scaled + 0.5)
    for at in np.flatnonzero(np.abs(scaled - np.floor(scaled) - 0.5) < _TIE).tolist():
        cents[at] = m2(areas[at]).scaleb(2)
    words = np.zeros((len(cents), 2), dtype="<i8")
    words[:, 0] = np.maximum(cents, 1)
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(cents), [None, pa.py_buffer(words)])


@dataclass
class Settled:
    """What the checks of single rows leave of some rows; `degrees`, `bounds`: (n, 4) in 4490 and in the plane.

    `unplaced`: responsible bodies (row, as said) that the county does not have.
    """

    keys: list[str | None]
    stored: PackedShapes
    plane: PackedShapes
    area: np.ndarray
    degrees: np.ndarray
    bounds: np.ndarray
    columns: dict[str, PackedColumn]
    claimed: frozenset[str]
    unplaced: list[tuple[int, str]]
    issues: list[Issue]


def settle(staged: Staged, county: Context) -> ParcelRows:
    """All checks of a parcel delivery that need no register, then its rows, which take the place of what was staged."""
    staged.forget_cells()
    give_back()
    parts = _settled(staged, county)
    rank = {code: n for n, codes in enumerate(_STEPS) for code in codes}
    staged.issues += sorted((found for part in parts for found in part.issues), key=lambda found: rank.get(found.code, len(_STEPS)))
    keys = name_rows([key for part in parts for key in part.keys], staged.origin)
    area = np.concatenate([np.zeros(0), *(part.area for part in parts)])
    degrees = np.concatenate([np.zeros((0, 4)), *(part.degrees for part in parts)])
    bounds = np.concatenate([np.zeros((0, 4)), *(part.bounds for part in parts)])
    stored, plane = PackedShapes.joined(p.stored for p in parts), PackedShapes.joined(p.plane for p in parts)
    for part in parts:  # they stand joined now
        part.area = part.degrees = part.bounds = np.zeros(0)
    give_back()
    found = settle_delivery(keys, staged.ok, hashes(stored, degrees), bounds=bounds, fetch=plane.__getitem__)
    staged.note(found, county.meridian_epsg)
    return _rows_of(staged, parts, keys, Ground(stored, plane, area, _extent(degrees[staged.ok])))


def _extent(bounds: np.ndarray) -> np.ndarray:
    drawn = bounds[~np.isnan(bounds[:, 0])]
    return np.concatenate([drawn[:, :2].min(axis=0), drawn[:, 2:].max(axis=0)]) if len(drawn) else np.full(4, np.nan)


def _settled(staged: Staged, county: Context) -> list[Settled]:
    """`settle_rows` of some thousand rows at a time, two parts side by side."""
    if county.places.outline is not None:
        shapely.prepare(county.places.outline)
        shapely.intersects_xy(county.places.outline, 0, 0)  # its index is made by the first question, which must not be two at once
    found: list[Settled] = []
    for part in side_by_side(lambda start: settle_rows(staged.part(start, start + PART), county), range(0, len(staged), PART)):
        found.append(part)
        staged.forget_drawn(PART * len(found))
        progress.count(min(PART * len(found), len(staged)), len(staged))
        if len(found) % _OFTEN == 0:
            give_back()
    return found


def settle_rows(staged: Staged, county: Context) -> Settled:
    """The checks of these rows, each by itself: shape, codes, claims, place, areas."""
    shapes = check_shapes(staged, county.meridian_epsg)
    keys = said_keys(staged, county.county)
    check_unit_codes(staged)
    claims = _claims(staged)
    check_outside(staged, shapes, county.places.outline)
    towns = towns_by_share(shapes.plane, county.places)
    check_towns(staged, towns, shapes, county.places)
    check_areas(staged, shapes.area)
    bodies = Coded.of(staged.columns["responsible_body"])
    unknown = Coded.made(lambda name: name is not None and county.body_code(name) is None, bodies).mask()
    unplaced = [(index, bodies.words[bodies.which[index]]) for index in np.flatnonzero(unknown).tolist()]
    claimed = frozenset(code for code in claims.words if code)
    bounds, columns = shapely.bounds(shapes.plane), _columns(staged, county, towns)
    return Settled(keys, shapes.stored, shapes.flat, shapes.area, shapes.degrees, bounds, columns, claimed, unplaced, staged.issues)


def settle_delivery(keys: Sequence[str], ok: np.ndarray, marks: np.ndarray, *, bounds: np.ndarray, fetch: Fetch) -> list[Finding]:
    """The checks of the whole delivery, from arrays of all its rows: repeated keys, doubles, overlaps.

    ok: rows that may be applied; marks: `hashes`; bounds: (n, 4) in the plane; fetch: row numbers → shapes in the plane.
    """
    again = repeated_keys(keys, marks, np.flatnonzero(ok), field=label("parcels", "cadastral_code"))
    live = ok & np.isfinite(bounds).all(axis=1)
    live[[found.index for found in again]] = False
    return again + overlaps(bounds, fetch, marks, keys=keys, live=np.flatnonzero(live))


def _rows_of(staged: Staged, parts: Sequence[Settled], keys: list[str], ground: Ground) -> ParcelRows:
    """The rows that may be applied, as versions."""
    start = 0
    for part in parts:
        for index, said in part.unplaced:
            if staged.ok[start + index]:
                staged.report(start + index, "value_unknown", field=header(staged, "responsible_body"), value=said)
        start += len(part.keys)
    columns = {name: PackedColumn.of(staged.columns[said]) for name, said in _AS_SAID.items()}
    staged.columns.clear()
    columns |= {name: PackedColumn.joined(part.columns[name] for part in parts) for name in COLUMNS if name not in _AS_SAID}
    rows = array("q", staged.rows())
    claimed = frozenset[str]().union(*(part.claimed for part in parts))
    own = keys if len(rows) == len(keys) else [keys[index] for index in rows]
    numbers = array("q", row_numbers(staged.origin, rows))
    return ParcelRows(rows, numbers, own, Versions(columns, rows), ground, frozenset(keys), claimed)


def _claims(staged: Staged) -> Coded:
    """Declared towns as 9 digits (12-digit statistical codes of a whole town are cut)."""
    said = Coded.of(staged.columns["town_code"])
    claims = Coded.made(_town, said)
    staged.columns["town_code"] = claims.column()
    for index in staged.rows(Coded.made(lambda text: bool(text) and _town(text) is None, said).mask()):
        staged.report(index, "value_unknown", field=header(staged, "town_code"), value=said.words[said.which[index]])
    return claims


def _town(said: str | None) -> str | None:
    match = _TOWN.match(said) if said else None
    return match.group(1) if match else None


def _columns(staged: Staged, county: Context, towns: Sequence[str | None]) -> dict[str, PackedColumn]:
    """Columns of a version that are not as said: the town by the shape, its responsible body unless another is named."""
    # Without a town layer the claim is all there is; with one, what lies in no town is unassigned.
    takes_claims = all(shape is None for shape in county.places.town_shapes)

    def town(by_shape: str | None, claimed: str | None) -> str:
        return by_shape or (claimed if takes_claims and claimed in county.town_codes else None) or county.unassigned_town

    def body(said: str | None, town: str) -> str:
        return county.body_code(said) or county.body_of_town.get(town, county.unassigned_body)

    codes, units, claims = (PackedColumn.of(staged.columns[name]) for name in ("cadastral_code", "real_estate_unit_code", "town_code"))
    said = {name: Coded.of(staged.columns[name]) for name in ("responsible_body", "ownership")}
    settled = Coded.made(town, Coded.of(towns), Coded.of(claims))
    ownership = Coded.made(lambda letter, word: letter or word, _ownership(codes), said["ownership"])
    return {
        "cadastral_code": codes.settled(), "unit_code": units.settled(), "town_code": settled.column(), "town_claimed": claims,
        "responsible_body": Coded.made(body, said["responsible_body"], settled).column(), "ownership": ownership.column(),
    }  # fmt: skip


def _ownership(codes: PackedColumn) -> Coded:
    """The letter in each 宗地代码, None where there is none."""
    texts = codes.texts()
    letters = None if texts is None else pc.utf8_slice_codeunits(texts, OWNERSHIP_AT, OWNERSHIP_AT + 1)
    return Coded.of([code and code[OWNERSHIP_AT] for code in codes] if letters is None else PackedColumn([letters]))
