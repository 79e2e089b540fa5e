"""First rows written aside: the tables are made as before, refer to what there is, and lose nobody's rows."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import aside, db

REGISTER = ("parcel_version", "parcel_alias")
MADE = """
SELECT c.relname, c.relkind::text, c.relacl::text, c.reloptions, c.relpersistence::text, c.relowner::regrole::text,
       (SELECT array_agg(pg_get_indexdef(i.indexrelid) ORDER BY i.indexrelid::regclass::text) FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid) AS indexes,
       (SELECT array_agg(k.conname || ' ' || pg_get_constraintdef(k.oid) ORDER BY k.conname) FROM pg_constraint k WHERE k.conrelid = c.oid AND k.convalidated) AS held,
       (SELECT array_agg((a.attname, a.atttypid::regtype, a.attnotnull, a.attstorage, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid),
                          col_description(c.oid, a.attnum))::text ORDER BY a.attnum)
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns
FROM pg_class c
WHERE c.relnamespace = CAST('public' AS regnamespace) AND (c.relname LIKE 'parcel\\_version%' OR c.relname LIKE 'parcel\\_alias%' OR c.relname LIKE 'map\\_cell%')
ORDER BY 1
"""
LEFT = "SELECT relname FROM pg_class WHERE relnamespace = CAST('aside' AS regnamespace)"
PARCEL = "INSERT INTO parcel (id, county_code, land_code, source_key) VALUES (888001000000001, '888001', '888001101P0000017', 'k')"
VERSION = (
    "INSERT INTO parcel_version (county_code, parcel_id, valid, geom, town_code, responsible_body, area_planar_m2, area_geodesic_m2)"
    " VALUES ('888001', 888001000000001, '[2025-01-01,)', ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))', 4490), '888001101', '888001101', 1, 1)"
    " RETURNING version_id"
)
ALIAS = "INSERT INTO parcel_alias (county_code, parcel_id, kind, value) VALUES ('888001', :p, 'legacy', 'a')"
CELL = (
    "INSERT INTO map_cell (county_code, grid, theme, z, row, col, responsible_body, value, n, mu4)"
    " VALUES (:c, 'WebMercatorQuad', 'grade', 0, 1, 1, '', '', 1, 1)"
)
WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = CAST('parcel' AS regclass)"
CELLS = "SELECT county_code FROM map_cell ORDER BY 1"
NEXT = PARCEL.replace("0000000001", "0000000002").replace("P0000017", "P0000025").replace("'k'", "'l'")


async def emptied(conn: AsyncConnection, *tables: str) -> None:
    for table in tables:
        await conn.execute(text(f"DELETE FROM {table}"))


async def hasten(conn: AsyncConnection) -> None:
    """Readers are waited for in this test's transaction only for a moment."""
    for statement in ("SET LOCAL ROLE yima_owner", "ALTER FUNCTION aside_end SET lock_timeout = '200ms'", "SET LOCAL ROLE yima_app"):
        await conn.execute(text(statement))


async def made(conn: AsyncConnection) -> list[tuple]:
    return [tuple(row) for row in await conn.execute(text(MADE))]


async def oid(conn: AsyncConnection, table: str) -> int:
    return int((await conn.execute(text("SELECT CAST(CAST(:t AS text) AS regclass)::oid"), {"t": table})).scalar_one())


async def test_the_register_is_made_as_before(conn: AsyncConnection) -> None:
    await emptied(conn, *REGISTER)
    await conn.execute(text(PARCEL))
    last = (await conn.execute(text(VERSION))).scalar_one()
    await emptied(conn, "parcel_version")
    before, stood = await made(conn), await oid(conn, "parcel_version")
    async with aside.first_rows(conn, *REGISTER):
        assert (await conn.execute(text(VERSION))).scalar_one() == last + 1, "numbers are not given again"
        await conn.execute(text(ALIAS), {"p": 888001000000001})
    assert await oid(conn, "parcel_version") != stood
    assert await made(conn) == before
    assert not (await conn.execute(text(LEFT))).all()
    assert (await conn.execute(text("SELECT version_id, is_current FROM parcel_version"))).all() == [(last + 1, True)]
    await emptied(conn, "parcel_version")
    assert (await conn.execute(text(VERSION))).scalar_one() == last + 2


