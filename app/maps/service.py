"""Use-cases of the standard surface: what a request asks for → ETag → page → answer."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import asyncpg
from fastapi import Request, Response

from app.core import clock, pages
from app.core.errors import BadParameter
from app.core.lean import header
from app.core.principal import Principal
from app.maps import answers, features, fields, formats, history, links, meta, ogc, places, schema, shifted, sorting
from app.maps import filters as filtering
from app.maps.crs import DEFAULT, Crs, parse_crs
from app.maps.extent import Envelope, parse_extent
from app.maps.filters import Lang
from app.maps.formats import Format
from app.maps.lanes import lane
from app.maps.layers import layer_for
from app.maps.moments import Moment
from app.maps.queries import Page, View, view_of
from app.policy.registry import Column

MAX_LIMIT = 10_000
_AS_STORED = (None, "json", "geojson")


class Asked(NamedTuple):
    """Parameters of an items request as they were given."""

    bbox: str | None
    limit: int
    cursor: str | None
    offset: int | None = None
    filters: dict[str, str | None] | None = None
    filter: str | None = None
    filter_lang: Lang | None = None
    filter_crs: str | None = None
    sortby: str | None = None
    properties: str | None = None
    form: Format | None = None
    crs: str | None = None
    bbox_crs: str | None = None


def _page(
    layer_id: str, asked: Asked, filters: dict[str, str], view: View, moment: Moment, *, is_packed: bool = False
) -> tuple[Page, Callable[[], str]]:
    """The page and the binding of its cursors: a cursor continues its own query only, also at its own moment."""
    days = () if moment.is_now else (moment.start, moment.end)
    columns = fields.queryable(layer_id, is_public=view.is_public)
    condition = filtering.condition(asked.filter, asked.filter_lang, asked.filter_crs, layer_id, view.is_public)
    keys = sorting.parse(asked.sortby, columns)
    query = (asked.filter, asked.filter_lang, asked.filter_crs, asked.sortby, asked.bbox_crs)
    binding = partial(pages.bind, layer_id, view.scope, filters, asked.bbox, days, query)
    after = pages.decode(asked.cursor, binding()) if asked.cursor is not None else None
    key = sorting.cursor_key(after, keys) if keys else None
    if after is not None and key is None and (keys or not _is_place(after)):
        raise BadParameter("游标已损坏", pointer="query:cursor")
    if asked.cursor and asked.offset:
        raise BadParameter("cursor 与 offset 只能给一个", pointer="query:offset")
    conditions = (condition,) if condition else ()
    start, matched = after if after is not None and not keys else (0, None)
    extent = parse_extent(asked.bbox, parse_crs(asked.bbox_crs, "bbox-crs"))
    envelopes = extent.envelopes or ((Envelope(*condition.bounds),) if condition and condition.bounds else ())
    page = Page(
        envelopes, filters, min(asked.limit, MAX_LIMIT), start, matched, asked.offset or 0, conditions, keys, key, extent.shape,
        _system(asked), is_packed,
    )  # fmt: skip
    return page, binding


def _is_place(after: Any) -> bool:
    """[id, number matched or none]: where a page in id order begins."""
    return isinstance(after, list) and len(after) == 2 and isinstance(after[0], int) and isinstance(after[1], int | None)


def _system(asked: Asked) -> Crs:
    """The answer's system; files of GIS formats are written east first whatever the system declares."""
    crs = parse_crs(asked.crs)
    return replace(crs, is_north_first=False) if asked.form == "flatgeobuf" else crs


async def parcel_page(request: Request, principal: Principal, moment: Moment, asked: Asked) -> Response:
    """/collections/parcels/items: now from the stored texts, another moment from the versions."""
    view = view_of(principal)
    filters = features.checked_filters(view, asked.filters or {})
    form = formats.negotiated(asked.form, header(request, b"accept"))
    is_packed = form in _AS_STORED and asked.properties is None
    page, binding = _page("parcels", asked, filters, view, moment, is_packed=is_packed)
    names = _names("parcels", asked.properties, view)
    pool: asyncpg.Pool = request.app.state.map_pool
    await shifted.allow(pool, view.county_code, page.crs)
    version, base = await features.version(request, view.county_code, "parcels"), links.base(request)
    tag = answers.etag(version, base, links.query(request), form, view.scope, clock.today())
    if held := answers.not_modified(request, tag):
        return held
    found = await features.held(request, view, page, version) if moment.is_now else None
    if found is None:
        async with lane(page.is_plain and moment.is_now):
            found = await (features.parcels(pool, view, page) if moment.is_now else history.parcels(pool, view, moment, page))
    answer = Answer("parcels", binding, tag, base, form, names, fields.shown("parcels", is_public=view.is_public), page.crs)
    day = await features.facts_as_of(pool, view.county_code, version) if moment.is_now else None
    return await _collection(request, found, answer, facts_as_of=day)


async def place_page(request: Request, principal: Principal, layer_id: str, moment: Moment, asked: Asked) -> Response:
    """/collections/{layer}/items of a small layer."""
    layer = layer_for(principal, layer_id)
    view = view_of(principal)
    page, binding = _page(layer_id, asked, {}, view, moment)
    names = _names(layer_id, asked.properties, view)
    pool: asyncpg.Pool = request.app.state.map_pool
    await shifted.allow(pool, view.county_code, page.crs)
    version, base = await features.version(request, view.county_code, layer_id), links.base(request)
    form = formats.negotiated(asked.form, header(request, b"accept"))
    tag = answers.etag(layer_id, version, base, links.query(request), form, view.scope, clock.today())
    if held := answers.not_modified(request, tag):
        return held
    answer = Answer(layer_id, binding, tag, base, form, names, fields.shown(layer_id, is_public=view.is_public), page.crs)
    async with lane(page.is_plain):
        found = await places.features(pool, principal, layer, moment, page)
    return await _collection(request, found, answer)


