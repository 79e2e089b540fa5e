"""Standard surface at the root: OGC API Features, and the labels of /api/meta."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.accounts.deps import Signed
from app.core.lean import Lean
from app.maps import answers, formats, links, ogc, service, temporal
from app.maps.features import MAX_OFFSET
from app.maps.filters import Lang
from app.maps.layers import LAYERS, layer_for, visible
from app.maps.moments import parse
from app.maps.service import MAX_LIMIT, Asked

router = APIRouter(tags=["地图"])
hot = APIRouter(tags=["地图"], route_class=Lean)
"""What maps ask with every move: first in line, read without ceremony."""

Bbox = Annotated[str | None, Query(description="西,南,东,北 (度);西 > 东 表示跨 180° 经线", examples=["121.0,30.0,121.6,30.4"])]
Limit = Annotated[int, Query(ge=1, description="每页要素数", json_schema_extra={"maximum": MAX_LIMIT})]
Cursor = Annotated[str | None, Query(max_length=400, description="上一页 next 链接中的游标")]
Offset = Annotated[int | None, Query(ge=0, le=MAX_OFFSET, description="跳过的要素数;逐页读取请用 cursor")]
AsOf = Annotated[date | None, Query(description="现实世界的日期 (默认今天)")]
KnownAt = Annotated[str | None, Query(max_length=40, description="登记簿当时所知: 日期 (至当日结束) 或时刻")]
Datetime = Annotated[str | None, Query(max_length=80, alias="datetime", description="时刻或 开始/结束 (OGC)")]
Equal = Annotated[str | None, Query(max_length=40)]
Filter = Annotated[
    str | None,
    Query(
        max_length=70_000, description="CQL2 筛选条件,可用字段见 queryables",
        openapi_examples={
            "text": {"summary": "文本", "value": "grade IN ('C','D') AND area_used_mu >= 3"},
            "space": {"summary": "空间", "value": "far < 1.0 AND S_INTERSECTS(geom, BBOX(121.2,30.1,121.3,30.2))"},
            "json": {"summary": "JSON (filter-lang=cql2-json)", "value": '{"op":"=","args":[{"property":"idle"},"suspected"]}'},
        },
    ),
]  # fmt: skip
SortBy = Annotated[str | None, Query(max_length=200, description="排序字段,降序加 -;见 sortables", examples=["-area_used_mu,land_code"])]
Properties = Annotated[str | None, Query(max_length=2000, description="只要这些属性,逗号分隔;见 schema", examples=["land_code,grade"])]
_SYSTEMS = ["http://www.opengis.net/def/crs/EPSG/0/4490", "http://www.opengis.net/def/crs/EPSG/0/4549"]
CrsUri = Annotated[str | None, Query(max_length=120, description="输出坐标系 URI (坐标按其轴序),默认 CRS84", examples=_SYSTEMS)]
BboxCrs = Annotated[str | None, Query(alias="bbox-crs", max_length=120, description="bbox 的坐标系 URI (按其轴序)", examples=_SYSTEMS)]
Form = Annotated[formats.Format | None, Query(description="GeoJSON (默认)、GeoJSON 文本序列或 CSV")]
FilterLang = Annotated[Lang | None, Query(alias="filter-lang", description="filter 的写法,默认 cql2-text")]
FilterCrs = Annotated[str | None, Query(alias="filter-crs", max_length=120, description="filter 中图形的坐标系 URI,默认 CRS84")]


async def json_only(f: Annotated[Literal["json", "geojson"] | None, Query(description="只有 GeoJSON")] = None) -> None:
    """`f` of routes that speak JSON only: clients send it, another value is refused."""


JSON_ONLY = [Depends(json_only)]
Key = Annotated[str, Path(max_length=40)]


def _json(value: Any) -> Response:
    return Response(answers.encode(value), media_type=links.JSON, headers={"Vary": answers.PRIVATE["Vary"]})


@router.get("/", summary="入口", dependencies=JSON_ONLY)
async def landing(request: Request) -> Response:
    return _json(ogc.landing(links.base(request)))


@router.get("/conformance", summary="符合的标准", dependencies=JSON_ONLY)
async def conformance(request: Request) -> Response:
    return _json(ogc.conformance(links.base(request)))


@router.get("/collections", summary="图层", dependencies=JSON_ONLY)
async def collections(request: Request, principal: Signed) -> Response:
    pool = request.app.state.map_pool
    bbox, days = await ogc.extent(pool, principal.county_code), await temporal.days(pool, principal)
    return _json(ogc.collections(links.base(request), visible(principal), bbox, days))


@hot.get("/collections/parcels/items", summary="宗地")
async def parcels(
    request: Request, principal: Signed, bbox: Bbox = None, limit: Limit = 1000, cursor: Cursor = None, offset: Offset = None,
    responsible_body: Equal = None, display_class: Equal = None, inefficient: Equal = None, idle: Equal = None,
    standard_land: Equal = None, grade: Equal = None, as_of: AsOf = None, known_at: KnownAt = None, moment: Datetime = None,
    filter: Filter = None, filter_lang: FilterLang = None, filter_crs: FilterCrs = None,
    sortby: SortBy = None, properties: Properties = None, crs: CrsUri = None, bbox_crs: BboxCrs = None, f: Form = None,
) -> Response:  # fmt: skip
    """按范围与属性读取宗地。多于一页时按 id 顺序分页;一页容下时次序不定,要次序请用 sortby。

    numberMatched 不超过一万时必有,更多时也可能有;有即准确。
    """
    filters = {
        "responsible_body": responsible_body, "display_class": display_class, "inefficient": inefficient, "idle": idle,
        "standard_land": standard_land, "grade": grade,
    }  # fmt: skip
    asked = Asked(bbox, limit, cursor, offset, filters, filter, filter_lang, filter_crs, sortby, properties, f, crs, bbox_crs)
    return await service.parcel_page(request, principal, parse(as_of, known_at, moment), asked)


@router.get("/collections/parcels/items/{feature_id}", summary="一宗地", dependencies=JSON_ONLY)
async def parcel(
    request: Request, principal: Signed, feature_id: Key, as_of: AsOf = None, known_at: KnownAt = None, crs: CrsUri = None,
) -> Response:  # fmt: skip
    """按整数 id 或 land_code。"""
    return await service.one_feature(request, principal, "parcels", feature_id, parse(as_of, known_at), crs)


def _page_of(layer_id: str) -> Callable[..., Awaitable[Response]]:
    async def page(
        request: Request, principal: Signed, bbox: Bbox = None, limit: Limit = 1000, cursor: Cursor = None, as_of: AsOf = None,
        moment: Datetime = None, filter: Filter = None, filter_lang: FilterLang = None, filter_crs: FilterCrs = None,
        sortby: SortBy = None, properties: Properties = None, crs: CrsUri = None, bbox_crs: BboxCrs = None, f: Form = None,
    ) -> Response:  # fmt: skip
        asked = Asked(bbox, limit, cursor, None, {}, filter, filter_lang, filter_crs, sortby, properties, f, crs, bbox_crs)
        return await service.place_page(request, principal, layer_id, parse(as_of, None, moment), asked)

    return page


def _feature_of(layer_id: str) -> Callable[..., Awaitable[Response]]:
    async def feature(
        request: Request, principal: Signed, feature_id: Key, as_of: AsOf = None, crs: CrsUri = None,
    ) -> Response:  # fmt: skip
        return await service.one_feature(request, principal, layer_id, feature_id, parse(as_of), crs)

    return feature


for _layer in LAYERS.values():
    if _layer.id != "parcels":
        router.add_api_route(f"/collections/{_layer.id}/items", _page_of(_layer.id), methods=["GET"], summary=_layer.title,
                             name=f"items of {_layer.id}")  # fmt: skip
        router.add_api_route(f"/collections/{_layer.id}/items/{{feature_id}}", _feature_of(_layer.id),
                             methods=["GET"], dependencies=JSON_ONLY,
                             summary=_layer.title, name=f"item of {_layer.id}")  # fmt: skip


@router.get("/collections/{collection_id}", summary="一个图层", dependencies=JSON_ONLY)
async def collection(request: Request, principal: Signed, collection_id: Key) -> Response:
    layer, pool = layer_for(principal, collection_id), request.app.state.map_pool
    bbox, days = await ogc.extent(pool, principal.county_code), await temporal.days(pool, principal)
    return _json(ogc.collection(links.base(request), layer, bbox, days))


@router.get("/collections/{collection_id}/queryables", summary="可筛选字段", dependencies=JSON_ONLY)
async def queryables(request: Request, principal: Signed, collection_id: Key) -> Response:
    return await service.described(request, principal, collection_id, "queryables")


@router.get("/collections/{collection_id}/sortables", summary="可排序字段", dependencies=JSON_ONLY)
async def sortables(request: Request, principal: Signed, collection_id: Key) -> Response:
    return await service.described(request, principal, collection_id, "sortables")


@router.get("/collections/{collection_id}/schema", summary="字段说明", dependencies=JSON_ONLY)
async def fields_of(request: Request, principal: Signed, collection_id: Key) -> Response:
    return await service.described(request, principal, collection_id, "schema")


@router.get("/api/meta", summary="用语、颜色与单位")
async def words(request: Request, principal: Signed) -> Response:
    return await service.words(request, principal)
