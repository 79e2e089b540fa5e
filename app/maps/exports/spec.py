"""What an export is: the request as it was frozen (who, which scope, which rows, which form) and the plan that follows from it. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Literal, get_args

from app.core.crs import STORED
from app.core.errors import BadParameter, Problem
from app.core.principal import Principal, Role
from app.core.shift import SHIFTED
from app.maps import fields
from app.maps import filters as filtering
from app.maps.crs import CRS84, EPSG, SYSTEMS, parse_crs
from app.maps.exports.errors import FormatUnfit
from app.maps.exports.order import DEGREES, Target
from app.maps.extent import Envelope, parse_extent
from app.maps.filters import Lang
from app.maps.layers import Layer, layer_for
from app.maps.queries import Page, View, view_of
from app.policy.registry import Column

Collection = Literal["parcels", "control-lines", "towns", "blocks", "cases", "freed-land"]
FormatName = Literal[
    "geojson", "geojsonseq", "gpkg", "shapefile", "flatgeobuf", "geoparquet", "guotu-txt", "xlsx", "csv", "kml", "pmtiles",
]  # fmt: skip
Encoding = Literal["UTF-8", "GBK"]
FORMATS: tuple[str, ...] = get_args(FormatName)
WGS84 = 4326
EVERY = 1 << 60
KEY = "land_code"
_PLANES = range(4513, 4555)


@dataclass(frozen=True)
class Form:
    """A file format: its name, suffix, media type, whether it carries shapes, only degrees, only county planes, only polygons."""

    label: str
    suffix: str
    media: str
    has_shape: bool = True
    only_degrees: bool = False
    only_planes: bool = False
    is_rfc7946: bool = False
    is_map: bool = False
    """A map for everybody: the whole collection in the form that a viewer gets."""
    encodings: tuple[str, ...] = ("UTF-8",)


FORMS: Mapping[str, Form] = {
    "geojson": Form("GeoJSON", ".geojson", "application/geo+json", is_rfc7946=True),
    "geojsonseq": Form("GeoJSON 文本序列", ".geojsons", "application/geo+json-seq", only_degrees=True, is_rfc7946=True),
    "gpkg": Form("GeoPackage", ".gpkg", "application/geopackage+sqlite3"),
    "shapefile": Form("Shapefile", ".zip", "application/zip", encodings=("UTF-8", "GBK")),
    "flatgeobuf": Form("FlatGeobuf", ".fgb", "application/vnd.flatgeobuf"),
    "geoparquet": Form("GeoParquet", ".parquet", "application/vnd.apache.parquet"),
    "guotu-txt": Form("国土 TXT", ".txt", "text/plain", only_planes=True, encodings=("UTF-8", "GBK")),
    "xlsx": Form("Excel", ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", has_shape=False),
    "csv": Form("CSV", ".csv", "text/csv", encodings=("UTF-8", "GBK")),
    "kml": Form("KML", ".kml", "application/vnd.google-earth.kml+xml", only_degrees=True, is_rfc7946=True),
    "pmtiles": Form("PMTiles", ".pmtiles", "application/vnd.pmtiles", has_shape=False, is_map=True),
}


@dataclass(frozen=True)
class Spec:
    """The request, frozen with its caller's scope: what he may see is decided when he asks."""

    county_code: str
    actor_id: int
    actor_name: str
    role: str
    responsible_body: str | None
    department_code: str | None
    via: str
    collection: str
    format: str
    filter: str | None = None
    filter_lang: Lang | None = None
    filter_crs: str | None = None
    bbox: str | None = None
    bbox_crs: str | None = None
    properties: tuple[str, ...] | None = None
    crs: str | None = None
    encoding: str | None = None

    @property
    def principal(self) -> Principal:
        """Who asked, as he was."""
        return Principal(
            self.actor_id, self.actor_name, Role(self.role), self.county_code, self.department_code, self.responsible_body, self.via
        )

    def as_json(self) -> str:
        """The stored form."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, said: str | Mapping[str, Any]) -> "Spec":
        """Back from the stored form."""
        members = dict(json.loads(said) if isinstance(said, str) else said)
        names = members.get("properties")
        return cls(**members | {"properties": None if names is None else tuple(names)})


def spec_of(principal: Principal, **asked: Any) -> Spec:
    """Freeze a request."""
    return Spec(
        principal.county_code, principal.id, principal.name, str(principal.role), principal.responsible_body, principal.department_code,
        principal.via, **asked,
    )  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """All that making the file needs; building it finds every mistake of the request."""

    spec: Spec
    title: str
    view: View
    page: Page
    columns: Mapping[str, Column]
    target: Target
    form: Form

    @property
    def is_whole(self) -> bool:
        """No filter and no extent: the collection as it stands."""
        return not (self.page.envelopes or self.page.terms)

    @property
    def is_point(self) -> bool:
        """The public form of a parcel is a point."""
        return self.spec.collection == "parcels" and self.view.is_public

    def name(self, day: date) -> str:
        """The file's name for people."""
        marked = f"_{SHIFTED[self.target.uri][0]}偏移坐标" if self.target.shift else ""
        return f"{self.title}_{self.spec.county_code}_{day:%Y%m%d}{marked}{self.form.suffix}"


