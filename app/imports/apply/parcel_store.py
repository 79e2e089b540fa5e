"""SQL of parcel versions: read the register, close and open versions on both time axes."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import db
from app.imports import bulk
from app.imports.apply.parcel_diff import Known
from app.imports.apply.parcel_rows import COLUMNS
from app.parcels.models import ParcelAlias

TABLES = ("parcel_version", "parcel_alias")
"""What a delivery of parcels fills, beside the parcels' identities."""
COPIED = (*COLUMNS, "area_planar_m2", "area_geodesic_m2", "geom", "import_id", "source_row")


async def register(conn: AsyncConnection, county: str, keys: Sequence[str], towns: Sequence[str]) -> dict[str, Known]:
    """Parcels that the delivery names, and the current ones of the towns it covers."""
    sql = (
        "SELECT p.id, p.source_key, v.version_id, v.valid_from, v.town_code AS town, ST_AsBinary(v.geom) AS geom,"
        f" {', '.join(f'v.{c}' for c in COLUMNS)}"
        " FROM parcel p LEFT JOIN parcel_version v ON v.county_code = p.county_code AND v.parcel_id = p.id AND v.is_current"
        " WHERE p.county_code = $1 AND (p.source_key = ANY($2::text[]) OR v.town_code = ANY($3::text[]))"
    )
    rows = await (await db.raw(conn)).fetch(sql, county, list(keys), list(towns))
    return {
        row["source_key"]: Known(
            row["id"], row["source_key"], row["version_id"], row["valid_from"], tuple(row[c] for c in COLUMNS), row["town"], row["geom"]
        )
        for row in rows
    }


async def end_versions(conn: AsyncConnection, county: str, ended: Sequence[Known], on: date, import_id: int) -> None:
    """End current versions on a day: the register's old word is closed, the same state until that day is recorded anew.

    A version that began on that very day is replaced by the correction, without a remainder.
    """
    ids = [known.version_id for known in ended]
    if not ids:
        return
    await conn.execute(
        text(
            "UPDATE parcel_version SET recorded = tstzrange(lower(recorded), now()), closed_import_id = :i"
            " WHERE county_code = :c AND version_id = ANY(:ids)"
        ),
        {"c": county, "ids": ids, "i": import_id},
    )
    copied = ", ".join(COPIED)
    await conn.execute(
        text(
            f"INSERT INTO parcel_version (county_code, parcel_id, opened_import_id, valid, {copied})"
            f" SELECT county_code, parcel_id, CAST(:i AS bigint), daterange(lower(valid), :d), {copied} FROM parcel_version"
            " WHERE county_code = :c AND version_id = ANY(:ids) AND lower(valid) < :d ORDER BY version_id"
        ),
        {"c": county, "ids": ids, "d": on, "i": import_id},
    )


async def refresh_aliases(conn: AsyncConnection, county: str, wanted: Sequence[tuple[int, str, str]], on: date, import_id: int) -> None:
    """Other numbers of these parcels: what no longer holds gets its end, what is new its beginning."""
    ids = sorted({parcel for parcel, _, _ in wanted})
    rows = await conn.execute(
        text("SELECT id, parcel_id, kind, value FROM parcel_alias WHERE county_code = :c AND parcel_id = ANY(:ids) AND valid_to IS NULL"
             " AND kind IN ('cadastral','unit','legacy')"),
        {"c": county, "ids": ids},
    )  # fmt: skip
    standing = {(r.parcel_id, r.kind, r.value): r.id for r in rows}
    still = set(wanted) if standing else set()
    ended = [number for key, number in standing.items() if key not in still]
    if ended:
        sql = "UPDATE parcel_alias SET valid_to = :d, ended_import_id = :i WHERE county_code = :c AND id = ANY(:ids)"
        await conn.execute(text(sql), {"d": on, "i": import_id, "c": county, "ids": ended})
    fresh = [key for key in dict.fromkeys(wanted) if key not in standing]
    if fresh:
        await bulk.insert(conn, ParcelAlias, alias_columns(county, fresh, on, import_id))


def alias_columns(county: str, wanted: Sequence[tuple[int, str, str]], on: date, import_id: int) -> dict[str, Sequence[Any]]:
    """Rows of other numbers (parcel, kind, value) that begin to hold."""
    parcels, kinds, values = zip(*wanted, strict=True) if wanted else ((), (), ())
    return {
        "county_code": [county] * len(wanted), "parcel_id": parcels, "kind": kinds, "value": values, "valid_from": [on] * len(wanted),
        "import_id": [import_id] * len(wanted),
    }  # fmt: skip
