"""What is asked of an export, and what it looks like in the OpenAPI description."""

import json
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from app.core.principal import Principal
from app.maps.exports.spec import Collection, Encoding, FormatName, Spec, spec_of
from app.maps.filters import Lang

_URI = Field(max_length=120)


class ExportAsked(BaseModel):
    """A collection, or what a filter and an extent select of it, in one format."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    collection: Collection = Field("parcels", description="图层")
    format: FormatName = Field(description="格式;pmtiles 为整个图层的公开地图 (简化公开数据)")
    filter: Annotated[str, Field(max_length=70_000)] | dict[str, Any] | None = Field(None, description="CQL2 文本,或 CQL2 JSON 对象")
    filter_lang: Lang | None = Field(None, alias="filter-lang")
    filter_crs: Annotated[str, _URI] | None = Field(None, alias="filter-crs")
    bbox: Annotated[str, Field(max_length=200)] | None = Field(None, description="西,南,东,北 (度)")
    bbox_crs: Annotated[str, _URI] | None = Field(None, alias="bbox-crs")
    properties: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=100)] | None = Field(
        None, description="只要这些字段"
    )
    crs: Annotated[str, _URI] | None = Field(
        None,
        description="输出坐标系 URI;不写: EPSG:4490 (GeoJSON、KML 为 CRS84,国土 TXT 为本县平面)。"
        "urn:yima:crs:GCJ02、urn:yima:crs:BD09 须管理员开启",
    )
    encoding: Encoding | None = Field(None, description="Shapefile、CSV、国土 TXT 的文字编码,默认 UTF-8")

    def spec(self, principal: Principal) -> Spec:
        """The request frozen with its caller's scope."""
        is_json = isinstance(self.filter, dict)
        return spec_of(
            principal, collection=self.collection, format=self.format,
            filter=json.dumps(self.filter, ensure_ascii=False) if is_json else self.filter,
            filter_lang="cql2-json" if is_json else self.filter_lang, filter_crs=self.filter_crs, bbox=self.bbox, bbox_crs=self.bbox_crs,
            properties=None if self.properties is None else tuple(self.properties), crs=self.crs, encoding=self.encoding,
        )  # fmt: skip


class SwitchAsked(BaseModel):
    """On or off."""

    model_config = ConfigDict(extra="forbid")
    is_enabled: bool = Field(description="本县是否允许输出 GCJ-02、BD-09 坐标")


_JOB: Final = {
    "id": 7, "version": 3, "state": "done", "collection": "parcels", "format": "gpkg", "format_label": "GeoPackage",
    "asked": {"filter": "inefficient = 'true'"}, "file_name": "工业用地宗地_330282_20250930.gpkg", "rows_done": 1430, "rows_total": 1430,
    "percent": 100, "size_bytes": 1843200, "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "layer_version": 12, "facts_as_of": "2025-09-30", "message": None, "made_at": "2025-09-30T09:00:00+08:00",
    "finished_at": "2025-09-30T09:00:04+08:00",
}  # fmt: skip
ASKED_EXAMPLES: Final[dict[str, Any]] = {
    "filter": {"summary": "低效宗地,GeoPackage", "value": {"collection": "parcels", "format": "gpkg", "filter": "inefficient = 'true'"}},
    "gbk": {
        "summary": "GBK 的 Shapefile,120° 平面",
        "value": {"collection": "parcels", "format": "shapefile", "encoding": "GBK", "crs": "http://www.opengis.net/def/crs/EPSG/0/4549"},
    },
}
JOB_ANSWER: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/json": {"example": _JOB}}}}
ASK_ANSWER: Final[dict[int | str, dict[str, Any]]] = {202: {"description": "已排队", "content": {"application/json": {"example": _JOB}}}}
LIST_ANSWER: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/json": {"example": {"items": [_JOB]}}}}}
FILE_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "文件", "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
    206: {"description": "所要的一段 (Range)"},
    304: {"description": "与所持相同"},
    409: {"description": "文件还没有生成"},
    410: {"description": "文件已清理"},
    416: {"description": "超出文件"},
}
