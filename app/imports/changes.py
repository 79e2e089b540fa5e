"""比对 as lines and as rows of import_row, for a person to look at: what applying does to each parcel, each row."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice
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
from app.imports.packed import PART
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


Line = dict[str, Any]


def lines(prepared: Prepared, plan: Plan, found: Sequence[RowDifference] = ()) -> Iterator[Line]:
    """The differences of a plan, then `found`: {row_id, class, key, file, row, changes: [{field, label, old, new}]}; what stays the same
    is only counted."""
    for one in plan.differences:
        if one.kind != "same":
            yield _line(prepared, one.row_id, one.kind, _key(one, plan), one.index, _told(one, prepared.staged.kind.name))
    labels = aliases(prepared.staged.kind.name)
    for number, row in enumerate(found, 1):
        yield _line(prepared, f"k{number}", row.kind, row.name, row.index, [_change(labels, *change) for change in row.changes])


def _line(prepared: Prepared, row_id: str, kind: str, key: str, index: int | None, changes: list[dict[str, Any]]) -> Line:
    where = None if index is None else prepared.staged.origin[index]
    return {"row_id": row_id, "class": kind, "key": key, "file": where and where.file, "row": where and where.row, "changes": changes}


async def insert(conn: AsyncConnection, prepared: Prepared, plan: Plan, found: Sequence[RowDifference] = ()) -> None:
    """Write the differences of a plan, and those of a kind without versions (`found`)."""
    shown = [one for one in plan.differences if one.kind != "same"]
    shapes = chain(_shapes(shown, plan), ((None, row.shape) for row in found))
    numbered = enumerate(zip(lines(prepared, plan, found), shapes, strict=True), 1)
    while part := list(islice(numbered, _CHUNK)):
        told = [line for _, (line, _) in part]
        columns: dict[str, Sequence[Any]] = {
            "county_code": [prepared.job.county] * len(part), "import_id": [prepared.job.import_id] * len(part),
            "row_id": [line["row_id"] for line in told], "n": [n for n, _ in part], "class": [line["class"] for line in told],
            "file": [line["file"] for line in told], "row_no": [line["row"] for line in told], "key": [line["key"] for line in told],
            "parcel_id": [parcel for _, (_, (parcel, _)) in part], "changes": [as_json(line["changes"]) for line in told],
            "geom": shapely.to_wkb([shape for _, (_, (_, shape)) in part]).tolist(),
        }  # fmt: skip
        await bulk.insert(conn, ImportRow, columns)


def _change(labels: dict[str, list[str]], name: str, old: Any, new: Any) -> dict[str, Any]:
    return {"field": name, "label": _label(name, labels), "old": old, "new": new}


def _key(one: Difference, plan: Plan) -> str:
    if one.known is not None:
        return one.known.source_key
    return plan.rows.key[one.position] if plan.rows and one.position is not None else one.row_id


def _shapes(some: Sequence[Difference], plan: Plan) -> Iterator[tuple[int | None, Any]]:
    """Parcel and shape: as delivered; of the register where the delivery has none."""
    for start in range(0, len(some), PART):
        part, rows = some[start : start + PART], plan.rows
        drawn = iter(() if rows is None else rows.shapes.stored[[one.index for one in part if one.index is not None]])
        for one in part:
            parcel, stands = (one.known.id, one.known.geom) if one.known else (None, None)
            yield parcel, next(drawn) if rows is not None and one.index is not None else stands


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
