"""All SQL of the ledger room; the county comes first."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
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


@dataclass(frozen=True)
class Book:
    """One ledger: within it the same ground counts once."""

    county: str
    measure: str
    campaign: str


@dataclass(frozen=True)
class Entry:
    """A row of ledger_posting to be written."""

    kind: str
    responsible_body: str
    posted_on: date
    counted_m2: Decimal
    ground_m2: Decimal
    by: str
    method: str | None = None
    case_id: int | None = None
    ground_id: int | None = None
    opening_key: str | None = None
    project_code: str | None = None
    project_name: str | None = None
    parcel_id: int | None = None
    geometry_status: str = "mapped"
    reverses_id: int | None = None
    firms: int | None = None
    reason: str | None = None
    document: str | None = None
    import_id: int | None = None
    geom: bytes | None = None


async def lock(conn: AsyncConnection, book: Book) -> None:
    """Hold the ledger of (county, measure, campaign) until commit; what stands is read only after this."""
    key = f"{book.county}|{book.measure}|{book.campaign}"
    await conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:k, 0))"), {"k": key})


async def meridian(conn: AsyncConnection, county: str) -> int:
    """EPSG of the county's one plane."""
    return int((await conn.execute(text("SELECT meridian_epsg FROM county WHERE code = :c"), {"c": county})).scalar_one())


async def case(conn: AsyncConnection, county: str, case_id: int) -> Row[Any]:
    found = await conn.execute(text("SELECT * FROM remediation_case WHERE county_code = :c AND id = :i"), {"c": county, "i": case_id})
    return found.one()


async def accepted_parcels(conn: AsyncConnection, county: str, case_id: int) -> Rows:
    return (await conn.execute(text(sql("accepted_parcels")), {"county": county, "case": case_id})).all()


async def standing(conn: AsyncConnection, book: Book, shapes: Sequence[bytes]) -> Rows:
    """Standing grounds whose box touches one of the shapes (WKB in the county's plane), in order."""
    values = {**asdict(book), "shapes": list(shapes)}
    return (await conn.execute(text(sql("standing_touching")), values)).all()


async def _numbers(conn: AsyncConnection, table: str, count: int) -> list[int]:
    """The next numbers of a table, in order."""
    chosen = "SELECT nextval(pg_get_serial_sequence(:t, 'id')) AS id FROM generate_series(1, :n)"
    found = await conn.execute(text(chosen), {"t": table, "n": count})
    return sorted(row.id for row in found)


