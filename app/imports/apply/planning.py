"""Apply planning families: each version a layer with its approval; a later one ends the one before it. Lines and points have no area."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
import shapely
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import events
from app.core.work import Work
from app.imports import bulk, numbering
from app.imports.apply.parcel_rows import m2
from app.imports.apply.plan import Handler, Job, Plan
from app.imports.checks.geometry import check_shapes
from app.imports.checks.keys import check_keys
from app.imports.checks.lines import take_lines
from app.imports.checks.overlaps import check_overlaps
from app.imports.context import Context
from app.imports.errors import OptionMissing, asking
from app.imports.stage import Staged
from app.zoning.families import CONTROL_LINE, FAMILIES
from app.zoning.models import PlanningZone

_LAYER = text(
    "INSERT INTO planning_layer (county_code, family, version, approved_by, approved_on, document, valid_from, import_id)"
    " VALUES (:c, :f, :v, :by, :on, :doc, :from, :i) ON CONFLICT (county_code, family, version) DO UPDATE SET"
    " approved_by = excluded.approved_by, approved_on = excluded.approved_on, document = excluded.document,"
    " valid_from = excluded.valid_from, import_id = excluded.import_id RETURNING id"
)
_ENDS = text(
    "UPDATE planning_layer AS l SET valid_to = n.next FROM (SELECT id, lead(valid_from) OVER (ORDER BY valid_from, id) AS next"
    " FROM planning_layer WHERE county_code = :c AND family = :f) AS n WHERE l.id = n.id AND l.valid_to IS DISTINCT FROM n.next"
)
_ZONES = text("SELECT code, id FROM planning_zone WHERE county_code = :c AND layer_id = :l")
_GONE = text("DELETE FROM planning_zone WHERE county_code = :c AND layer_id = :l AND code <> ALL(CAST(:codes AS text[]))")


def handler(kind: str) -> Handler:
    """control-lines have their family; planning names it by --family."""

    async def plan(_conn: AsyncConnection, staged: Staged, county: Context, job: Job) -> Plan:
        family = CONTROL_LINE if kind == "control-lines" else job.family
        if family not in FAMILIES:
            raise OptionMissing(
                f"没有规划类别 {family}" if family else "没有写明规划类别", hint="--family 可选:" + "、".join(FAMILIES),
                **asking("family", ((one.code, one.label) for one in FAMILIES.values() if one.code != CONTROL_LINE)),
            )  # fmt: skip
        versions = staged.columns["version"]
        staged.columns["version"] = [v or str(staged.data_on.year) for v in versions]
        check_keys(staged)
        lines = take_lines(staged, county.meridian_epsg)
        shapes = check_shapes(staged, county.meridian_epsg, apart=~shapely.is_missing(lines))
        check_overlaps(staged, shapes, [str(c) for c in staged.columns["code"]], county.meridian_epsg)
        stored = np.where(shapely.is_missing(lines), shapes.stored, lines)
        areas = [None if shape is None else m2(area) for shape, area in zip(shapes.plane, shapes.area, strict=True)]
        rows = sorted(staged.rows(), key=lambda i: staged.columns["version"][i])
        layers = [(version, list(members)) for version, members in groupby(rows, key=lambda i: staged.columns["version"][i])]

        async def write(work: Work) -> None:
            for version, members in layers:
                layer = await _layer(work.conn, staged, members, family=str(family), version=version, job=job)
                await _zones(work.conn, staged, members, shapes=stored, areas=areas, layer=layer, job=job)
            await work.conn.execute(_ENDS, {"c": job.county, "f": family})
            if family == CONTROL_LINE:
                work.touch("control-lines")
            if rows:
                work.touch("parcels")
                work.tell(events.ParcelsChanged(job.county, None))

        return Plan(write, {"applied": len(rows), "layers": len(layers)} | _lines(areas, rows))

    return plan


def _lines(areas: Sequence[Any], rows: list[int]) -> dict[str, int]:
    """How many rows are lines or points, if any."""
    count = sum(areas[i] is None for i in rows)
    return {"lines": count} if count else {}


async def _layer(conn: AsyncConnection, staged: Staged, rows: list[int], *, family: str, version: str, job: Job) -> int:
    def first(name: str) -> Any:
        return next((v for v in staged.take(name, rows) if v is not None), None)

    approved = first("approved_on")
    values = {"c": job.county, "f": family, "v": version, "by": first("approved_by"), "on": approved, "doc": first("document"),
              "from": approved or job.data_on, "i": job.import_id}  # fmt: skip
    return int((await conn.execute(_LAYER, values)).scalar_one())


async def _zones(
    conn: AsyncConnection, staged: Staged, rows: list[int], *, shapes: np.ndarray, areas: Sequence[Any], layer: int, job: Job
) -> None:
    codes = staged.take("code", rows)
    known = {row.code: row.id for row in await conn.execute(_ZONES, {"c": job.county, "l": layer})}
    await conn.execute(_GONE, {"c": job.county, "l": layer, "codes": codes})
    fresh = sorted(code for code in codes if code not in known)
    ids = known | dict(zip(fresh, await numbering.take_ids(conn, job.county, kind="C", count=len(fresh)), strict=True))
    columns: dict[str, Sequence[Any]] = {
        "id": [ids[code] for code in codes], "county_code": [job.county] * len(rows), "layer_id": [layer] * len(rows), "code": codes,
        "name": staged.take("name", rows), "level": staged.take("level", rows), "area_planar_m2": [areas[i] for i in rows],
        "geom": shapely.to_wkb(shapes[rows]).tolist(),
    }  # fmt: skip
    conflict = "ON CONFLICT (county_code, layer_id, code) " + bulk.update_all(PlanningZone, ["name", "level", "area_planar_m2", "geom"])
    await bulk.insert(conn, PlanningZone, columns, conflict=conflict)
