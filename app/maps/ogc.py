"""The standard's own documents: landing page, conformance, collections, links of items."""

import json
import string
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

import asyncpg

from app.maps import formats, links, queries, schema, temporal
from app.maps.crs import CRS84, STORAGE, SYSTEMS
from app.maps.layers import Layer
from app.maps.links import GEOJSON, link
from app.maps.temporal import Days

OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
_SPEC = "http://www.opengis.net/spec/"
CONFORMANCE = tuple(
    _SPEC + name
    for name in (
        "ogcapi-common-1/1.0/conf/core",
        "ogcapi-features-1/1.0/conf/core",
        "ogcapi-features-1/1.0/conf/geojson",
        "ogcapi-features-1/1.0/conf/oas30",
        "ogcapi-features-1/1.0/conf/html",
        "ogcapi-features-2/1.0/conf/crs",
        "ogcapi-features-3/1.0/conf/queryables",
        "ogcapi-features-3/1.0/conf/filter",
        "ogcapi-features-3/1.0/conf/features-filter",
        "ogcapi-features-5/1.0/conf/schemas",
        "cql2/1.0/conf/cql2-text",
        "cql2/1.0/conf/cql2-json",
        "cql2/1.0/conf/basic-cql2",
        "cql2/1.0/conf/advanced-comparison-operators",
        "cql2/1.0/conf/case-insensitive-comparison",
        "cql2/1.0/conf/accent-insensitive-comparison",
        "cql2/1.0/conf/basic-spatial-functions",
        "cql2/1.0/conf/basic-spatial-functions-plus",
        "cql2/1.0/conf/spatial-functions",
        "cql2/1.0/conf/temporal-functions",
        "cql2/1.0/conf/array-functions",
        "cql2/1.0/conf/property-property",
        "cql2/1.0/conf/arithmetic",
        "ogcapi-tiles-1/1.0/conf/core",
        "ogcapi-tiles-1/1.0/conf/tileset",
        "ogcapi-tiles-1/1.0/conf/tilesets-list",
        "ogcapi-tiles-1/1.0/conf/geodata-tilesets",
        "ogcapi-tiles-1/1.0/conf/mvt",
        "tms/2.0/conf/tilematrixset",
        "tms/2.0/conf/json-tilematrixset",
        "tms/2.0/conf/tilesetmetadata",
        "tms/2.0/conf/json-tilesetmetadata",
    )
)
"""Only what is true: of CQL2 all classes but `functions`, for there are none of our own;
OGC API Tiles 1.0 has no class for TileJSON."""


def conformance(base: str) -> dict[str, Any]:
    """`/conformance`."""
    here = f"{base}/conformance"
    return {"links": [link(here, "self"), links.page(here)], "conformsTo": CONFORMANCE}


def landing(base: str) -> dict[str, Any]:
    """`/`."""
    return {
        "title": "一码管地",
        "description": "工业用地一张图: 宗地、控制线、镇街、区块、整治项目、腾出图斑",
        "links": [
            link(f"{base}/", "self", title="本页"),
            links.page(f"{base}/"),
            link(f"{base}/api", "service-desc", media=OPENAPI, title="接口定义"),
            link(f"{base}/api/docs", "service-doc", media=links.HTML, title="接口说明"),
            link(f"{base}/conformance", "conformance", title="符合的标准"),
            link(f"{base}/conformance", f"{REL}conformance", title="符合的标准"),
            link(f"{base}/collections", "data", title="图层"),
            link(f"{base}/collections", f"{REL}data", title="图层"),
            link(f"{base}/tileMatrixSets", f"{REL}tiling-schemes", title="瓦片矩阵集"),
            link(f"{base}/styles", f"{REL}styles", title="全部图层的样式"),
            link(f"{base}/clients", "related", media=links.HTML, title="接入说明"),
            link(f"{base}/console/", "related", media=links.HTML, title="工作台"),
        ],
    }


async def extent(pool: asyncpg.Pool, county_code: str) -> list[float] | None:
    """bbox of the county: its outline, else what its map rows span."""
    row = await pool.fetchrow(queries.extent("$1"), county_code)
    return None if row is None or row["west"] is None else [row["west"], row["south"], row["east"], row["north"]]


