"""Apply towns and blocks: shapes and names of territories, keyed by their code."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.work import Work
from app.imports import bulk, numbering
from app.imports.apply.parcel_rows import m2
from app.imports.apply.plan import Job, Plan
from app.imports.checks.geometry import check_shapes
from app.imports.checks.keys import check_keys, header
from app.imports.checks.overlaps import check_overlaps
from app.imports.context import Context
from app.imports.stage import Staged
from app.territories.models import Block, ResponsibleBody, Town

_SET_TOWN = text(
    "UPDATE town AS t SET geom = ST_GeomFromWKB(n.g, 4490), name = n.name, is_synthetic = n.s"
    " FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:shapes AS bytea[]), CAST(:synthetic AS boolean[]))"
    " AS n(code, name, g, s)"
    " WHERE t.county_code = :c AND t.code = n.code AND t.valid_to IS NULL RETURNING t.code"
)
_BLOCKS = text("SELECT code, id FROM block WHERE county_code = :c")


async def plan_towns(_conn: AsyncConnection, staged: Staged, county: Context, job: Job) -> Plan:
    """Towns of this county with their shapes; a code of another county is refused."""
    for index in staged.rows():
        code = staged.columns["town_code"][index]
        if code is not None and not re.fullmatch(rf"{job.county}\d{{3}}", code):
            staged.report(index, "value_unknown", field=header(staged, "town_code"), value=code, severity="error")
    check_keys(staged)
    shapes = check_shapes(staged, county.meridian_epsg)
    check_overlaps(staged, shapes, [str(c) for c in staged.columns["town_code"]], county.meridian_epsg)
    rows = staged.rows()

    async def write(work: Work) -> None:
        codes, names = staged.take("town_code", rows), staged.take("name", rows)
        wkb = shapes.stored.wkb(rows)
        synthetic = ["合成" in (note or "") for note in staged.take("note", rows)]
        done = await work.conn.execute(_SET_TOWN, {"c": job.county, "codes": codes, "names": names, "shapes": wkb, "synthetic": synthetic})
        known = {row.code for row in done}
        fresh = [i for i, code in enumerate(codes) if code not in known]
        if fresh:
            await _add_towns(work.conn, job, [(codes[i], names[i], wkb[i], synthetic[i]) for i in fresh])
        work.touch("towns")

    return Plan(write, {"applied": len(rows)})


async def _add_towns(conn: AsyncConnection, job: Job, towns: list[tuple[str, str, bytes | None, bool]]) -> None:
    """Towns that the reference tables do not hold, each with its responsible body."""
    codes, names, shapes, synthetic = (list(column) for column in zip(*towns, strict=True))
    county = [job.county] * len(towns)
    kinds = ["street" if code[-3] == "0" else "town" if code[-3] == "1" else "township" for code in codes]
    columns: dict[str, Sequence[Any]] = {"county_code": county, "code": codes, "scheme": ["import"] * len(towns), "name": names,
                                         "kind": kinds, "is_synthetic": synthetic, "geom": shapes}  # fmt: skip
    await bulk.insert(conn, Town, columns)
    bodies: dict[str, Sequence[Any]] = {"county_code": county, "code": codes, "name": names, "kind": ["town"] * len(towns),
                                        "town_code": codes, "sort": [int(code[-3:]) for code in codes]}  # fmt: skip
    await bulk.insert(conn, ResponsibleBody, bodies, conflict="ON CONFLICT DO NOTHING")


async def plan_blocks(conn: AsyncConnection, staged: Staged, county: Context, job: Job) -> Plan:
    """工业区块; a body that the county does not have is an issue."""
    check_keys(staged)
    shapes = check_shapes(staged, county.meridian_epsg)
    bodies = [county.body_code(name) for name in staged.columns["body"]]
    for index in staged.rows():
        if bodies[index] is None and staged.columns["body"][index] is not None:
            staged.report(index, "value_unknown", field=header(staged, "body"), value=staged.columns["body"][index])
    check_overlaps(staged, shapes, [str(c) for c in staged.columns["code"]], county.meridian_epsg)
    rows = staged.rows()
    known = {row.code: row.id for row in await conn.execute(_BLOCKS, {"c": job.county})}

    async def write(work: Work) -> None:
        codes = staged.take("code", rows)
        fresh = sorted(code for code in codes if code not in known)
        ids = known | dict(zip(fresh, await numbering.take_ids(work.conn, job.county, kind="B", count=len(fresh)), strict=True))
        columns: dict[str, Sequence[Any]] = {
            "id": [ids[code] for code in codes], "county_code": [job.county] * len(rows), "code": codes,
            "name": [name or code for name, code in zip(staged.take("name", rows), codes, strict=True)],
            "responsible_body": [bodies[i] for i in rows], "area_planar_m2": [m2(shapes.area[i]) for i in rows],
            "geom": shapes.stored.wkb(rows),
        }  # fmt: skip
        conflict = "ON CONFLICT (county_code, code) " + bulk.update_all(Block, ["name", "responsible_body", "area_planar_m2", "geom"])
        if rows:
            await bulk.insert(work.conn, Block, columns, conflict=conflict)
        work.touch("blocks")

    return Plan(write, {"applied": len(rows), "new": len([i for i in rows if staged.columns["code"][i] not in known])})
