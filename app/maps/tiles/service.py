"""Use-cases of tiles. A tile: what is asked → 304 from the version alone → the kept tile → a new one."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import asyncpg
from fastapi import Request, Response

from app.core import clock, db
from app.core.errors import NotFound
from app.core.lean import header
from app.core.principal import Principal
from app.maps import answers, encodings, features, links, meta, ogc
from app.maps.layers import layer_for, visible
from app.maps.queries import View, view_of
from app.maps.tiles import documents, queries
from app.maps.tiles import styles as styling
from app.maps.tiles.cache import Cache, Entry, Key, cache_of_this_worker, pack
from app.maps.tiles.grids import Grid, grid_of
from app.maps.tiles.themes import Theme, offered, theme_of

NEAR = 0.001
"""Degrees by which the point of the public form may lie beside its parcel."""


@dataclass(frozen=True)
class Asked:
    """One tile of one layer, checked."""

    layer_id: str
    grid: Grid
    z: int
    row: int
    col: int
    theme: Theme | None

    @property
    def is_overview(self) -> bool:
        """Cells, not parcels."""
        return self.layer_id == "parcels" and self.z < queries.READABLE


@lru_cache(maxsize=4096)
def checked(layer_id: str, tms: str, z: int, row: int, col: int, theme: str | None, *, is_public: bool) -> Asked:
    """The tile of a path. NotFound, BadParameter name what does not exist."""
    grid = grid_of(tms)
    grid.check(z, row, col)
    return Asked(layer_id, grid, z, row, col, theme_of(theme, layer_id, is_public=is_public))


def cache_of(request: Request) -> Cache:
    """This worker's tiles."""
    state = request.app.state
    found: Cache | None = getattr(state, "tiles", None)
    if found is None:
        found = state.tiles = cache_of_this_worker()
    return found


async def one(request: Request, principal: Principal, path: tuple[str, str, int, int, int, str | None]) -> Response:
    """The tile of a path, for this caller."""
    asked = checked(layer_for(principal, path[0]).id, *path[1:], is_public=principal.is_public_only)
    return await tile(request, principal, await features.version(request, principal.county_code, asked.layer_id), asked)


async def tile(request: Request, principal: Principal, version: int, asked: Asked) -> Response:
    """The tile at a version of its layer that was read before; 204 when nothing lies in it.

    Errors: NotFound when it is empty and outside the extent that the tile set declares.
    """
    view = view_of(principal)
    key = _key(view, asked)
    digest = _digest(key, clock.today().toordinal())
    cache, pool = cache_of(request), request.app.state.map_pool
    held = header(request, b"if-none-match")
    if held and await _stands(cache, pool, view, asked, (held, version, digest)):
        return answers.private(Response(status_code=304), _tag(version, digest))
    is_packed = encodings.accepts_gzip(header(request, b"accept-encoding"))
    entry = cache.get(key)
    if entry is not None and entry.digest == digest and entry.version < version:
        entry.version = await _spared(cache, pool, view, asked, entry.version, version) or entry.version
    if entry is None or entry.digest != digest or entry.version < version:
        new = Entry(version, digest, None)
        entry = await cache.made(key, version, lambda: _made(cache, pool, view, asked, new, is_packed=is_packed))
    tag = _tag(entry.version, digest)
    if entry.is_empty:
        if entry.is_outside:
            raise NotFound(f"瓦片 {asked.z}/{asked.row}/{asked.col} 在图层范围之外", hint="范围见瓦片集的 tileMatrixSetLimits")
        return answers.private(Response(status_code=204), tag)
    is_packed = is_packed and not entry.is_brief
    answer = answers.private(Response(cache.form(key, entry, is_packed=is_packed), media_type=documents.MVT), tag)
    if is_packed:
        answer.raw_headers.append((b"content-encoding", b"gzip"))
    return answer


def _tag(version: int, digest: str) -> str:
    return f'W/"{version}.{digest}"'