def collection(base: str, layer: Layer, bbox: list[float] | None, days: Mapping[str, Days]) -> dict[str, Any]:
    """One entry of /collections; `days` of each collection by its id."""
    here = f"{base}/collections/{layer.id}"
    extent: dict[str, Any] = {"spatial": {"bbox": [bbox], "crs": CRS84}} if bbox else {}
    if layer.id in days:
        extent["temporal"] = temporal.said(days[layer.id])
    return {
        "id": layer.id,
        "title": layer.title,
        "description": layer.description,
        **({"extent": extent} if extent else {}),
        "itemType": "feature",
        "crs": list(SYSTEMS),
        "storageCrs": STORAGE,
        "links": [
            link(here, "self"),
            links.page(here),
            link(f"{here}/items", "items", media=GEOJSON, title=layer.title),
            link(f"{here}/items?f=html", "items", media=links.HTML, title=layer.title),
            *(
                link(f"{here}/{kind}", f"{REL}{kind}", media=schema.MEDIA, title=layer.title)
                for kind in ("queryables", "sortables", "schema")
            ),
            link(f"{here}/tiles", f"{REL}tilesets-vector", title=f"{layer.title}瓦片"),
            link(f"{here}/styles", f"{REL}styles", title=f"{layer.title}样式"),
        ],
    }


def collections(base: str, layers: list[Layer], bbox: list[float] | None, days: Mapping[str, Days]) -> dict[str, Any]:
    """`/collections`."""
    here = f"{base}/collections"
    return {"links": [link(here, "self"), links.page(here)], "collections": [collection(base, layer, bbox, days) for layer in layers]}


_PLAIN = "!$&'()*+,;=:@/?%-._~"
_OCTETS = (_PLAIN + string.ascii_letters + string.digits).encode()
_WHOLE, _REST, _NEXT = "{query}", "{rest}", "{next}"
"""Where a request's query goes in the frame of its links: as asked, without its form, and with the cursor that continues it."""


class PageLinks(NamedTuple):
    """The links of a page as the two places say them: header and JSON."""

    header: str
    json: bytes


def page_links(base: str, layer_id: str, query: str, cursor: str | None, *, form: formats.Format | None) -> PageLinks:
    """self, the other forms, collection, queryables and, when more follows, next: a cursor that carries the whole query.

    `query` is the request's own, kept letter by letter but for the caller's key: writing it anew costs more than reading the page.
    """
    plain = quote(query, safe=_PLAIN) if query.encode().translate(None, _OCTETS) else query
    parts = [part for part in plain.split("&") if part and part[:3] != "tk="]
    asked = "&".join(parts)
    whole, following = f"?{asked}" if asked else "", ""
    rest = f"{asked}&" if asked and "f=" not in asked else "".join([f"{part}&" for part in parts if part[:2] != "f="])
    if cursor is not None:
        following = "&".join([*(part for part in parts if not part.startswith(("cursor=", "offset="))), f"cursor={cursor}"])
    header, json_text = [
        f"{head}{whole}{rest.join(middle)}{following}{tail}" for head, middle, tail in _frame(base, layer_id, form, cursor is not None)
    ]
    return PageLinks(header, json_text.encode())


@lru_cache(maxsize=256)
def _frame(base: str, layer_id: str, form: formats.Format | None, has_next: bool) -> tuple[tuple[str, list[str], str], ...]:
    """Link header and JSON of every page of a layer: what stands before the query, between the places of its rest, behind the next one."""
    here = f"{base}/collections/{layer_id}"
    path, media = f"{here}/items", formats.MEDIA[form]
    found = [link(f"{path}{_WHOLE}", "self", media=media), link(f"{path}?{_REST}f=html", "alternate", media=links.HTML, title="网页")]
    found += [
        link(f"{path}?{_REST}f={other}", "alternate", media=formats.MEDIA[other])
        for other in formats.OFFERED
        if formats.MEDIA[other] != media
    ]
    found += [link(here, "collection"), link(f"{here}/queryables", f"{REL}queryables", media=schema.MEDIA)]
    if has_next:
        found.append(link(f"{path}?{_NEXT}", "next", media=media))
    header = ", ".join(f'<{one["href"]}>; rel="{one["rel"]}"; type="{one["type"]}"' for one in found)
    return _parts(header), _parts(json.dumps(found, separators=(",", ":")))


def _parts(frame: str) -> tuple[str, list[str], str]:
    head, _, more = frame.partition(_WHOLE)
    middle, _, tail = more.partition(_NEXT)
    return head, middle.split(_REST), tail
