"""Reading SQL of 范围分析; the county comes first."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.maps.queries import extent

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@lru_cache
def _sql(name: str) -> TextClause:
    return text((Path(__file__).parent / "sql" / f"{name}.sql").read_text("utf-8"))


@lru_cache
def _county() -> TextClause:
    return text(_sql("county").text.replace("{extent}", extent("CAST(:county AS text)")))


async def limit_time(conn: AsyncConnection, milliseconds: int) -> None:
    """No statement of this transaction runs longer."""
    await conn.execute(text("SELECT set_config('statement_timeout', :ms, true)"), {"ms": str(milliseconds)})


async def county(conn: AsyncConnection, county_code: str) -> Row[Any] | None:
    """The county with its plane and extent."""
    return (await conn.execute(_county(), {"county": county_code})).one_or_none()


async def near(conn: AsyncConnection, county_code: str, boxes: Sequence[Box], *, most: int) -> list[int]:
    """Ids of parcels whose box meets one of the boxes, at most `most`."""
    west, south, east, north = ([box[side] for box in boxes] for side in range(4))
    values = {"county": county_code, "west": west, "south": south, "east": east, "north": north, "most": most}
    return [row.id for row in await conn.execute(_sql("near"), values)]


async def parcels(conn: AsyncConnection, county_code: str, ids: Sequence[int]) -> Sequence[Row[Any]]:
    """These parcels with their shapes, by id."""
    return (await conn.execute(_sql("parcels"), {"county": county_code, "ids": list(ids)})).all()


async def enterprises(conn: AsyncConnection, county_code: str, ids: Sequence[int], day: date) -> Sequence[Row[Any]]:
    """Occupancies of these parcels on the day."""
    return (await conn.execute(_sql("enterprises"), {"county": county_code, "ids": list(ids), "day": day})).all()


async def planning(conn: AsyncConnection, county_code: str, box: Box) -> Sequence[Row[Any]]:
    """Layer versions with the zones near the range."""
    west, south, east, north = box
    values = {"county": county_code, "west": west, "south": south, "east": east, "north": north}
    return (await conn.execute(_sql("planning"), values)).all()
