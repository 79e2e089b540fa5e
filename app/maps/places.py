"""The small layers (控制线, 镇街, 区块, 整治项目, 腾出图斑): thousands of rows, so texts are written on reading."""

from typing import Any

import asyncpg

from app.core.errors import NotFound
from app.core.principal import Principal, Role
from app.maps import fields, queries, sorting
from app.maps.crs import DEFAULT, Crs
from app.maps.features import Found
from app.maps.layers import Layer
from app.maps.moments import Moment
from app.maps.queries import Page


def statement(layer_id: str, page: Page, bound: list[Any]) -> str:
    """The layer's page; its properties become typed columns (t) only where a filter or an order reads them."""
    columns = condition = ""
    if page.conditions or page.sort:
        # ids are integers to a reader and bigint to the database
        typed = ", ".join(f"{c.name} {'bigint' if c.type == 'integer' else c.type}" for c in fields.LAYERS[layer_id].values())
        columns = (
            f" CROSS JOIN LATERAL (SELECT s.id, r.* FROM json_to_record(s.properties) AS r ({typed})) t"
            " CROSS JOIN LATERAL (SELECT s.geom) g"
        )
        terms = [f"({c.after(bound)})" for c in page.conditions]
        terms += [sorting.beyond(page.sort, page.key, bound)] if page.key else []
        condition = " AND ".join(terms)
    parts = {
        "{layer}": queries.sql(f"layer_{layer_id}"),
        "{columns}": columns,
        "{condition}": condition or "true",
        "{key}": sorting.chosen(page.sort) if page.sort else "NULL::text[]",
        "{order}": sorting.order(page.sort) if page.sort else "s.id",
    }
    statement = queries.sql("layer_page")
    for part, text in parts.items():
        statement = statement.replace(part, text)
    return page.crs.drawn(statement)


def values(principal: Principal, moment: Moment, page: Page, feature_id: int | None) -> list[Any]:
    sides = [[getattr(e, side) for e in page.envelopes] or None for side in ("west", "south", "east", "north")]
    own = (principal.responsible_body or "") if principal.role is Role.officer else None
    return [principal.county_code, moment.start, moment.end, page.after, page.limit + 1, *sides, own, feature_id, page.shape]


async def features(pool: asyncpg.Pool, principal: Principal, layer: Layer, moment: Moment, page: Page) -> Found:
    """One page of a small layer; an officer sees cases and freed land of his own body only."""
    bound = values(principal, moment, page, None)
    rows = await pool.fetch(statement(layer.id, page, bound), *bound)
    more = len(rows) > page.limit
    last = rows[page.limit - 1] if more else None
    after = None if last is None else [last["key"] if page.sort else last["id"], last["id"] if page.sort else None]
    is_whole = not page.after and page.key is None and not more
    return Found([row["feature"] for row in rows[: page.limit]], after, len(rows) if is_whole else None)


async def feature(pool: asyncpg.Pool, principal: Principal, layer: Layer, moment: Moment, key: str, crs: Crs = DEFAULT) -> bytes:
    """One feature by its integer id."""
    if not (key.isascii() and key.isdigit() and len(key) <= 16):
        raise NotFound(f"没有 {key}")
    bound = values(principal, moment, Page((), {}, 1), int(key))
    row = await pool.fetchrow(statement(layer.id, Page((), {}, 1, crs=crs), bound), *bound)
    if row is None:
        raise NotFound(f"没有 {key}")
    return bytes(row["feature"])
