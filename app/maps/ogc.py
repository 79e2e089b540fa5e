"""The standard's own documents: landing page, conformance, collections, links of items."""

from typing import Any

import asyncpg

from app.maps import links, queries
from app.maps.layers import Layer
from app.maps.links import GEOJSON, link

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
)
"""Only what is true: OpenAPI is 3.1 (no oas30 class), filters are simple equality (no part 3), tiles have no tile set document yet."""


def landing(base: str) -> dict[str, Any]:
    """`/`."""
    return {
        "title": "一码管地",
        "description": "工业用地一张图: 宗地、控制线、镇街、区块、整治项目、腾出图斑",
        "links": [
            link(f"{base}/", "self", title="本页"),
            link(f"{base}/api", "service-desc", media="application/vnd.oai.openapi+json;version=3.1", title="接口定义"),
            link(f"{base}/conformance", "conformance", title="符合的标准"),
            link(f"{base}/conformance", "http://www.opengis.net/def/rel/ogc/1.0/conformance", title="符合的标准"),
            link(f"{base}/collections", "data", title="图层"),
            link(f"{base}/collections", "http://www.opengis.net/def/rel/ogc/1.0/data", title="图层"),
            link(f"{base}/console/", "related", media="text/html", title="工作台"),
        ],
    }


async def extent(pool: asyncpg.Pool, county_code: str) -> list[float] | None:
    """bbox of the county: its outline, else what its map rows span."""
    row = await pool.fetchrow(queries.sql("extent"), county_code)
    return None if row is None or row["west"] is None else [row["west"], row["south"], row["east"], row["north"]]


def collection(base: str, layer: Layer, bbox: list[float] | None) -> dict[str, Any]:
    """One entry of /collections."""
    here = f"{base}/collections/{layer.id}"
    spatial = {"extent": {"spatial": {"bbox": [bbox], "crs": CRS84}}} if bbox else {}
    return {
        "id": layer.id,
        "title": layer.title,
        "description": layer.description,
        **spatial,
        "itemType": "feature",
        "crs": [CRS84],
        "links": [
            link(here, "self"),
            link(f"{here}/items", "items", media=GEOJSON, title=layer.title),
        ],
    }


def collections(base: str, layers: list[Layer], bbox: list[float] | None) -> dict[str, Any]:
    """`/collections`."""
    return {"links": [link(f"{base}/collections", "self")], "collections": [collection(base, layer, bbox) for layer in layers]}


def page_links(base: str, layer_id: str, given: dict[str, Any], cursor: str | None) -> list[dict[str, Any]]:
    """self, collection and, when more follows, next: a cursor that carries the whole query."""
    path = f"{base}/collections/{layer_id}/items"
    found = [
        link(links.with_query(path, given), "self", media=GEOJSON),
        link(f"{base}/collections/{layer_id}", "collection"),
    ]
    if cursor:
        found.append(link(links.with_query(path, given, cursor=cursor, offset=None), "next", media=GEOJSON))
    return found
