"""The writing side: what a publication, a case or a posting changed, noted in its transaction; `layers.bump` gives it its version."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.events import CaseChanged, GroundPosted, ParcelsChanged

NAMED = 5_000
"""A publication of more parcels is noted as a change of the whole layer."""

_FACTS = text("INSERT INTO map_change (county_code, layer, form, ids, boxes) VALUES (:county, 'parcels', 'facts', '{}', '{}')")


@lru_cache
def _sql(name: str) -> TextClause:
    return text((Path(__file__).parent / "sql" / f"{name}.sql").read_text("utf-8"))


def parcels(rows: Mapping[str, str], typed: str) -> str:
    """Parts of a publication's statement that note what is different of the given parcels: ids, places and bodies of each form; or nothing.

    `rows`: map table → the name its new rows have in the statement; `typed`: one of them as a row of map_filter.
    """
    seen = (Path(__file__).parent / "sql" / "parcels_seen.sql").read_text("utf-8")
    names = {"{parcel}": "map_parcel", "{filter}": "map_filter", "{public}": "map_parcel_public"}
    before, after = seen.replace("{row}", "f"), seen.replace("{row}", typed)
    for place, table in names.items():
        before, after = before.replace(place, table), after.replace(place, rows[table])
    note = (Path(__file__).parent / "sql" / "parcels_note.sql").read_text("utf-8")
    return note.replace("{before}", before).replace("{after}", after)


async def facts(conn: AsyncConnection, county_code: str) -> None:
    """Note a publication of the county as such: the day of its facts moves on, also where no parcel is different."""
    await conn.execute(_FACTS, {"county": county_code})


async def on_case_changed(conn: AsyncConnection, event: CaseChanged) -> None:
    """The case itself, on its own layer."""
    await conn.execute(_sql("case_note"), {"county": event.county_code, "case_id": event.case_id})


async def on_parcels_changed(conn: AsyncConnection, event: ParcelsChanged) -> None:
    """Cases are drawn with the shapes of their parcels. Heard before the parcels are published: then map_shape tells where they stood.

    A county is told as a whole when its planning changed, which draws no parcel anew.
    """
    if event.parcel_ids is not None:
        await conn.execute(_sql("parcels_cases_note"), {"county": event.county_code, "ids": list(event.parcel_ids)})


async def on_ground_posted(conn: AsyncConnection, event: GroundPosted) -> None:
    """Postings that came, and those they reverse."""
    await conn.execute(_sql("ground_note"), {"county": event.county_code, "ids": list(event.posting_ids)})