async def _stands(cache: Cache, pool: asyncpg.Pool, view: View, asked: Asked, given: tuple[str, int, str]) -> bool:
    """Whether If-None-Match names this tile as of this version, or of an earlier one since which nothing near it changed."""
    held, version, digest = given
    if held.strip() == "*" or f'"{version}.{digest}"' in held:
        return True
    earlier = held.partition(f'.{digest}"')[0].rpartition('"')[2] if digest in held else ""
    if not (earlier.isascii() and earlier.isdigit() and len(earlier) < 19 and int(earlier) < version):
        return False
    return await _spared(cache, pool, view, asked, int(earlier), version) is not None


async def _spared(cache: Cache, pool: asyncpg.Pool, view: View, asked: Asked, since: int, version: int) -> int | None:
    """The version up to which the tile of an earlier one is still true, None when it must be made anew."""
    west, south, east, north = asked.grid.degrees(asked.z, asked.row, asked.col)
    near = (west - NEAR, south - NEAR, east + NEAR, north + NEAR)
    return await cache.changes.spared(pool, (view.county_code, asked.layer_id), since, version, near)


def _key(view: View, asked: Asked) -> Key:
    theme = asked.theme
    told = None if theme is None or (view.is_public and not asked.is_overview) else theme.id
    if told and not asked.is_overview and theme and not theme.is_joined:
        told = ""  # such tiles carry display_class and grade alike
    return (*view.scope, asked.layer_id, asked.grid.id, asked.z, asked.row, asked.col, told)


@lru_cache(maxsize=16_384)
def _digest(key: Key, day: int) -> str:
    """What makes two tiles of one version equal: the code that makes them, the day, the caller's scope, the tile."""
    return hashlib.sha256(repr((answers.build(), day, key)).encode()).hexdigest()[:20]


async def _made(cache: Cache, pool: asyncpg.Pool, view: View, asked: Asked, entry: Entry, *, is_packed: bool) -> Entry:
    known = await _values(cache, view, asked, entry.version)
    statement, values = _statement(view, asked, known)
    if asked.is_overview:
        row = await db.steady(db.MAP).fetchrow(statement, *values)
        body = row and row[0]
    else:
        async with pool.acquire(timeout=features.WAIT) as conn:
            body = await conn.fetchval(statement, *values)
    entry.body = bytes(body or b"")
    if not entry.body:
        entry.is_outside = await _is_outside(cache, pool, view, asked, entry.version)
    elif is_packed and not entry.is_brief:
        entry.packed, entry.body = pack(entry.body), None
    return entry


def _statement(view: View, asked: Asked, known: tuple[str, ...]) -> tuple[str, list[Any]]:
    place = (view, asked.grid, asked.z, asked.row, asked.col)
    if asked.theme is None:
        return queries.places(asked.layer_id, *place, clock.today())
    return queries.cells(*place, asked.theme, known) if asked.is_overview else queries.parcels(*place, asked.theme)


async def _values(cache: Cache, view: View, asked: Asked, version: int) -> tuple[str, ...]:
    """Values of the theme of an overview, looked up once a version."""
    if asked.theme is None or not asked.is_overview:
        return ()
    scope = (*view.scope, asked.theme.id)
    held = cache.values.get(scope)
    if held is None or held[0] != version:
        statement, bound = queries.values(view, asked.grid, asked.theme)
        held = cache.values[scope] = (version, tuple(row["value"] for row in await db.steady(db.MAP).fetch(statement, *bound)))
    return held[1]


async def _is_outside(cache: Cache, pool: asyncpg.Pool, view: View, asked: Asked, version: int) -> bool:
    """Whether an empty tile lies outside the limits that the tile set declares; the extent is looked up once a version."""
    layer = (view.county_code, asked.layer_id)
    known = cache.extents.get(layer)
    if known is None or known[0] != version:
        known = cache.extents[layer] = (version, await ogc.extent(pool, view.county_code))
    bbox = known[1]
    if bbox is None:
        return False
    (top, left), (bottom, right) = asked.grid.at(asked.z, bbox[0], bbox[3]), asked.grid.at(asked.z, bbox[2], bbox[1])
    return not (top <= asked.row <= bottom and left <= asked.col <= right)


