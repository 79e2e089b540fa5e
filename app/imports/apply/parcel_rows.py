"""Rows of a parcel delivery as versions: town and responsible body settled, four areas apart. Pure."""

import re
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from app.core import crs
from app.core.units import half_up
from app.imports.checks.geometry import Shapes, check_overlaps, check_shapes
from app.imports.checks.keys import check_unit_codes, header, parcel_keys
from app.imports.checks.places import check_outside, check_towns, towns_by_share
from app.imports.checks.tables import check_areas
from app.imports.context import Context
from app.imports.stage import Staged
from app.parcels.codes import parse_cadastral_code

COLUMNS = (
    "cadastral_code", "unit_code", "name", "location", "town_code", "town_claimed", "responsible_body", "block_code", "ownership",
    "legality", "land_use_code", "area_registered_m2", "area_contract_m2",
)  # fmt: skip
"""What makes a version, beside the shape. Computed areas follow from the shape."""
_TOWN = re.compile(r"^(\d{9})(000)?$", re.ASCII)
_LEAST = Decimal("0.01")


@dataclass
class ParcelRows:
    """The applicable rows, in order of delivery; `present` holds the keys of all rows, `covered` the towns delivered."""

    index: list[int]
    row: list[int]
    key: list[str]
    values: list[tuple]
    shapes: Shapes
    present: frozenset[str]
    covered: frozenset[str]

    def areas(self, position: int) -> tuple[Decimal, Decimal]:
        """图形面积 and 椭球面积, m²."""
        row = self.index[position]
        geodesic = crs.geodesic_area_m2(self.shapes.stored[row])
        return max(m2(self.shapes.area[row]), _LEAST), max(m2(geodesic), _LEAST)


def m2(area: float) -> Decimal:
    """Square metres at 2 decimals."""
    return half_up(Decimal(repr(float(area))), 2)


def settle(staged: Staged, county: Context) -> ParcelRows:
    """All checks of a parcel delivery, then its rows."""
    shapes = check_shapes(staged, county.meridian_epsg)
    keys = parcel_keys(staged)
    check_unit_codes(staged)
    _claims(staged)
    check_outside(staged, shapes, county.places.outline)
    towns = towns_by_share(shapes.plane, county.places)
    check_towns(staged, towns)
    check_overlaps(staged, shapes, keys)
    check_areas(staged, [None if np.isnan(a) or a == 0 else m2(a) for a in shapes.area])
    rows = staged.rows()
    values = [_values(staged, index, county, towns[index]) for index in rows]
    claimed = frozenset(code for code in staged.columns["town_code"] if code)
    return ParcelRows(rows, [staged.origin[i].row for i in rows], [keys[i] for i in rows], values, shapes, frozenset(keys), claimed)


def _claims(staged: Staged) -> None:
    """Declared towns as 9 digits (12-digit statistical codes of a whole town are cut)."""
    column = staged.columns["town_code"]
    for index, said in enumerate(column):
        match = _TOWN.match(said) if said else None
        column[index] = match.group(1) if match else None
        if said and match is None and staged.ok[index]:
            staged.report(index, "value_unknown", field=header(staged, "town_code"), value=said)


def _values(staged: Staged, index: int, county: Context, by_shape: str | None) -> tuple:
    row = {name: column[index] for name, column in staged.columns.items()}
    claimed = row["town_code"]
    has_town_layer = any(shape is not None for shape in county.places.town_shapes)
    # Without a town layer the claim is all there is; with one, what lies in no town is unassigned.
    town = by_shape or (claimed if not has_town_layer and claimed in county.town_codes else None) or county.unassigned_town
    body = county.body_code(row["responsible_body"])
    if body is None and row["responsible_body"] is not None:
        staged.report(index, "value_unknown", field=header(staged, "responsible_body"), value=row["responsible_body"])
    code = parse_cadastral_code(row["cadastral_code"]) if row["cadastral_code"] else None
    return (
        row["cadastral_code"], row["real_estate_unit_code"], row["name"], row["location"], town, claimed,
        body or county.body_of_town.get(town, county.unassigned_body), row["block_code"], code.ownership if code else row["ownership"],
        row["legality"], row["land_use_code"], row["area_registered"], row["area_contract"],
    )  # fmt: skip