async def test_what_refers_to_nothing_is_refused_whole(conn: AsyncConnection) -> None:
    await emptied(conn, *REGISTER)
    with pytest.raises(IntegrityError, match="fk_parcel_alias_parcel_id"):
        async with aside.first_rows(conn, *REGISTER):
            await conn.execute(text(ALIAS), {"p": 888001000000009})


async def test_a_table_that_holds_anything_is_written_as_ever(conn: AsyncConnection) -> None:
    await emptied(conn, *REGISTER)
    await conn.execute(text(PARCEL))
    await conn.execute(text(VERSION))
    stood = await oid(conn, "parcel_alias")
    async with aside.first_rows(conn, *REGISTER):
        await conn.execute(text(ALIAS), {"p": 888001000000001})
    assert await oid(conn, "parcel_alias") == stood


@pytest.mark.parametrize("is_read", [False, True], ids=["swapped", "a long reader holds it"])
async def test_rows_committed_meanwhile_stay(conn: AsyncConnection, is_read: bool) -> None:
    """Another county's, and where somebody reads the table for long the copies are inserted instead."""
    await emptied(conn, "map_cell")
    before, stood = await made(conn), await oid(conn, "map_cell")
    async with db.engine().connect() as other:
        try:
            async with aside.first_rows(conn, "map_cell"):
                await conn.execute(text(CELL), {"c": "888001"})
                await other.execute(text(CELL), {"c": "888002"})
                await other.commit()
                if is_read:
                    await other.execute(text(CELLS))
                    await hasten(conn)
            assert [r[0] for r in await conn.execute(text(CELLS))] == ["888001", "888002"]
            assert (await oid(conn, "map_cell") == stood) == is_read
            assert await made(conn) == before
            assert not (await conn.execute(text(LEFT))).all()
        finally:
            await conn.rollback()
            await other.rollback()
            await other.execute(text("DELETE FROM map_cell WHERE county_code = '888002'"))
            await other.commit()


async def test_a_reader_that_waits_for_the_writer_does_not_end_it_nor_is_ended(conn: AsyncConnection) -> None:
    """An import of another county has read the register and wants to write into it; the first one's copies are inserted instead."""
    await emptied(conn, *REGISTER)
    await conn.execute(text(PARCEL))
    before, stood = await made(conn), await oid(conn, "parcel_version")
    async with db.engine().connect() as other:
        try:
            async with aside.first_rows(conn, *REGISTER):
                last = (await conn.execute(text(VERSION))).scalar_one()
                await other.execute(text("SELECT count(*) FROM parcel_version"))
                waiting = asyncio.create_task(other.execute(text(PARCEL.replace("888001", "888003"))))
                while not (await conn.execute(text(WAITS))).scalar_one():
                    await asyncio.sleep(0.02)
                await hasten(conn)
            assert await oid(conn, "parcel_version") == stood
            assert await made(conn) == before
            assert (await conn.execute(text("SELECT version_id, is_current FROM parcel_version"))).all() == [(last, True)]
            await emptied(conn, "parcel_version")
            assert (await conn.execute(text(VERSION))).scalar_one() == last + 1
        finally:
            await conn.rollback()
            await waiting
            await other.rollback()


async def test_only_these_tables(conn: AsyncConnection) -> None:
    with pytest.raises(Exception, match="not written aside"):
        async with aside.first_rows(conn, "account"):
            pass


@pytest.fixture
async def two(conn: AsyncConnection) -> AsyncIterator[AsyncConnection]:
    """Whatever a second session has committed goes when the caller's transaction ends without it."""
    yield conn
    await conn.rollback()
    await aside.clear_after(conn)
    async with db.engine().connect() as other:
        left = (await other.execute(text(LEFT))).all()
    assert not left


async def test_a_second_session_writes_what_the_first_swaps_in(two: AsyncConnection) -> None:
    await emptied(two, *REGISTER)
    before, stood = await made(two), await oid(two, "parcel_version")
    async with aside.first_rows(two, *REGISTER, there=REGISTER, reads=("account",)) as copies, db.engine().connect() as third:
        assert copies.are_two
        await copies.read("parcel")
        await copies.begin(*REGISTER)
        await copies.there.execute(text(PARCEL))
        written = (await copies.there.execute(text(VERSION))).scalar_one()
        await copies.there.execute(text(ALIAS), {"p": 888001000000001})
        await copies.keep()
        assert (await third.execute(text("SELECT count(*) FROM parcel WHERE county_code = '888001'"))).scalar_one() == 0, (
            "nobody else sees it"
        )
        assert (await two.execute(text("SELECT version_id FROM parcel_version"))).scalar_one() == written, "the first session does"
        await copies.at_once(partial(copies.bring, "parcel"), partial(copies.index, copies.there, *REGISTER))
        await copies.keep()
    assert await oid(two, "parcel_version") != stood
    assert await made(two) == before
    assert (await two.execute(text("SELECT source_key FROM parcel WHERE county_code = '888001'"))).scalars().all() == ["k"]
    assert not (await two.execute(text(LEFT))).all()