def _names(layer_id: str, properties: str | None, view: View) -> tuple[str, ...] | None:
    """Properties to show, None for all of them."""
    if properties is None:
        return None
    names = tuple(dict.fromkeys(part.strip() for part in properties.split(",") if part.strip()))
    unknown = [name for name in names if name not in fields.shown(layer_id, is_public=view.is_public)]
    if unknown:
        raise BadParameter(f"没有属性 “{unknown[0][:60]}”", pointer="query:properties", hint=f"见 /collections/{layer_id}/schema")
    return names


class Answer(NamedTuple):
    """How a page leaves."""

    layer_id: str
    binding: Callable[[], str]
    tag: str
    base: str
    form: Format | None
    names: tuple[str, ...] | None
    columns: Mapping[str, Column]
    crs: Crs = DEFAULT

    @property
    def shown(self) -> tuple[str, ...]:
        """Names of its properties."""
        return tuple(self.columns) if self.names is None else self.names


async def _collection(request: Request, found: features.Found, answer: Answer, **members: Any) -> Response:
    cursor = pages.encode(found.after, answer.binding()) if found.after is not None else None
    media = formats.MEDIA[answer.form]
    said = ogc.page_links(answer.base, answer.layer_id, links.query(request), cursor, form=answer.form)
    rows, counted = found.rows, {} if found.matched is None else {"numberMatched": found.matched}
    headers = {
        "Link": said.header,
        "Content-Crs": f"<{answer.crs.uri}>",
        "OGC-NumberReturned": str(found.number),
        **({} if found.matched is None else {"OGC-NumberMatched": str(found.matched)}),
    }
    if answer.names is not None and answer.form != "csv":
        rows = await asyncio.to_thread(formats.selected, rows, answer.names)
    if answer.crs.is_shifted:
        rows = await asyncio.to_thread(shifted.moved, rows, answer.crs)
    if answer.form == "csv":
        body = await asyncio.to_thread(formats.table, rows, (*answer.shown, *(("coordinates",) if answer.crs.is_shifted else ())))
    elif answer.form == "flatgeobuf":
        shown, is_point = [answer.columns[name] for name in answer.shown], answer.columns is fields.PARCEL_PUBLIC
        body = await asyncio.to_thread(formats.flatgeobuf, rows, shown, answer.crs, is_point=is_point)
    elif answer.form == "geojsonseq":
        body = formats.sequence(rows)
    else:
        body = answers.collection(rows, said.json, **counted, numberReturned=found.number, timeStamp=clock.stamp(), **members)
    return await answers.send(request, body, tag=answer.tag, media=media, headers=headers)


async def one_feature(
    request: Request, principal: Principal, layer_id: str, key: str, moment: Moment, crs_uri: str | None = None
) -> Response:
    """/collections/{layer}/items/{id}: the stored text with its links."""
    crs = parse_crs(crs_uri)
    layer, view, base = layer_for(principal, layer_id), view_of(principal), links.base(request)
    pool: asyncpg.Pool = request.app.state.map_pool
    await shifted.allow(pool, view.county_code, crs)
    version = await features.version(request, view.county_code, layer_id)
    tag = answers.etag(layer_id, key, version, base, links.query(request), view.scope, clock.today())
    if held := answers.not_modified(request, tag):
        return held
    body = shifted.moved([await _text(pool, principal, view, layer_id, key, moment, crs)], crs)[0]
    here = f"{base}/collections/{layer.id}"
    said = [
        links.link(f"{here}/items/{key}", "self", media=links.GEOJSON),
        links.page(f"{here}/items/{key}"),
        links.link(here, "collection"),
    ]
    return await answers.send(
        request, body[:-1] + b',"links":' + answers.encode(said) + b"}", tag=tag, headers={"Content-Crs": f"<{crs.uri}>"}
    )


async def _text(pool: asyncpg.Pool, principal: Principal, view: View, layer_id: str, key: str, moment: Moment, crs: Crs) -> bytes:
    if layer_id != "parcels":
        return await places.feature(pool, principal, layer_for(principal, layer_id), moment, key, crs)
    return await (features.parcel(pool, view, key, crs) if moment.is_now else history.parcel(pool, view, moment, key, crs))


async def words(request: Request, principal: Principal) -> Response:
    """/api/meta with an ETag of its own content."""
    body = answers.encode(await meta.meta(request.app.state.map_pool, principal))
    tag = answers.etag(body.decode())
    return answers.not_modified(request, tag) or await answers.send(request, body, tag=tag, media=links.JSON)


async def described(request: Request, principal: Principal, layer_id: str, kind: schema.Kind) -> Response:
    """/collections/{layer}/queryables, /sortables, /schema for this caller."""
    layer, view = layer_for(principal, layer_id), view_of(principal)
    body = answers.encode(schema.document(links.base(request), layer, kind, is_public=view.is_public))
    tag = answers.etag(body.decode())
    return answers.not_modified(request, tag) or await answers.send(request, body, tag=tag, media=schema.MEDIA)
