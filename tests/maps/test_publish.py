"""The map follows the register: changed parcels, new cases, retired parcels, in the same transaction."""

import json
import re

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import clock
from app.core.events import CaseChanged, ParcelsChanged
from app.maps import publish
from app.maps.queries import sql
from tests.maps.conftest import BASE, COUNTY
from tests.maps.test_cells import every_cell


async def shown(conn: AsyncConnection, parcel_id: int) -> dict | None:
    row = (await conn.execute(text("SELECT feature FROM map_parcel WHERE id = :i"), {"i": parcel_id})).first()
    return json.loads(row.feature)["properties"] if row else None


async def test_a_part_of_the_county_follows(county: None, conn: AsyncConnection) -> None:
    before = await shown(conn, BASE + 2)
    assert before["display_class"] != "orange"
    await conn.execute(text("INSERT INTO case_parcel (county_code, case_id, parcel_id) VALUES (:c, :k, :p)"),
                       {"c": COUNTY, "k": BASE + 1, "p": BASE + 2})  # fmt: skip
    await publish.on_case_changed(conn, CaseChanged(COUNTY, BASE + 1, [BASE + 2]))
    assert (await shown(conn, BASE + 2))["display_class"] == "orange"
    await conn.execute(text("UPDATE remediation_case SET state = 'reversed' WHERE id = :k"), {"k": BASE + 1})
    await publish.on_case_changed(conn, CaseChanged(COUNTY, BASE + 1, [BASE + 1, BASE + 2]))
    assert (await shown(conn, BASE + 2))["display_class"] == before["display_class"]
    await conn.execute(
        text("UPDATE parcel_version SET valid = daterange(lower(valid), '2025-09-01') WHERE parcel_id = :p"), {"p": BASE + 3}
    )
    await publish.on_parcels_changed(conn, ParcelsChanged(COUNTY, [BASE + 3]))
    assert await shown(conn, BASE + 3) is None
    counts = [
        (await conn.execute(text(f"SELECT count(*) FROM {t} WHERE county_code = :c"), {"c": COUNTY})).scalar() for t in publish.TABLES
    ]
    assert counts == [59] * len(publish.TABLES)


async def published(conn: AsyncConnection) -> dict[str, list]:
    """Every map row but the day it was written."""
    return {
        table: [
            r.j for r in await conn.execute(text(f"SELECT t::text AS j FROM {table} t WHERE county_code = :c ORDER BY id"), {"c": COUNTY})
        ]
        for table in publish.TABLES
    }


async def places_of(conn: AsyncConnection) -> dict[tuple[str, int], str]:
    """Where each row of each map table lies: a row written again lies elsewhere."""
    return {
        (table, r.id): r.at
        for table in publish.TABLES
        for r in await conn.execute(text(f"SELECT id, ctid::text AS at FROM {table} WHERE county_code = :c"), {"c": COUNTY})
    }


WRITES = {
    "a fact": "UPDATE parcel_fact SET far = 1.11 WHERE parcel_id = ANY(:ids)",
    "a column only filters read": "UPDATE parcel_fact SET far_data_on = '2025-03-04' WHERE parcel_id = ANY(:ids)",
    "a name": "UPDATE parcel_version SET name = name || '新' WHERE parcel_id = ANY(:ids)",
    "a shape by less than its text tells": "UPDATE parcel_version SET geom = ST_Translate(geom, 1e-9, 0) WHERE parcel_id = ANY(:ids)",
    "an end": "UPDATE parcel_version SET valid = daterange(lower(valid), '2025-09-01') WHERE parcel_id = ANY(:ids)",
}
TABLES = {
    "a fact": {"map_filter", "map_parcel"},
    "a column only filters read": {"map_filter"},
    "a name": {"map_parcel"},
    "a shape by less than its text tells": {"map_parcel", "map_shape"},
    "an end": set(publish.TABLES),
}
"""Tables whose rows are different then; the others are left alone."""


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize("count", [0, 2, 40])
async def test_the_whole_county_is_published_by_difference(county: None, conn: AsyncConnection, what: str, count: int) -> None:
    """Few different parcels are written alone, many all at once; what stands is in both cases what a first publication makes."""
    before = await places_of(conn)
    ids = [BASE + n for n in range(11, 11 + count)]
    await conn.execute(text(WRITES[what]), {"ids": ids})
    await publish.publish(conn, COUNTY)
    kept, after, counted = await published(conn), await places_of(conn), await every_cell(conn)
    written = {row for row in before if after.get(row) != before[row]}
    assert {i for _, i in written} == (set(ids) if count <= 60 * publish.FEW else {i for _, i in before})
    if count <= 60 * publish.FEW:
        assert {table for table, _ in written} == (TABLES[what] if count else set())
    for table in publish.TABLES:
        await conn.execute(text(f"DELETE FROM {table} WHERE county_code = :c"), {"c": COUNTY})
    await publish.publish(conn, COUNTY)
    assert kept == await published(conn)
    assert counted == await every_cell(conn)


