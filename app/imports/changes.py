"""比对 as rows of import_row, for a person to look at: what applying does to each parcel, each row. Pure but for the writing."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any

import shapely
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import as_json
from app.imports import bulk
from app.imports.apply.parcel_classes import SHAPE, Difference
from app.imports.apply.plan import Plan
from app.imports.apply.row_diff import RowDifference
from app.imports.checks.catalogue import CATALOGUE
from app.imports.columns import aliases
from app.imports.models import ImportRow
from app.imports.report import ImportReport
from app.imports.service import Prepared

_CHUNK = 20_000


def outcome_hash(report: ImportReport, plan: Plan, found: Sequence[RowDifference] = ()) -> str:
    """SHA-256 of what applying would do: issues and each difference (of parcels; `found`: of rows) with old and new values, counts."""
    codes = Counter(one.code for one in report.issues if CATALOGUE[one.code].stops == "row")  # the others depend on what is left out
    digest = hashlib.sha256(json.dumps(sorted(codes.items())).encode())
    for one in plan.differences:
        digest.update(json.dumps([one.row_id, one.kind, one.known and one.known.id, one.changes, one.relatives], default=str).encode())
    for row in found:
        digest.update(json.dumps([row.kind, row.name, row.changes], default=str).encode())
    if not plan.differences:
        digest.update(json.dumps([report.counts["rows"], plan.counts], sort_keys=True).encode())
    return digest.hexdigest()


async def insert(conn: AsyncConnection, prepared: Prepared, plan: Plan) -> None:
    """Write the differences of a plan; what stays the same is only counted."""
    county, number = prepared.job.county, 0
    found = (one for one in plan.differences if one.kind != "same")
    while part := list(islice(found, _CHUNK)):
        origin = [None if one.index is None else prepared.staged.origin[one.index] for one in part]
        columns: dict[str, Sequence[Any]] = {
            "county_code": [county] * len(part), "import_id": [prepared.job.import_id] * len(part), "row_id": [one.row_id for one in part],
            "n": list(range(number + 1, number + len(part) + 1)), "class": [one.kind for one in part],
            "file": [where and where.file for where in origin], "row_no": [where and where.row for where in origin],
            "key": [_key(one, plan) for one in part], "parcel_id": [one.known and one.known.id for one in part],
            "changes": [as_json(_told(one, prepared.staged.kind.name)) for one in part],
            "geom": shapely.to_wkb([_shape(one, plan) for one in part]).tolist(),
        }  # fmt: skip
        await bulk.insert(conn, ImportRow, columns)
        number += len(part)


async def insert_rows(conn: AsyncConnection, prepared: Prepared, found: Sequence[RowDifference]) -> None:
    """Write the differences of a kind without versions."""
    labels = aliases(prepared.staged.kind.name)
    origin = [None if one.index is None else prepared.staged.origin[one.index] for one in found]
    columns: dict[str, Sequence[Any]] = {
        "county_code": [prepared.job.county] * len(found), "import_id": [prepared.job.import_id] * len(found),
        "row_id": [f"k{n}" for n in range(1, len(found) + 1)], "n": list(range(1, len(found) + 1)), "class": [one.kind for one in found],
        "file": [where and where.file for where in origin], "row_no": [where and where.row for where in origin],
        "key": [one.name for one in found],
        "changes": [as_json([_change(labels, *change) for change in one.changes]) for one in found],
        "geom": [None if one.shape is None else shapely.to_wkb(one.shape) for one in found],
    }  # fmt: skip
    if found:
        await bulk.insert(conn, ImportRow, columns)


def _change(labels: dict[str, list[str]], name: str, old: Any, new: Any) -> dict[str, Any]:
    return {"field": name, "label": _label(name, labels), "old": old, "new": new}


def _key(one: Difference, plan: Plan) -> str:
    if one.known is not None:
        return one.known.source_key
    return plan.rows.key[one.position] if plan.rows and one.position is not None else one.row_id


def _shape(one: Difference, plan: Plan) -> Any:
    """As delivered; of the register where the delivery has none."""
    if plan.rows is not None and one.index is not None:
        return plan.rows.shapes.stored[one.index]
    return one.known.geom if one.known else None


def _told(one: Difference, kind: str) -> list[dict[str, Any]]:
    labels = aliases(kind)
    told = [_change(labels, *change) for change in one.changes]
    if not one.relatives:
        return told
    before, after = ([*one.relatives], None) if one.known is None else (None, [*one.relatives])
    return [*told, {"field": "relatives", "label": "前后关系", "old": before, "new": after}]


def _label(name: str, labels: dict[str, list[str]]) -> str:
    if name == SHAPE:
        return "图形"
    plain = {"unit_code": "real_estate_unit_code", "town_claimed": "town_code"}.get(name, name).removesuffix("_m2")
    return labels[plain][0] if plain in labels else name
