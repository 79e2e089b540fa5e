"""OGC API Tiles below each collection, the tile matrix sets, TileJSON and MapLibre styles."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.accounts.deps import Signed, signed
from app.core.lean import Lean
from app.maps import answers, links
from app.maps.router import json_only
from app.maps.tiles import documents, service

router = APIRouter(tags=["瓦片"])
hot = APIRouter(tags=["瓦片"], route_class=Lean)
"""Tiles themselves: first in line, read without ceremony."""
JSON_ONLY = [Depends(json_only)]
Key = Annotated[str, Path(max_length=40)]
ThemeName = Annotated[str | None, Query(max_length=40, description="专题 (宗地图层): display_class、grade、tax_band、far_band、industry")]


def _json(value: Any) -> Response:
    return Response(answers.encode(value), media_type=links.JSON, headers=answers.PRIVATE)


@hot.get("/collections/{collection_id}/tiles/{tms}/{z}/{row}/{col}", summary="瓦片", response_class=Response)
async def tile(
    request: Request, principal: Signed, collection_id: Key, tms: Key, z: int, row: int, col: int, theme: ThemeName = None
) -> Response:
    """MVT。宗地 13 级起逐宗 (parcels),以下为分格统计 (parcel_cells,数与面积齐全,不丢要素);其余图层为化简图形与注记点。"""
    return await service.one(request, principal, (collection_id, tms, z, row, col, theme))


@router.get("/tileMatrixSets", summary="瓦片矩阵集", dependencies=[*JSON_ONLY, Depends(signed)])
async def matrix_sets(request: Request) -> Response:
    return _json(documents.matrix_sets(links.base(request)))


@router.get("/tileMatrixSets/{tms}", summary="一个瓦片矩阵集", dependencies=[*JSON_ONLY, Depends(signed)])
async def matrix_set(request: Request, tms: Key) -> Response:
    return _json(service.matrix_set(request, tms))


@router.get("/collections/{collection_id}/tiles", summary="图层的瓦片集", dependencies=JSON_ONLY)
async def tilesets(request: Request, principal: Signed, collection_id: Key) -> Response:
    return _json(service.tilesets(request, principal, collection_id))


@router.get("/collections/{collection_id}/tiles/{tms}", summary="一个瓦片集", dependencies=JSON_ONLY)
async def tileset(request: Request, principal: Signed, collection_id: Key, tms: Key) -> Response:
    return _json(await service.tileset(request, principal, collection_id, tms))


@router.get("/collections/{collection_id}/tiles/{tms}/tilejson.json", summary="TileJSON", dependencies=JSON_ONLY)
async def tilejson(request: Request, principal: Signed, collection_id: Key, tms: Key, theme: ThemeName = None) -> Response:
    """TileJSON 3.0.0;以 ?tk= 读取时地址中带上同一密钥。"""
    return _json(await service.tilejson(request, principal, collection_id, tms, theme))


@router.get("/collections/{collection_id}/styles", summary="图层的样式", dependencies=JSON_ONLY)
async def styles(request: Request, principal: Signed, collection_id: Key) -> Response:
    return _json(service.styles(request, principal, collection_id))


@router.get("/collections/{collection_id}/styles/{style_id}", summary="MapLibre 样式", response_class=Response, dependencies=JSON_ONLY)
async def style(request: Request, principal: Signed, collection_id: Key, style_id: Key) -> Response:
    """宗地图层一专题一样式,其余图层为 default;颜色与用语取自政策包。"""
    found = await service.style(request, principal, collection_id, style_id)
    return Response(answers.encode(found), media_type=documents.STYLE, headers=answers.PRIVATE)


@router.get("/styles", summary="全部图层的样式", dependencies=JSON_ONLY)
async def combined_styles(request: Request, principal: Signed) -> Response:
    """一张图的样式:一专题一个,各画出账号可见的全部图层。"""
    return _json(service.combined_styles(request, principal))


@router.get("/styles/{style_id}", summary="全部图层的 MapLibre 样式", response_class=Response, dependencies=JSON_ONLY)
async def combined_style(request: Request, principal: Signed, style_id: Key) -> Response:
    """控制线、镇街、区块、宗地 (按专题着色)、整治项目、腾出地块合为一图;限定图层的密钥请用各图层的样式。"""
    found = await service.combined_style(request, principal, style_id)
    return Response(answers.encode(found), media_type=documents.STYLE, headers=answers.PRIVATE)
