"""SQL and shapes of what a look at the files found: issues and differences, in pages, as CSV or as GeoJSON."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import db
from app.core.db import text
from app.imports.channel import for_form
from app.imports.checks.catalogue import CATALOGUE, SEVERITIES, SIDES

_PAGE = 5_000
_FORMULA = re.compile(r"[=+\-@\t\r]")
_ISSUES = """
SELECT id, file, layer, row_no AS row, code, severity, field, value, hint, ST_AsGeoJSON(geom, 7) AS shape
FROM import_issue
WHERE county_code = :c AND import_id = :id AND id > :after
  AND (CAST(:code AS text) IS NULL OR code = :code) AND (CAST(:severity AS text) IS NULL OR severity = :severity)
  AND (CAST(:file AS text) IS NULL OR file = :file)
ORDER BY id
LIMIT :n
"""
_ROWS = """
SELECT d.row_id, d.class, d.file, d.row_no AS row, d.key, p.land_code, d.parcel_id, d.changes, ST_AsGeoJSON(d.geom, 7) AS shape
FROM import_row d
LEFT JOIN parcel p ON p.county_code = d.county_code AND p.id = d.parcel_id
WHERE d.county_code = :c AND d.import_id = :id AND (CAST(:class AS text) IS NULL OR d.class = :class)
  AND (CAST(:file AS text) IS NULL OR d.file = :file) AND (CAST(:row AS integer) IS NULL OR d.row_no = :row)
  AND d.n > coalesce((SELECT r.n FROM import_row r WHERE r.county_code = :c AND r.import_id = :id AND r.row_id = CAST(:after AS text)), 0)
ORDER BY d.n
LIMIT :n
"""
ALL_ROWS: dict[str, Any] = {"class": None, "file": None, "row": None}
_CLASSES = "SELECT class, count(*) AS n FROM import_row WHERE county_code = :c AND import_id = :id GROUP BY 1"
_HEADS = {
    "file": "文件", "layer": "图层", "row": "行", "severity": "级别", "code": "代码", "message": "问题", "field": "字段", "value": "值",
    "hint": "处理建议", "side": "责任方",
}  # fmt: skip


def _issue(row: Any) -> dict[str, Any]:
    known = CATALOGUE.get(row.code)
    found = {key: value for key, value in row._mapping.items() if key != "shape"} | {"hint": for_form(row.hint)}
    return {**found, "message": known.message if known else row.code, "side": known.side if known else None,
            "has_geometry": row.shape is not None}  # fmt: skip


def _row(row: Any) -> dict[str, Any]:
    return {key: value for key, value in row._mapping.items() if key != "shape"}


async def issues(conn: AsyncConnection, county: str, job_id: int, asked: Mapping[str, Any], *, after: int, limit: int) -> dict[str, Any]:
    """A page of issues. `asked`: code, severity, file (None: all)."""
    rows = (await conn.execute(text(_ISSUES), {"c": county, "id": job_id, **asked, "after": after, "n": limit + 1})).all()
    return {"issues": [_issue(row) for row in rows[:limit]], "more": len(rows) > limit}


async def differences(
    conn: AsyncConnection, county: str, job_id: int, asked: Mapping[str, Any], *, after: str | None, limit: int
) -> dict[str, Any]:
    """A page of differences; `classes` counts those kept. `asked`: class, file, row (None: all)."""
    counted = {row[0]: row[1] for row in await conn.execute(text(_CLASSES), {"c": county, "id": job_id})}
    rows = (await conn.execute(text(_ROWS), {"c": county, "id": job_id, **asked, "after": after, "n": limit + 1})).all()
    return {"classes": counted, "rows": [_row(row) for row in rows[:limit]], "more": len(rows) > limit}


async def _all(sql: str, values: dict[str, Any], key: str, after: Any, most: int | None = None) -> AsyncIterator[Any]:
    """Every row (or `most` of them), a page a connection: a slow reader holds none."""
    while True:
        async with db.reading() as conn:
            rows = (await conn.execute(text(sql), {**values, "after": after, "n": most or _PAGE})).all()
        for row in rows:
            yield row
        if most or len(rows) < _PAGE:
            return
        after = getattr(rows[-1], key)


async def issues_csv(county: str, job_id: int, asked: Mapping[str, Any]) -> AsyncIterator[bytes]:
    """All issues asked for; a text that looks like a formula is kept one by an apostrophe."""
    yield ("\ufeff" + _line(list(_HEADS.values()))).encode()
    async for row in _all(_ISSUES, {"c": county, "id": job_id, **asked}, "id", 0):
        known = CATALOGUE.get(row.code)
        one = _issue(row) | {"severity": SEVERITIES[row.severity], "side": SIDES[known.side] if known else None}
        yield _line([_safe(one[name]) for name in _HEADS]).encode()


def _line(cells: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


async def issues_geojson(
    county: str, job_id: int, asked: Mapping[str, Any], after: int = 0, most: int | None = None
) -> AsyncIterator[bytes]:
    """Issues asked for with where they are, degrees of EPSG:4490; all of them unless `most` is given."""
    async for part in _features(_all(_ISSUES, {"c": county, "id": job_id, **asked}, "id", after, most), _issue):
        yield part


async def differences_geojson(
    county: str, job_id: int, asked: Mapping[str, Any], after: str | None = None, most: int | None = None
) -> AsyncIterator[bytes]:
    """Differences asked for with the shapes delivered (of the register where none was), degrees of EPSG:4490; all unless `most`."""
    async for part in _features(_all(_ROWS, {"c": county, "id": job_id, **asked}, "row_id", after, most), _row):
        yield part


async def _features(rows: AsyncIterator[Any], said: Any) -> AsyncIterator[bytes]:
    yield b'{"type":"FeatureCollection","features":['
    comma = ""
    async for row in rows:
        properties = json.dumps(said(row), ensure_ascii=False, default=str)
        yield f'{comma}{{"type":"Feature","geometry":{row.shape or "null"},"properties":{properties}}}'.encode()
        comma = ","
    yield b"]}"
