"""All SQL of the territories room."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    """CSV dates are text; asyncpg wants dates."""
    return row | {k: date.fromisoformat(row[k]) for k in ("valid_from", "valid_to") if isinstance(row.get(k), str)}


async def upsert_county(conn: AsyncConnection, row: dict[str, Any]) -> None:
    sql = (
        "INSERT INTO county (code, name, prefecture_code, meridian_epsg, valid_from, valid_to, is_test)"
        " VALUES (:code, :name, :prefecture_code, :meridian_epsg, :valid_from, :valid_to, :is_test)"
        " ON CONFLICT (code) DO NOTHING"
    )
    await conn.execute(text(sql), _dated(row))


async def set_outline(conn: AsyncConnection, code: str, wkt: str) -> None:
    await conn.execute(
        text("UPDATE county SET geom = ST_Multi(ST_MakeValid(ST_GeomFromText(:w, 4490))) WHERE code = :c"), {"c": code, "w": wkt}
    )


async def has_town(conn: AsyncConnection, county_code: str, code: str) -> bool:
    sql = "SELECT EXISTS (SELECT FROM town WHERE county_code = :c AND code = :t)"
    return bool((await conn.execute(text(sql), {"c": county_code, "t": code})).scalar())


async def upsert_town(conn: AsyncConnection, row: dict[str, Any]) -> None:
    sql = (
        "INSERT INTO town (county_code, code, scheme, name, kind, valid_from, valid_to, is_synthetic)"
        " VALUES (:county_code, :code, :scheme, :name, :kind, :valid_from, :valid_to, false)"
        " ON CONFLICT (county_code, scheme, code, valid_from) DO NOTHING"
    )
    await conn.execute(text(sql), _dated(row))


async def upsert_body(conn: AsyncConnection, row: dict[str, Any]) -> None:
    sql = (
        "INSERT INTO responsible_body (county_code, code, name, kind, town_code, sort, valid_from, valid_to)"
        " VALUES (:county_code, :code, :name, :kind, :town_code, :sort, :valid_from, :valid_to) ON CONFLICT DO NOTHING"
    )
    await conn.execute(text(sql), _dated(row))


async def body_names(conn: AsyncConnection, county_code: str) -> dict[str, str]:
    """Name → code of the county's responsible bodies."""
    sql = "SELECT name, code FROM responsible_body WHERE county_code = :c"
    return {row.name: row.code for row in await conn.execute(text(sql), {"c": county_code})}


async def upsert_calibre(
    conn: AsyncConnection, county_code: str, code: str, name: str, *, without: Sequence[str], note: str | None
) -> None:
    """A calibre is every body of the county without the named ones."""
    sql = (
        "INSERT INTO calibre (county_code, code, name, bodies, note)"
        " SELECT CAST(:c AS varchar), :k, :n, array_agg(code ORDER BY code), :note"
        " FROM responsible_body WHERE county_code = CAST(:c AS varchar) AND code <> ALL(CAST(:without AS text[]))"
        " ON CONFLICT (county_code, code) DO UPDATE SET bodies = excluded.bodies"
    )
    await conn.execute(text(sql), {"c": county_code, "k": code, "n": name, "without": list(without), "note": note})
