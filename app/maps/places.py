"""The small layers (控制线, 镇街, 区块, 整治项目, 腾出图斑): thousands of rows, so texts are written on reading."""

from functools import lru_cache
from typing import Any

import asyncpg

from app.core.errors import NotFound
from app.core.principal import Principal, Role
from app.maps import queries
from app.maps.features import Found
from app.maps.layers import Layer
from app.maps.moments import Moment
from app.maps.queries import Page


@lru_cache
def _statement(layer_id: str) -> str:
    return queries.sql("layer_page").replace("{layer}", queries.sql(f"layer_{layer_id}"))


def _values(principal: Principal, moment: Moment, page: Page, feature_id: int | None) -> list[Any]:
    sides = [[getattr(e, side) for e in page.envelopes] or None for side in ("west", "south", "east", "north")]
    own = (principal.responsible_body or "") if principal.role is Role.officer else None
    return [principal.county_code, moment.start, moment.end, page.after, page.limit + 1, *sides, own, feature_id]


async def features(pool: asyncpg.Pool, principal: Principal, layer: Layer, moment: Moment, page: Page) -> Found:
    """One page of a small layer; an officer sees cases and freed land of his own body only."""
    rows = await pool.fetch(_statement(layer.id), *_values(principal, moment, page, None))
    after = rows[page.limit - 1]["id"] if len(rows) > page.limit else None
    return Found([row["feature"] for row in rows[: page.limit]], after, len(rows) if page.after == 0 and after is None else None)


async def feature(pool: asyncpg.Pool, principal: Principal, layer: Layer, moment: Moment, key: str) -> bytes:
    """One feature by its integer id."""
    if not (key.isascii() and key.isdigit() and len(key) <= 16):
        raise NotFound(f"没有 {key}")
    row = await pool.fetchrow(_statement(layer.id), *_values(principal, moment, Page((), {}, 1), int(key)))
    if row is None:
        raise NotFound(f"没有 {key}")
    return bytes(row["feature"])