async def test_a_second_session_is_not_asked_for_what_it_does_not_see(conn: AsyncConnection) -> None:
    await emptied(conn, *REGISTER)
    await conn.execute(text(PARCEL))
    async with aside.first_rows(conn, *REGISTER, there=REGISTER, reads=("parcel",)) as copies:
        assert not copies.are_two
        await copies.there.execute(text(VERSION))
    assert (await conn.execute(text("SELECT count(*) FROM parcel_version"))).scalar_one() == 1


async def test_work_inside_uses_the_same_session_while_it_sees_all(two: AsyncConnection) -> None:
    await emptied(two, *REGISTER, "map_cell", "map_cell_public")
    async with aside.first_rows(two, *REGISTER, there=REGISTER, reads=("account",)) as outer:
        await outer.begin(*REGISTER)
        await outer.keep()
        async with aside.first_rows(two, "map_cell", there=("map_cell",), reads=("account",)) as inner:
            assert inner.there is outer.there
            await inner.begin("map_cell")
            await inner.there.execute(text(CELL), {"c": "888001"})
            await inner.keep()
        assert [r[0] for r in await two.execute(text(CELLS))] == ["888001"]
        await two.execute(text(NEXT))
        async with aside.first_rows(two, "map_cell_public", there=("map_cell_public",), reads=("parcel",)) as inner:
            assert not inner.are_two


@pytest.mark.parametrize("fails", ["here", "there"])
async def test_when_one_of_two_fails_its_error_is_told_and_the_other_ends(two: AsyncConnection, fails: str) -> None:
    await emptied(two, "map_cell")
    work = {"here": "SELECT pg_sleep(1)", "there": "SELECT pg_sleep(60)", fails: "SELECT 1 / 0"}

    async def said(conn: AsyncConnection, statement: str) -> None:
        await conn.execute(text(statement))

    async def failing() -> None:
        async with aside.first_rows(two, "map_cell", there=("map_cell",), reads=("account",)) as copies:
            await copies.begin("map_cell")
            await copies.keep()
            await copies.at_once(partial(said, copies.here, work["here"]), partial(said, copies.there, work["there"]))

    with pytest.raises(DBAPIError, match="division by zero"):
        await failing()


async def test_what_a_killed_import_left_is_not_taken_for_rows(two: AsyncConnection) -> None:
    await emptied(two, "map_cell")
    async with db.engine().connect() as killed:
        await killed.execute(text("SELECT aside_copies('map_cell', 'map_shape')"))
        await killed.execute(text(CELL.replace("map_cell", "aside.map_cell")), {"c": "888009"})
        await killed.commit()
    async with aside.first_rows(two, "map_cell", there=("map_cell",), reads=("account",)) as copies:
        assert (await two.execute(text("SELECT CAST('map_shape' AS regclass)::text"))).scalar_one() == "map_shape", "of public"
        await copies.begin("map_cell")
        await copies.there.execute(text(CELL), {"c": "888001"})
        await copies.keep()
    assert [r[0] for r in await two.execute(text(CELLS))] == ["888001"]


async def test_clearing_waits_for_nobody_and_leaves_who_is_at_it(two: AsyncConnection) -> None:
    await emptied(two, "map_cell")
    async with aside.first_rows(two, "map_cell", there=("map_cell",), reads=("account",)) as copies, db.engine().connect() as third:
        await copies.begin("map_cell")
        await copies.keep()
        await aside.clear(third)
        await third.commit()
        assert (await two.execute(text(LEFT + " AND relkind = 'r'"))).scalars().all() == ["map_cell"]
        await db.analyze(third, "map_cell")  # the table, not its copy: the swap must not wait for this one
        seen = "SELECT count(*) FROM pg_locks WHERE relation = CAST('aside.map_cell' AS regclass) AND pid = pg_backend_pid()"
        assert (await third.execute(text(seen))).scalar_one() == 0
        await third.rollback()
