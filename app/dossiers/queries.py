"""Reads of the dossiers room: one statement a section, the county first."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@lru_cache
def _sql(name: str) -> str:
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text()


async def rows(conn: AsyncConnection, name: str, county_code: str, **values: Any) -> list[dict[str, Any]]:
    """All rows of a section."""
    found = await conn.execute(text(_sql(name)), {"county": county_code, **values})
    return [dict(row) for row in found.mappings()]


async def first(conn: AsyncConnection, name: str, county_code: str, **values: Any) -> dict[str, Any] | None:
    """The first row of a section."""
    found = await rows(conn, name, county_code, **values)
    return found[0] if found else None
