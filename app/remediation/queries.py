"""All SQL of the remediation room; the county comes first."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import text

Rows = Sequence[Row[Any]]


@cache
def sql(name: str) -> str:
    """Text of sql/<name>.sql."""
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")


async def county(conn: AsyncConnection, code: str) -> int:
    """EPSG of the county's one plane."""
    return int((await conn.execute(text("SELECT meridian_epsg FROM county WHERE code = :c"), {"c": code})).scalar_one())


async def has_body(conn: AsyncConnection, county_code: str, body: str) -> bool:
    found = await conn.execute(text("SELECT 1 FROM responsible_body WHERE county_code = :c AND code = :b"), {"c": county_code, "b": body})
    return found.first() is not None


async def next_number(conn: AsyncConnection, county_code: str) -> int:
    """Next case number of the county; never goes back, the row stays locked until commit."""
    number = await conn.execute(
        text(
            "INSERT INTO code_counter (county_code, town_suffix, kind, last) VALUES (:c, '*', 'CS', 1)"
            " ON CONFLICT (county_code, town_suffix, kind) DO UPDATE SET last = code_counter.last + 1 RETURNING last"
        ),
        {"c": county_code},
    )
    return int(number.scalar_one())


async def find(conn: AsyncConnection, county_code: str, reference: str) -> Row[Any] | None:
    """A case by id or printed number."""
    by_id = int(reference) if reference.isascii() and reference.isdigit() and len(reference) < 19 else None
    return (
        await conn.execute(
            text(
                "SELECT c.*, b.name AS responsible_body_name FROM remediation_case c"
                " LEFT JOIN responsible_body b ON b.county_code = c.county_code AND b.code = c.responsible_body"
                " WHERE c.county_code = :c AND (c.id = CAST(:i AS bigint) OR c.code = :k)"
            ),
            {"c": county_code, "i": by_id, "k": reference},
        )
    ).one_or_none()


async def insert_case(conn: AsyncConnection, row: Mapping[str, Any]) -> None:
    names = ", ".join(row)
    await conn.execute(text(f"INSERT INTO remediation_case ({names}) VALUES ({', '.join(f':{n}' for n in row)})"), dict(row))


async def update_case(conn: AsyncConnection, county_code: str, case_id: int, version: int, changed: Mapping[str, Any]) -> bool:
    """Write the changed columns and the next version; False when the version is no longer the one seen."""
    sets = "".join(f", {name} = :{name}" for name in changed)
    done = await conn.execute(
        text(f"UPDATE remediation_case SET version = version + 1{sets} WHERE county_code = :c AND id = :i AND version = :v"),
        {**changed, "c": county_code, "i": case_id, "v": version},
    )
    return done.rowcount == 1


async def register_parcels(conn: AsyncConnection, county_code: str, land_codes: Sequence[str]) -> Rows:
    return (await conn.execute(text(sql("register_parcels")), {"county": county_code, "codes": list(land_codes)})).all()


async def open_cases_of(conn: AsyncConnection, county_code: str, parcel_ids: Sequence[int], closed: Iterable[str]) -> Rows:
    """(land_code, case code, body) of open cases that hold one of these parcels."""
    return (
        await conn.execute(
            text(
                "SELECT p.land_code, c.code, c.responsible_body FROM case_parcel cp JOIN remediation_case c ON c.id = cp.case_id"
                " JOIN parcel p ON p.id = cp.parcel_id WHERE cp.county_code = :c AND cp.parcel_id = ANY(:ids)"
                " AND c.state <> ALL(:closed) ORDER BY p.land_code"
            ),
            {"c": county_code, "ids": list(parcel_ids), "closed": list(closed)},
        )
    ).all()


async def add_parcel(
    conn: AsyncConnection, county_code: str, case_id: int, parcel_id: int, *, part: bytes | None, claimed_m2: Decimal | None
) -> None:
    await conn.execute(
        text(
            "INSERT INTO case_parcel (county_code, case_id, parcel_id, part, claimed_m2)"
            " VALUES (:c, :k, :p, ST_Multi(ST_GeomFromWKB(CAST(:g AS bytea), 4490)), :m)"
        ),
        {"c": county_code, "k": case_id, "p": parcel_id, "g": part, "m": claimed_m2},
    )


async def case_parcels(conn: AsyncConnection, county_code: str, case_id: int) -> Rows:
    return (await conn.execute(text(sql("case_parcels")), {"county": county_code, "case": case_id})).all()


