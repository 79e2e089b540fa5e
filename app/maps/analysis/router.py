"""POST /api/analysis/overlay (范围套合), GET /api/stats and the parcels behind its figures."""

import asyncio
import json
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import UploadFile

from app.accounts.deps import Read, Signed
from app.core import clock
from app.core.errors import BodyInvalid, TooLarge
from app.maps import answers, links, stats
from app.maps.analysis import excel, outline, service
from app.maps.analysis.schemas import OVERLAY_ANSWERS, OVERLAY_BODY, STATS_ANSWERS
from app.settings import settings

router = APIRouter(prefix="/api", tags=["范围分析"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_JSON_MB = 4


@router.post("/analysis/overlay", summary="范围套合", openapi_extra=OVERLAY_BODY, responses=OVERLAY_ANSWERS)
async def overlay(
    request: Request, principal: Signed, conn: Read, f: Annotated[Literal["json", "xlsx"], Query(description="json 或 xlsx")] = "json"
) -> Response:
    """一条红线里有什么: 地块与压盖面积、企业、规划线内外、分类、无宗地面积;各部分之和等于范围。只读,不需要 Idempotency-Key。"""
    county = await service.county_of(conn, principal)
    said = await service.overlay(conn, principal, county, await _received(request, county.meridian_epsg))
    if f == "xlsx":
        body = await asyncio.to_thread(excel.workbook, said, by=principal.name)
        name = quote(f"范围分析_{clock.today().isoformat()}.xlsx")
        return await answers.send(
            request, body, media=XLSX, headers={"Content-Disposition": f"attachment; filename=\"overlay.xlsx\"; filename*=UTF-8''{name}"}
        )
    return await _json(request, said)


async def _json(request: Request, said: dict[str, Any]) -> Response:
    return await answers.send(request, json.dumps(said, ensure_ascii=False, default=_plain).encode(), media=links.JSON)


def _plain(value: Any) -> Any:
    """Decimals as JSON numbers, dates as ISO text."""
    return float(value) if isinstance(value, Decimal) else value.isoformat()


async def _received(request: Request, plane: int) -> outline.Outline:
    """The range of a JSON body or of an uploaded file."""
    size = int(request.headers.get("content-length") or 0)
    if request.headers.get("content-type", "").startswith("multipart/"):
        if size > settings().upload_max_mb << 20:
            raise TooLarge(f"上限 {settings().upload_max_mb} MB", pointer="/file")
        from app.maps.analysis import files  # the readers are heavy (1.5 s of imports), and few requests bring a file

        async with request.form(max_files=1, max_fields=4, max_part_size=settings().upload_max_mb << 20) as form:
            file, stated = form.get("file"), form.get("crs")
            if not isinstance(file, UploadFile):
                raise BodyInvalid("缺少文件", pointer="/file")
            content = await file.read()
            crs = stated.strip()[:40] if isinstance(stated, str) else None
            return await asyncio.to_thread(files.from_file, file.filename, content, crs=crs or None, plane=plane)
    body = b"" if size > _JSON_MB << 20 else await request.body()
    if max(size, len(body)) > _JSON_MB << 20:
        raise TooLarge(f"JSON 上限 {_JSON_MB} MB", hint="较大的范围请上传文件")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BodyInvalid("不是 JSON") from error
    if not isinstance(said, dict) or "geometry" not in said:
        raise BodyInvalid("缺少 geometry", pointer="/geometry")
    return await asyncio.to_thread(outline.from_geojson, said["geometry"])


Bbox = Annotated[str | None, Query(description="西,南,东,北 (度)", examples=["121.0,30.0,121.6,30.4"])]
Text = Annotated[str | None, Query(max_length=40)]
Tri = Literal["true", "false", "unknown"]


async def filters_of(
    responsible_body: Text = None, display_class: Text = None,
    inefficient: Tri | None = None, idle: Literal["suspected", "not_idle", "insufficient_data"] | None = None,
    standard_land: Tri | None = None, grade: Text = None, ownership: Text = None, industry_division: Text = None, town_code: Text = None,
) -> dict[str, str | None]:  # fmt: skip
    """Equality filters that both statistics routes take."""
    return {
        "responsible_body": responsible_body, "display_class": display_class, "inefficient": inefficient, "idle": idle,
        "standard_land": standard_land, "grade": grade, "ownership": ownership, "industry_division": industry_division,
        "town_code": town_code,
    }  # fmt: skip


Filters = Annotated[dict[str, str | None], Depends(filters_of)]


@router.get("/stats", summary="按组统计", responses=STATS_ANSWERS)
async def read_stats(
    request: Request, principal: Signed, conn: Read, filters: Filters, bbox: Bbox = None,
    calibre: Annotated[str | None, Query(max_length=40, description="口径,默认政策包的默认口径")] = None,
    group_by: Annotated[stats.GroupBy, Query(description="分组字段")] = "display_class",
) -> Response:  # fmt: skip
    """各组宗数、亩 (用地面积)、家数与合计;宗、亩的合计等于各行之和,家数按企业去重。"""
    return await _json(request, await stats.grouped(conn, principal, stats.Asked(bbox, filters, calibre, links.base(request)), group_by))


@router.get("/stats/parcels", summary="统计数对应的宗地")
async def read_stats_parcels(
    request: Request, principal: Signed, conn: Read, filters: Filters, bbox: Bbox = None,
    calibre: Annotated[str | None, Query(max_length=40)] = None, cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:  # fmt: skip
    """一个统计数背后的宗地,按一码排列;`total` 即该统计数。字段值 unknown 表示没有值。"""
    return await _json(
        request, await stats.parcels(conn, principal, stats.Asked(bbox, filters, calibre, links.base(request)), cursor, limit)
    )