def plan_of(spec: Spec) -> Plan:
    """What the request means. Errors: NotFound (no such layer for the caller), BadParameter, FormatUnfit, those of filters."""
    principal = spec.principal
    layer, form = layer_for(principal, spec.collection), FORMS[spec.format]
    if form.is_map:
        _check_map(spec, layer)
        principal = replace(principal, role=Role.viewer)
    view = view_of(principal)
    target = _target(spec.crs, form)
    if (spec.encoding or "UTF-8") not in form.encodings:
        raise FormatUnfit(f"{form.label} 只用 {'、'.join(form.encodings)}", pointer="/encoding")
    columns = _columns(spec, view)
    if form.only_planes and spec.collection == "parcels" and view.is_public:
        raise FormatUnfit("国土 TXT 写界址点,公开数据只有点位", pointer="/format")
    try:
        condition = filtering.condition(spec.filter, spec.filter_lang, spec.filter_crs, spec.collection, view.is_public)
        extent = parse_extent(spec.bbox, parse_crs(spec.bbox_crs, "bbox-crs"))
    except Problem as problem:
        problem.pointer = (problem.pointer or "query:filter").replace("query:", "/")
        raise
    envelopes = extent.envelopes or ((Envelope(*condition.bounds),) if condition and condition.bounds else ())
    page = Page(envelopes, {}, EVERY, conditions=(condition,) if condition else (), shape=extent.shape)
    return Plan(spec, layer.title, view, page, columns, target, form)


def _check_map(spec: Spec, layer: Layer) -> None:
    """A map for everybody is not made of a part, nor of what is not for everybody."""
    if not layer.is_public:
        raise FormatUnfit(f"PMTiles 供公开使用,{layer.title}不公开", pointer="/collection")
    for name in ("filter", "bbox", "properties", "crs"):
        if getattr(spec, name) is not None:
            raise FormatUnfit("PMTiles 是整个图层的公开地图,不能筛选、选字段或换坐标系", pointer=f"/{name}")


def _columns(spec: Spec, view: View) -> Mapping[str, Column]:
    """Properties of the rows, or those asked for; the key always stays."""
    shown = fields.shown(spec.collection, is_public=view.is_public)
    if spec.properties is None:
        return shown
    unknown = [name for name in spec.properties if name not in shown]
    if unknown:
        raise BadParameter(f"没有属性 “{unknown[0][:60]}”", pointer="/properties", hint=f"见 /collections/{spec.collection}/schema")
    return {name: column for name, column in shown.items() if name in spec.properties or name == KEY}


def _target(uri: str | None, form: Form) -> Target:
    """The system of the file. 国土 TXT without one takes the county's plane, which only the database knows (srid None)."""
    if uri is not None and uri in SHIFTED:
        if form.only_planes or not form.has_shape:
            raise FormatUnfit(f"{form.label} 不用 {SHIFTED[uri][0]} 坐标", pointer="/crs")
        return Target(None, uri, uri)
    if uri is None and form.only_planes:
        return Target(None, "")
    if uri is None or form.only_degrees:
        uri = uri or (CRS84 if form.is_rfc7946 else f"{EPSG}{STORED}")
    found = SYSTEMS.get(uri)
    if found is None:
        raise BadParameter(
            f"不支持的坐标系 {uri[:120]}", pointer="/crs", hint=f"{EPSG}<代码>, 见图层的 crs 列表; 偏移坐标 {'、'.join(SHIFTED)}"
        )
    srid = WGS84 if uri in (CRS84, f"{EPSG}{WGS84}") or (form.only_degrees and found.is_geographic) else found.srid
    if form.only_degrees and srid not in DEGREES:
        raise FormatUnfit(f"{form.label} 只用经纬度", pointer="/crs")
    if form.only_planes and srid not in _PLANES:
        raise FormatUnfit(f"{form.label} 只用 3 度带平面坐标", pointer="/crs", hint=f"{EPSG}4549 等; 不写则用本县中央经线")
    return Target(srid, uri)