async def set_area(conn: AsyncConnection, county_code: str, case_parcel_id: int, column: str, area_m2: Decimal) -> None:
    """Write the claimed or the accepted area of one case parcel."""
    if column not in ("claimed_m2", "accepted_m2"):
        raise ValueError(column)
    await conn.execute(
        text(f"UPDATE case_parcel SET {column} = :m WHERE county_code = :c AND id = :i"),
        {"m": area_m2, "c": county_code, "i": case_parcel_id},
    )


async def enterprise_ids(conn: AsyncConnection, county_code: str, usccs: Sequence[str]) -> dict[str, int]:
    found = await conn.execute(
        text("SELECT uscc, id FROM enterprise WHERE county_code = :c AND uscc = ANY(:u)"), {"c": county_code, "u": list(usccs)}
    )
    return {row.uscc: row.id for row in found}


async def add_enterprise(conn: AsyncConnection, county_code: str, case_id: int, enterprise_id: int) -> None:
    await conn.execute(
        text("INSERT INTO case_enterprise (county_code, case_id, enterprise_id) VALUES (:c, :k, :e)"),
        {"c": county_code, "k": case_id, "e": enterprise_id},
    )


async def enterprises(conn: AsyncConnection, county_code: str, case_id: int) -> Rows:
    return (
        await conn.execute(
            text(
                "SELECT e.uscc, e.name FROM case_enterprise ce JOIN enterprise e ON e.id = ce.enterprise_id"
                " WHERE ce.county_code = :c AND ce.case_id = :k ORDER BY e.uscc"
            ),
            {"c": county_code, "k": case_id},
        )
    ).all()


async def add_event(conn: AsyncConnection, row: Mapping[str, Any]) -> int:
    """Append to the 办理记录; returns its number."""
    made = await conn.execute(
        text(
            "INSERT INTO case_event (county_code, case_id, step, from_state, to_state, actor_id, actor_name, actor_role,"
            " department_code, reason, document, detail, happened_on) VALUES (:county_code, :case_id, :step, :from_state, :to_state,"
            " :actor_id, :actor_name, :actor_role, :department_code, :reason, :document, CAST(:detail AS jsonb), :happened_on) RETURNING id"
        ),
        {**row, "detail": json.dumps(row["detail"], ensure_ascii=False, default=str)},
    )
    return int(made.scalar_one())


async def events(conn: AsyncConnection, county_code: str, case_id: int) -> Rows:
    chosen = "SELECT * FROM case_event WHERE county_code = :c AND case_id = :k ORDER BY id"
    return (await conn.execute(text(chosen), {"c": county_code, "k": case_id})).all()


async def takers(conn: AsyncConnection, county_code: str, case_id: int) -> dict[str, frozenset[int]]:
    """Who took which step on this case."""
    found = await conn.execute(
        text("SELECT step, array_agg(DISTINCT actor_id) AS who FROM case_event WHERE county_code = :c AND case_id = :k GROUP BY step"),
        {"c": county_code, "k": case_id},
    )
    return {row.step: frozenset(row.who) for row in found}


async def evidence(conn: AsyncConnection, county_code: str, case_id: int) -> Rows:
    chosen = "SELECT * FROM evidence WHERE county_code = :c AND case_id = :k ORDER BY id"
    return (await conn.execute(text(chosen), {"c": county_code, "k": case_id})).all()


async def add_evidence(conn: AsyncConnection, row: Mapping[str, Any]) -> int:
    """Name a stored file in a case; the same file again is the same evidence."""
    made = await conn.execute(
        text(
            "INSERT INTO evidence (county_code, case_id, sha256, filename, media_type, size_bytes, kind, lon, lat, coord_source,"
            " uploaded_by) VALUES (:county_code, :case_id, :sha256, :filename, :media_type, :size_bytes, :kind, :lon, :lat,"
            " :coord_source, :uploaded_by)"
            " ON CONFLICT (county_code, case_id, sha256) DO UPDATE SET sha256 = excluded.sha256 RETURNING id"
        ),
        dict(row),
    )
    return int(made.scalar_one())


async def known_hashes(conn: AsyncConnection, hashes: Sequence[str]) -> set[str]:
    """Those of these hashes that some case names (all counties: files are shared by content)."""
    found = await conn.execute(text("SELECT DISTINCT sha256 FROM evidence WHERE sha256 = ANY(:h)"), {"h": list(hashes)})
    return {row.sha256 for row in found}


async def list_cases(conn: AsyncConnection, county_code: str, asked: Mapping[str, Any]) -> Rows:
    """`asked`: body, state, land_code, after, limit."""
    return (await conn.execute(text(sql("list_cases")), {"county": county_code, **asked})).all()


async def summary(conn: AsyncConnection, county_code: str, *, body: str | None, as_of: date) -> Rows:
    return (await conn.execute(text(sql("summary")), {"county": county_code, "body": body, "as_of": as_of})).all()