def matrix_set(request: Request, tms: str) -> dict[str, Any]:
    """One tile matrix set in full."""
    return grid_of(tms).definition(f"{links.base(request)}/tileMatrixSets/{tms}")


def tilesets(request: Request, principal: Principal, layer_id: str) -> dict[str, Any]:
    """The tile sets of a collection."""
    return documents.tilesets(links.base(request), layer_for(principal, layer_id))


async def tileset(request: Request, principal: Principal, layer_id: str, tms: str) -> dict[str, Any]:
    """One tile set of a collection."""
    layer, grid = layer_for(principal, layer_id), grid_of(tms)
    bbox = await ogc.extent(request.app.state.map_pool, principal.county_code)
    return documents.tileset(links.base(request), layer, grid, bbox, is_public=principal.is_public_only)


async def tilejson(request: Request, principal: Principal, layer_id: str, tms: str, theme: str | None) -> dict[str, Any]:
    """TileJSON of a tile set."""
    layer, grid, is_public = layer_for(principal, layer_id), grid_of(tms), principal.is_public_only
    wanted = theme_of(theme, layer_id, is_public=is_public) if theme else None
    bbox = await ogc.extent(request.app.state.map_pool, principal.county_code)
    query = documents.query(wanted, request.query_params.get("tk"))
    return documents.tilejson(links.base(request), layer, grid, bbox, query, is_public=is_public)


def styles(request: Request, principal: Principal, layer_id: str) -> dict[str, Any]:
    """Styles of a collection: one a theme, else the one named default."""
    layer = layer_for(principal, layer_id)
    themes = [(theme.id, theme.title) for theme in offered(is_public=principal.is_public_only)]
    return documents.styles(links.base(request), layer, themes if layer_id == "parcels" else [("default", layer.title)])


async def style(request: Request, principal: Principal, layer_id: str, style_id: str) -> dict[str, Any]:
    """A MapLibre style that draws the collection alone. NotFound for a style it does not have."""
    layer, pool = layer_for(principal, layer_id), request.app.state.map_pool
    themes = {theme.id: theme for theme in offered(is_public=principal.is_public_only)} if layer_id == "parcels" else {}
    if style_id not in (themes or ("default",)):
        raise NotFound(f"图层 {layer_id} 没有样式 {style_id}", hint="可用: " + "、".join(themes or ("default",)))
    theme, bbox = themes.get(style_id), await ogc.extent(pool, principal.county_code)
    source = _source(request, layer_id, theme, bbox)
    if theme is None:
        return styling.places(layer, source)
    return styling.parcels(layer, theme, await meta.meta(pool, principal), source)


def _source(request: Request, layer_id: str, theme: Theme | None, bbox: list[float] | None) -> styling.Source:
    """Where a style finds the tiles of a collection; with the ?tk= the style itself was asked with."""
    query = documents.query(theme, request.query_params.get("tk"))
    tiles = f"{links.base(request)}/collections/{layer_id}/tiles/{styling.MERCATOR.id}/{{z}}/{{y}}/{{x}}{query}"
    return styling.Source(tiles, bbox, documents.FINEST)


def combined_styles(request: Request, principal: Principal) -> dict[str, Any]:
    """Styles that draw all collections of the caller: one a theme of the parcels."""
    return documents.combined(links.base(request), [(theme.id, theme.title) for theme in offered(is_public=principal.is_public_only)])


async def combined_style(request: Request, principal: Principal, style_id: str) -> dict[str, Any]:
    """A MapLibre style of all collections that the caller sees. NotFound for a theme that he does not have."""
    themes = {theme.id: theme for theme in offered(is_public=principal.is_public_only)}
    if style_id not in themes:
        raise NotFound(f"没有样式 {style_id}", hint="可用: " + "、".join(themes))
    theme, pool, layers = themes[style_id], request.app.state.map_pool, visible(principal)
    bbox = await ogc.extent(pool, principal.county_code)
    sources = {layer.id: _source(request, layer.id, theme if layer.id == "parcels" else None, bbox) for layer in layers}
    return styling.together(layers, theme, await meta.meta(pool, principal), sources)
