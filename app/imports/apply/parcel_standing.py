"""A parcel delivery against the register: neighbours in other towns, gaps in blocks, the ground of vanished parcels."""

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import crs
from app.imports import register
from app.imports.apply.parcel_diff import Descent, Diff
from app.imports.apply.parcel_rows import ParcelRows
from app.imports.checks.gaps import gaps
from app.imports.checks.issue import Finding
from app.imports.checks.lineage import unclear_successors
from app.imports.checks.overlaps import overlaps_with
from app.imports.context import Context
from app.imports.stage import Staged


async def check_against_register(
    conn: AsyncConnection, staged: Staged, rows: ParcelRows, county: Context, *, whole: Diff, vanished: np.ndarray, descents: list[Descent]
) -> None:
    """The checks that need what the register holds, told on the delivered rows; `vanished`: shapes (plane) of whole.vanished."""
    live = np.array(rows.index, dtype=int)
    names = [""] * len(staged)
    for index, key in zip(rows.index, rows.key, strict=True):
        names[index] = key
    codes, blocks = await register.blocks(conn, county.county, county.meridian_epsg)
    found = gaps(rows.shapes.plane, names, live, codes=codes, blocks=blocks)
    delivered = rows.present | {known.source_key for known in whole.vanished}
    around, shapes = await register.neighbours(conn, county.county, rows.shapes.box, towns=rows.covered, keys=delivered)
    found += overlaps_with(rows.shapes.plane, live, crs.reproject(shapes, crs.STORED, county.meridian_epsg), around)
    found += _lineage(rows, whole, vanished, descents)
    staged.note(found, county.meridian_epsg)


def _lineage(rows: ParcelRows, whole: Diff, vanished: np.ndarray, descents: list[Descent]) -> list[Finding]:
    place = {known.id: n for n, known in enumerate(whole.vanished)}
    related = {(place[d.parent.id], rows.index[d.child]) for d in descents}
    fresh = [rows.index[position] for position in whole.new]
    return unclear_successors(rows.shapes.plane, fresh, vanished, [k.source_key for k in whole.vanished], related=related)
