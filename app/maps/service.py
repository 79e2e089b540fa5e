"""Use-cases of the standard surface: what a request asks for → ETag → page → answer."""

from dataclasses import dataclass
from typing import Any

import asyncpg
from fastapi import Request, Response

from app.core import clock, pages
from app.core.errors import BadParameter
from app.core.principal import Principal
from app.maps import answers, features, history, links, meta, ogc, places, tiles
from app.maps import filters as filtering
from app.maps.extent import parse_bbox
from app.maps.filters import Lang
from app.maps.layers import layer_for
from app.maps.moments import Moment
from app.maps.queries import Page, View, view_of

MAX_LIMIT = 10_000


@dataclass(frozen=True)
class Asked:
    """Parameters of an items request as they were given."""

    bbox: str | None
    limit: int
    cursor: str | None
    offset: int | None = None
    filters: dict[str, str | None] | None = None
    filter: str | None = None
    filter_lang: Lang | None = None
    filter_crs: str | None = None


def _page(layer_id: str, asked: Asked, filters: dict[str, str], view: View, moment: Moment) -> tuple[Page, str]:
    """The page and the binding of its cursors: a cursor continues its own query only, also at its own moment."""
    days = () if moment.is_now else (moment.start, moment.end)
    condition = filtering.condition(asked.filter, asked.filter_lang, asked.filter_crs, is_public=view.is_public)
    if condition and not moment.is_now:
        raise BadParameter("历史时点不支持 filter", pointer="query:filter", hint="去掉 as_of、known_at、datetime")
    query = (asked.filter, asked.filter_lang, asked.filter_crs) if condition else ()
    binding = pages.bind(layer_id, view.scope, filters, asked.bbox, days, *query)
    after = pages.decode(asked.cursor, binding) if asked.cursor else 0
    if not isinstance(after, int):
        raise BadParameter("游标已损坏", pointer="query:cursor")
    if asked.cursor and asked.offset:
        raise BadParameter("cursor 与 offset 只能给一个", pointer="query:offset")
    conditions = (condition,) if condition else ()
    return Page(parse_bbox(asked.bbox), filters, min(asked.limit, MAX_LIMIT), after, asked.offset or 0, conditions), binding


async def parcel_page(request: Request, principal: Principal, moment: Moment, asked: Asked) -> Response:
    """/collections/parcels/items: now from the stored texts, another moment from the versions."""
    view = view_of(principal)
    filters = features.checked_filters(view, asked.filters or {})
    page, binding = _page("parcels", asked, filters, view, moment)
    pool: asyncpg.Pool = request.app.state.map_pool
    head, base, given = await features.head(pool, view.county_code, "parcels"), links.base(request), dict(request.query_params)
    tag = answers.etag(head.version, head.facts_as_of, base, given, view.scope, clock.today())
    if held := answers.not_modified(request, tag):
        return held
    found = await (features.parcels(pool, view, page) if moment.is_now else history.parcels(pool, view, moment, page))
    return await _collection(request, "parcels", found, binding, tag, base, facts_as_of=head.facts_as_of if moment.is_now else None)


async def place_page(request: Request, principal: Principal, layer_id: str, moment: Moment, asked: Asked) -> Response:
    """/collections/{layer}/items of a small layer."""
    layer = layer_for(principal, layer_id)
    view = view_of(principal)
    page, binding = _page(layer_id, asked, {}, view, moment)
    pool: asyncpg.Pool = request.app.state.map_pool
    head, base, given = await features.head(pool, view.county_code, layer_id), links.base(request), dict(request.query_params)
    tag = answers.etag(layer_id, head.version, base, given, view.scope, clock.today())
    if held := answers.not_modified(request, tag):
        return held
    return await _collection(request, layer_id, await places.features(pool, principal, layer, moment, page), binding, tag, base)


async def _collection(
    request: Request, layer_id: str, found: features.Found, binding: str, tag: str, base: str, **members: Any
) -> Response:
    cursor = pages.encode(found.after, binding) if found.after is not None else None
    given = {k: v for k, v in request.query_params.items() if k != "tk"}
    said = ogc.page_links(base, layer_id, given, cursor)
    counted = {} if found.matched is None else {"numberMatched": found.matched}
    body = answers.collection(
        found.rows, **counted, numberReturned=len(found.rows), links=said, timeStamp=clock.now().isoformat(timespec="seconds"), **members
    )
    header = ", ".join(f'<{one["href"]}>; rel="{one["rel"]}"' for one in said if one["rel"] in ("self", "next"))
    return await answers.send(request, body, tag=tag, headers={"Link": header, "Content-Crs": f"<{ogc.CRS84}>"})


async def one_feature(request: Request, principal: Principal, layer_id: str, key: str, moment: Moment) -> Response:
    """/collections/{layer}/items/{id}: the stored text with its links."""
    layer, view, base = layer_for(principal, layer_id), view_of(principal), links.base(request)
    pool: asyncpg.Pool = request.app.state.map_pool
    head = await features.head(pool, view.county_code, layer_id)
    tag = answers.etag(layer_id, key, head.version, head.facts_as_of, base, dict(request.query_params), view.scope, clock.today())
    if held := answers.not_modified(request, tag):
        return held
    body = await _text(pool, principal, view, layer_id, key, moment)
    here = f"{base}/collections/{layer.id}"
    said = [links.link(f"{here}/items/{key}", "self", media=links.GEOJSON), links.link(here, "collection")]
    return await answers.send(request, body[:-1] + b',"links":' + answers.encode(said) + b"}", tag=tag)


async def _text(pool: asyncpg.Pool, principal: Principal, view: View, layer_id: str, key: str, moment: Moment) -> bytes:
    if layer_id != "parcels":
        return await places.feature(pool, principal, layer_for(principal, layer_id), moment, key)
    return await (features.parcel(pool, view, key) if moment.is_now else history.parcel(pool, view, moment, key))


async def parcel_tile(request: Request, principal: Principal, z: int, row: int, col: int) -> Response:
    """One tile: 204 when nothing lies in it."""
    tiles.check(z, row, col)
    view, pool = view_of(principal), request.app.state.map_pool
    head = await features.head(pool, view.county_code, "parcels")
    tag = answers.etag("tile", z, row, col, head.version, view.scope, clock.today())
    if held := answers.not_modified(request, tag):
        return held
    body = await tiles.parcels(pool, view, z, row, col)
    if not body:
        return Response(status_code=204, headers={"ETag": tag, **answers.PRIVATE})
    return await answers.send(request, body, tag=tag, media="application/vnd.mapbox-vector-tile")


async def words(request: Request, principal: Principal) -> Response:
    """/api/meta with an ETag of its own content."""
    body = answers.encode(await meta.meta(request.app.state.map_pool, principal))
    tag = answers.etag(body.decode())
    return answers.not_modified(request, tag) or await answers.send(request, body, tag=tag, media=links.JSON)