async def test_a_new_county_that_comes_parcel_by_parcel(county: None, conn: AsyncConnection) -> None:
    """New parcels in an extent of their own, then a publication of all: nothing is different any more."""
    await conn.execute(
        text("UPDATE parcel_version SET valid = daterange(lower(valid), '2025-09-01') WHERE parcel_id = :p"), {"p": BASE + 9}
    )
    await publish.publish(conn, COUNTY)
    await conn.execute(text("UPDATE parcel_version SET valid = daterange(lower(valid), NULL) WHERE parcel_id = :p"), {"p": BASE + 9})
    await publish.publish(conn, COUNTY, [BASE + 9])
    stands = await places_of(conn)
    await publish.publish(conn, COUNTY)
    assert await places_of(conn) == stands


MADE = """
SELECT c.relname, c.relacl::text, c.reloptions, c.relpersistence,
       (SELECT array_agg(pg_get_indexdef(i.indexrelid) ORDER BY i.indexrelid::regclass::text) FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid) AS indexes,
       (SELECT array_agg(k.conname || ' ' || pg_get_constraintdef(k.oid) ORDER BY k.conname) FROM pg_constraint k WHERE k.conrelid = c.oid) AS held,
       (SELECT array_agg((a.attname, a.atttypid::regtype, a.attnotnull, a.attstorage, col_description(c.oid, a.attnum))::text ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns
FROM pg_class c
WHERE c.relname = ANY(:tables)
ORDER BY 1
"""


async def test_a_first_publication_leaves_tables_made_as_before(county: None, conn: AsyncConnection) -> None:
    """The copies that take the tables' place have their indexes, constraints, rights, storage and comments, and all rows."""
    whole = await published(conn)
    made = [tuple(r) for r in await conn.execute(text(MADE), {"tables": list(publish.ASIDE)})]
    stood = (await conn.execute(text("SELECT CAST('map_parcel' AS regclass)::oid"))).scalar_one()
    counted = await every_cell(conn)
    for table in publish.ASIDE:
        await conn.execute(text(f"DELETE FROM {table}"))
    await publish.publish(conn, COUNTY)
    assert (await conn.execute(text("SELECT CAST('map_parcel' AS regclass)::oid"))).scalar_one() != stood
    assert made == [tuple(r) for r in await conn.execute(text(MADE), {"tables": list(publish.ASIDE)})]
    assert whole == await published(conn)
    assert counted == await every_cell(conn)
    assert not (await conn.execute(text("SELECT relname FROM pg_class WHERE relnamespace = CAST('aside' AS regnamespace)"))).all()


async def test_a_second_session_is_asked_only_for_what_is_watched(county: None, conn: AsyncConnection) -> None:
    """A publication may be shared only while its transaction has written none of the tables it is made from: they must all be named."""
    register = {"parcel", "parcel_version"}
    parts = ("publish_filter", "publish_public")
    asked = [sql(part) for part in parts] + [
        f"WITH {sql('publish_parcels').replace('{filter}', 'map_filter')} SELECT * FROM shape_row, parcel_row"
    ]
    read: set[str] = set()
    for statement in asked:
        plan = (
            await conn.execute(text(f"EXPLAIN (FORMAT JSON) {statement}"), {"county": COUNTY, "ids": None, "today": clock.today()})
        ).scalar_one()
        read |= set(re.findall(r"'Relation Name': '(\w+)'", str(plan)))
    assert register < read
    assert read - register - set(publish.ASIDE) == set(publish.READS)