async def add_grounds(conn: AsyncConnection, book: Book, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """New standing grounds; numbers grow in the order of acceptance because the ledger is locked."""
    ids = await _numbers(conn, "ledger_ground", len(rows))
    values = [{**asdict(book), "case_id": None, "opening_key": None, **row, "id": i} for i, row in zip(ids, rows, strict=True)]
    if values:
        await conn.execute(
            text(
                "INSERT INTO ledger_ground (id, county_code, measure_key, campaign, case_id, opening_key, parcel_id, responsible_body,"
                " accepted_on, accepted_m2, ground_m2, plane) OVERRIDING SYSTEM VALUE VALUES (:id, :county, :measure, :campaign, :case_id,"
                " :opening_key, :parcel_id, :responsible_body, :accepted_on, :accepted_m2, :ground_m2, ST_GeomFromWKB(:plane, 0))"
            ),
            values,
        )
    return ids


async def post(conn: AsyncConnection, book: Book, entries: Sequence[Entry]) -> list[int]:
    """Append postings; returns their numbers."""
    ids = await _numbers(conn, "ledger_posting", len(entries))
    values = [{**asdict(book), **asdict(entry), "id": i} for i, entry in zip(ids, entries, strict=True)]
    if values:
        await conn.execute(
            text(
                "INSERT INTO ledger_posting (id, county_code, measure_key, campaign, responsible_body, method, kind, posted_on, case_id,"
                " ground_id, opening_key, project_code, project_name, parcel_id, counted_m2, ground_m2, geometry_status, reverses_id,"
                " firms, reason, document, posted_by, import_id, geom) OVERRIDING SYSTEM VALUE VALUES (:id, :county, :measure, :campaign,"
                " :responsible_body, :method, :kind, :posted_on, :case_id, :ground_id, :opening_key, :project_code, :project_name,"
                " :parcel_id, :counted_m2, :ground_m2, :geometry_status, :reverses_id, :firms, :reason, :document, :by, :import_id,"
                " ST_Multi(ST_GeomFromWKB(CAST(:geom AS bytea), 4490)))"
            ),
            values,
        )
    return ids


async def books_of_case(conn: AsyncConnection, county: str, case_id: int) -> list[Book]:
    """Ledgers in which grounds of the case stand."""
    found = await conn.execute(
        text(
            "SELECT DISTINCT measure_key, campaign FROM ledger_ground WHERE county_code = :c AND case_id = :k AND is_standing"
            " ORDER BY measure_key, campaign"
        ),
        {"c": county, "k": case_id},
    )
    return [Book(county, row.measure_key, row.campaign) for row in found]


async def grounds_of_case(conn: AsyncConnection, book: Book, case_id: int) -> Rows:
    return (
        await conn.execute(
            text(
                "SELECT id, accepted_m2, ST_AsBinary(plane) AS plane FROM ledger_ground WHERE county_code = :county"
                " AND measure_key = :measure AND campaign = :campaign AND case_id = :case AND is_standing ORDER BY id"
            ),
            {**asdict(book), "case": case_id},
        )
    ).all()


async def fell(conn: AsyncConnection, county: str, ground_ids: Sequence[int]) -> None:
    """These grounds no longer stand."""
    await conn.execute(
        text("UPDATE ledger_ground SET is_standing = false WHERE county_code = :c AND id = ANY(:ids)"),
        {"c": county, "ids": list(ground_ids)},
    )


async def unreversed(conn: AsyncConnection, county: str, ground_ids: Sequence[int]) -> Rows:
    """Postings of these grounds that nothing has reversed yet."""
    return (
        await conn.execute(
            text(
                "SELECT p.*, ST_AsBinary(p.geom) AS shape FROM ledger_posting p WHERE p.county_code = :c AND p.ground_id = ANY(:ids)"
                " AND p.reverses_id IS NULL AND NOT EXISTS (SELECT FROM ledger_posting r WHERE r.reverses_id = p.id) ORDER BY p.id"
            ),
            {"c": county, "ids": list(ground_ids)},
        )
    ).all()


async def counted_on(conn: AsyncConnection, book: Book, parcel_id: int) -> Decimal:
    """What already counts on a parcel, 未上图 included."""
    found = await conn.execute(
        text(
            "SELECT coalesce(sum(counted_m2), 0) FROM ledger_posting WHERE county_code = :county AND measure_key = :measure"
            " AND campaign = :campaign AND parcel_id = :parcel"
        ),
        {**asdict(book), "parcel": parcel_id},
    )
    return Decimal(found.scalar_one())


async def parcel_ids(conn: AsyncConnection, county: str, source_keys: Sequence[str]) -> dict[str, int]:
    """Parcels by the delivering party's key."""
    found = await conn.execute(
        text("SELECT source_key, id FROM parcel WHERE county_code = :c AND source_key = ANY(:k)"), {"c": county, "k": list(source_keys)}
    )
    return {row.source_key: row.id for row in found}


_TAKEN_BACK = "EXISTS (SELECT FROM ledger_posting r WHERE r.reverses_id = p.id AND r.kind = 'reversal')"
"""Of a posting p: the import that brought it was undone."""


async def known_openings(conn: AsyncConnection, book: Book, keys: Sequence[str]) -> set[str]:
    """Those of these opening keys that stand in the ledger."""
    found = await conn.execute(
        text(
            "SELECT DISTINCT p.opening_key FROM ledger_posting p WHERE p.county_code = :county AND p.measure_key = :measure"
            f" AND p.campaign = :campaign AND p.opening_key = ANY(:keys) AND p.kind = 'opening' AND NOT {_TAKEN_BACK}"
        ),
        {**asdict(book), "keys": list(keys)},
    )
    return {row.opening_key for row in found}


async def opening(conn: AsyncConnection, county: str, key: str) -> Rows:
    """Every posting of one opening row that stands, oldest first."""
    chosen = (
        "SELECT p.* FROM ledger_posting p WHERE p.county_code = :c AND p.opening_key = :k AND p.kind <> 'reversal'"
        f" AND NOT {_TAKEN_BACK} ORDER BY p.id"
    )
    return (await conn.execute(text(chosen), {"c": county, "k": key})).all()


async def books_of_import(conn: AsyncConnection, county: str, import_id: int) -> list[Book]:
    """Ledgers in which an import posted openings."""
    sql = (
        "SELECT DISTINCT measure_key, campaign FROM ledger_posting WHERE county_code = :c AND import_id = :i AND kind = 'opening'"
        " ORDER BY measure_key, campaign"
    )
    return [Book(county, row.measure_key, row.campaign) for row in await conn.execute(text(sql), {"c": county, "i": import_id})]


async def openings_of_import(conn: AsyncConnection, book: Book, import_id: int) -> Rows:
    """Openings that an import posted and that stand, in order."""
    sql = (
        "SELECT p.* FROM ledger_posting p WHERE p.county_code = :county AND p.measure_key = :measure AND p.campaign = :campaign"
        f" AND p.import_id = :i AND p.kind = 'opening' AND NOT {_TAKEN_BACK} ORDER BY p.id"
    )
    return (await conn.execute(text(sql), {**asdict(book), "i": import_id})).all()


async def openings_stood_on(conn: AsyncConnection, county: str, import_id: int) -> Rows:
    """What was decided on an import's openings since: (kind, name)."""
    return (await conn.execute(text(sql("openings_stood_on")), {"county": county, "import": import_id})).all()


async def bodies(conn: AsyncConnection, county: str) -> Rows:
    """Responsible bodies in their order, 未归属 last."""
    return (
        await conn.execute(
            text(
                "SELECT code, name, kind FROM responsible_body WHERE county_code = :c"
                " ORDER BY kind = 'unassigned', kind = 'functional_area', sort, code"
            ),
            {"c": county},
        )
    ).all()


async def run(conn: AsyncConnection, name: str, book: Book, values: Mapping[str, Any]) -> Rows:
    """One of the totals of sql/ over a ledger."""
    return (await conn.execute(text(sql(name)), {**values, **asdict(book)})).all()


COLUMNS = (
    "l.id, l.kind, l.posted_on, l.campaign, l.responsible_body, b.name AS responsible_body_name, l.method, l.case_id, c.code AS case_code,"
    " c.name AS case_name, l.opening_key, l.project_code, l.project_name, p.land_code, l.counted_m2, l.ground_m2, l.geometry_status,"
    " l.reverses_id, l.firms, l.reason, l.document, l.posted_by, l.recorded_at"
)


async def postings(conn: AsyncConnection, asked: Mapping[str, Any], after: Sequence[Any] | None, limit: int) -> Rows:
    """A page, newest first, after (day, id)."""
    more = " AND (l.posted_on, l.id) < (CAST(:after_day AS date), CAST(:after_id AS bigint))" if after else ""
    values = {**asked, "limit": limit} | ({"after_day": date.fromisoformat(after[0]), "after_id": int(after[1])} if after else {})
    order = " ORDER BY l.posted_on DESC, l.id DESC LIMIT :limit"
    return (await conn.execute(text(f"SELECT {COLUMNS} {sql('postings')}{more}{order}"), values)).all()


async def postings_total(conn: AsyncConnection, asked: Mapping[str, Any]) -> Row[Any]:
    """n and Σ counted over all pages."""
    sums = "count(*) AS n, coalesce(sum(l.counted_m2), 0) AS counted_m2, coalesce(sum(l.ground_m2), 0) AS ground_m2"
    return (await conn.execute(text(f"SELECT {sums} {sql('postings')}"), dict(asked))).one()


async def observations(conn: AsyncConnection, county: str, as_of: date) -> Rows:
    """Published figures known on the day, newest first per target."""
    return (
        await conn.execute(
            text("SELECT * FROM target_observation WHERE county_code = :c AND observed_on <= :d ORDER BY target_id, observed_on DESC"),
            {"c": county, "d": as_of},
        )
    ).all()


async def observe(conn: AsyncConnection, county: str, row: Mapping[str, Any]) -> None:
    """A published figure; the same day's is corrected."""
    await conn.execute(
        text(
            "INSERT INTO target_observation (county_code, target_id, value, observed_on, source)"
            " VALUES (:c, :target_id, :value, :observed_on, :source) ON CONFLICT (county_code, target_id, observed_on)"
            " DO UPDATE SET value = excluded.value, source = excluded.source"
        ),
        {"c": county, **row},
    )
