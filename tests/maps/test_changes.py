"""The change feed: who learns what, nothing lost, nothing told twice, nothing announced that is the same."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import db, events, layers
from app.core.principal import Role
from app.maps import changes, publish
from app.maps.changes import notes, places, service
from app.maps.changes.places import Grid
from tests.maps.conftest import BASE, COUNTY, OTHER, OWN, client_of, person
from tests.maps.test_tiles import tile_at


@asynccontextmanager
async def committed(*layer_ids: str) -> AsyncIterator[AsyncConnection]:
    """A write as `writing` ends it: the layers it touched are bumped, then it commits."""
    async with db.engine().begin() as conn:
        yield conn
        for layer in layer_ids:
            await layers.bump(conn, COUNTY, layer)


async def write(statement: str, parcel: int) -> None:
    """Change one parcel and publish it."""
    async with committed("parcels") as conn:
        await conn.execute(text(statement), {"p": BASE + parcel})
        await publish.publish(conn, COUNTY, [BASE + parcel])


class Reader:
    """A client that polls and keeps its cursor."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client, self.cursor = client, "now"

    async def poll(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.client.get("/api/changes", params={"since": self.cursor, "layer": "parcels", "z": 14} | query)
        assert answer.status_code == 200, answer.text
        self.cursor = answer.json()["cursor"]
        return answer.json()["changes"]


@pytest.fixture
async def readers(restored: None) -> AsyncIterator[dict[str, Reader]]:
    """A planner, an officer of 甲镇 and a viewer, each at the end of the feed."""
    people = {"planner": person(Role.planner), "officer": person(Role.officer, OWN), "viewer": person(Role.viewer)}
    async with client_of(people["planner"]) as a, client_of(people["officer"]) as b, client_of(people["viewer"]) as c:
        found = {"planner": Reader(a), "officer": Reader(b), "viewer": Reader(c)}
        for reader in found.values():
            assert await reader.poll() == []
        yield found


async def told(readers: dict[str, Reader]) -> dict[str, list[list[int]]]:
    """What each learns: the ids of each change, as numbers of the county."""
    return {name: [[i - BASE for i in c["ids"]] for c in await reader.poll()] for name, reader in readers.items()}


async def test_attributes_are_told_in_full_elsewhere_and_to_viewers_not(readers: dict[str, Reader]) -> None:
    await write("UPDATE parcel_fact SET far = 1.23 WHERE parcel_id = :p", 40)
    assert await told(readers) == {"planner": [[40]], "officer": [], "viewer": []}
    await write("UPDATE parcel_fact SET far = 1.23 WHERE parcel_id = :p", 7)
    assert await told(readers) == {"planner": [[7]], "officer": [[7]], "viewer": []}
    await write("UPDATE parcel_fact SET grade = 'E' WHERE parcel_id = :p", 41)
    assert await told(readers) == {"planner": [[41]], "officer": [], "viewer": [[41]]}
    await write("UPDATE parcel_fact SET far_data_on = '2025-01-02' WHERE parcel_id = :p", 8)
    assert await told(readers) == {"planner": [[8]], "officer": [[8]], "viewer": []}, "a column only filters read"


async def test_a_shape_that_moves_touches_both_places(readers: dict[str, Reader]) -> None:
    await write("UPDATE parcel_version SET geom = ST_Translate(geom, 0.1, 0.05) WHERE parcel_id = :p", 45)  # from 121.005, 30.004
    seen = {name: await reader.poll() for name, reader in readers.items()}
    for changed in seen.values():
        (change,) = changed
        assert change["ids"] == [BASE + 45]
        tiles = {(t["row"], t["col"]) for t in change["tiles"]}
        assert {tile_at(121.0054, 30.0044, 14), tile_at(121.1054, 30.0544, 14)} <= tiles
        assert len(tiles) <= 6
    assert seen["officer"][0]["version"] == seen["planner"][0]["version"]


async def test_a_viewer_learns_tiles_of_public_points_only(readers: dict[str, Reader]) -> None:
    await write("UPDATE parcel_version SET geom = ST_Translate(geom, 0.00001, 0) WHERE parcel_id = :p", 50)
    assert await told(readers) == {"planner": [[50]], "officer": [[50]], "viewer": []}, "the rounded point stands where it stood"
    await write("UPDATE parcel_fact SET grade = 'E' WHERE parcel_id = :p", 50)
    (change,) = await readers["viewer"].poll(z=22)
    async with db.engine().connect() as conn:
        point = (
            await conn.execute(text("SELECT ST_X(geom) AS x, ST_Y(geom) AS y FROM map_parcel_public WHERE id = :p"), {"p": BASE + 50})
        ).one()
    assert {(t["row"], t["col"]) for t in change["tiles"]} == set(places.tiles([(point.x, point.y, point.x, point.y)], 22, Grid.web) or [])


async def test_a_parcel_that_changes_hands_is_told_to_both(readers: dict[str, Reader]) -> None:
    await write(f"UPDATE parcel_version SET responsible_body = '{OTHER}' WHERE parcel_id = :p", 5)
    assert await told(readers) == {"planner": [[5], [5]], "officer": [[5]], "viewer": [[5]]}


async def test_parcels_come_and_go(readers: dict[str, Reader]) -> None:
    await write("UPDATE parcel_version SET valid = daterange(lower(valid), '2025-09-01') WHERE parcel_id = :p", 33)
    assert await told(readers) == {"planner": [[33]], "officer": [[33]], "viewer": [[33]]}
    await write("UPDATE parcel_version SET valid = daterange(lower(valid), NULL) WHERE parcel_id = :p", 33)
    assert await told(readers) == {"planner": [[33]], "officer": [[33]], "viewer": [[33]]}


async def version_of(conn: AsyncConnection, layer: str = "parcels") -> int:
    found = await conn.execute(text("SELECT version FROM layer_version WHERE county_code = :c AND layer = :l"), {"c": COUNTY, "l": layer})
    return found.scalar_one()


async def test_the_same_again_is_no_change(readers: dict[str, Reader]) -> None:
    async with db.engine().connect() as conn:
        before = await version_of(conn)
    await write("UPDATE parcel_fact SET far = far WHERE parcel_id = :p", 3)
    async with committed("parcels") as conn:
        await publish.publish(conn, COUNTY, [])
    assert await told(readers) == {"planner": [], "officer": [], "viewer": []}
    async with db.engine().connect() as conn:
        assert await version_of(conn) == before
        assert (await conn.execute(text("SELECT count(*) FROM map_change WHERE form = 'none'"))).scalar_one() == 0


async def test_whole_layers(readers: dict[str, Reader]) -> None:
    async with committed("blocks"):
        pass
    async with committed("parcels") as conn:
        await conn.execute(text("UPDATE parcel_fact SET far = coalesce(far, 0) + 1 WHERE county_code = :c"), {"c": COUNTY})
        await publish.publish(conn, COUNTY)
    for reader in readers.values():
        found = (await reader.client.get("/api/changes", params={"since": reader.cursor, "z": 14})).status_code
        assert found == 400, "a cursor of one layer does not continue the feed of all"
        assert [(c["layer"], c["ids"], c["tiles"]) for c in await reader.poll()] == [("parcels", None, None)]
        assert [(c["ids"], c["tiles"]) for c in await reader.poll(since="now", layer="blocks")] == []


async def test_a_run_that_changes_little_names_it(readers: dict[str, Reader]) -> None:
    """Published as a whole, told as the one parcel that is different; the version moves, because the day of the facts may have."""
    async with db.engine().connect() as conn:
        before = await version_of(conn)
    async with committed("parcels") as conn:
        await conn.execute(text("UPDATE parcel_fact SET far = 3.21 WHERE parcel_id = :p"), {"p": BASE + 12})
        await publish.publish(conn, COUNTY)
    assert await told(readers) == {"planner": [[12]], "officer": [[12]], "viewer": []}
    async with committed("parcels") as conn:
        await publish.publish(conn, COUNTY)
    assert await told(readers) == {"planner": [], "officer": [], "viewer": []}
    pool = await db.map_pool(size=1)
    try:
        assert [len(x) if isinstance(x, list) else x for x in await changes.touched(pool, COUNTY, "parcels", before) or ()] == [
            before + 2,
            1,
        ]
    finally:
        await pool.close()


async def test_cases_are_told_in_their_body(readers: dict[str, Reader]) -> None:
    async with client_of(person(Role.officer, OWN)) as client, client_of(person(Role.planner)) as other:
        officer, planner = Reader(client), Reader(other)
        await officer.poll(layer="cases")
        await planner.poll(layer="cases")
        for case in (1, 2):
            async with committed("cases") as conn:
                await notes.on_case_changed(conn, events.CaseChanged(COUNTY, BASE + case, []))
        assert [c["ids"] for c in await officer.poll(layer="cases")] == [[BASE + 1]]
        found = await planner.poll(layer="cases")
        assert [c["ids"] for c in found] == [[BASE + 1], [BASE + 2]]
        assert tile_at(121.0014, 30.0004, 14) in {(t["row"], t["col"]) for t in found[0]["tiles"]}
    refused = await readers["viewer"].client.get("/api/changes", params={"layer": "cases"})
    assert refused.status_code == 404
    everything = (await readers["viewer"].client.get("/api/changes", params={"limit": 1000})).json()["changes"]
    assert not {c["layer"] for c in everything} & {"cases", "freed-land"}


async def test_a_slow_import_is_not_lost(readers: dict[str, Reader]) -> None:
    """It begins and notes first, commits last, in another transaction: a reader that went on in between is told, once."""
    planner = readers["planner"]
    async with db.engine().begin() as slow:
        await slow.execute(
            text(
                "INSERT INTO map_change (county_code, layer, form, ids, boxes) VALUES (:c, 'parcels', 'full', ARRAY[CAST(:p AS bigint)], '{}')"
            ),
            {"c": COUNTY, "p": BASE + 1},
        )
        first = (await slow.execute(text("SELECT pg_current_xact_id()::text::bigint"))).scalar_one()
        await write("UPDATE parcel_fact SET far = 0.77 WHERE parcel_id = :p", 2)
        assert [c["ids"] for c in await planner.poll()] == [[BASE + 2]], "what is committed is told at once"
        async with db.engine().connect() as conn:
            second = (
                await conn.execute(
                    text("SELECT max(tx::text::bigint) FROM map_change WHERE ids = ARRAY[CAST(:p AS bigint)]"), {"p": BASE + 2}
                )
            ).scalar_one()
        assert second > first
        await layers.bump(slow, COUNTY, "parcels")
        assert await planner.poll() == [], "not before it is committed"
    assert [c["ids"] for c in await planner.poll()] == [[BASE + 1]]
    assert await planner.poll() == []


async def test_a_restored_database_says_so(readers: dict[str, Reader]) -> None:
    """Versions behind a cursor mean an older state was restored: the reader must load anew rather than wait."""
    async with db.engine().begin() as conn:
        await conn.execute(
            text("UPDATE layer_version SET version = version - 1 WHERE county_code = :c AND layer = 'parcels'"), {"c": COUNTY}
        )
    gone = await readers["planner"].client.get("/api/changes", params={"since": readers["planner"].cursor, "layer": "parcels"})
    assert (gone.status_code, gone.json()["code"]) == (410, "changes_expired")
    async with committed("parcels"):
        pass


async def test_pages_of_the_feed_lose_and_repeat_nothing(readers: dict[str, Reader]) -> None:
    for parcel in range(10, 17):
        await write("UPDATE parcel_fact SET far = coalesce(far, 0) + 1 WHERE parcel_id = :p", parcel)
    planner, seen, more = readers["planner"], [], True
    while more:
        answer = (await planner.client.get("/api/changes", params={"since": planner.cursor, "layer": "parcels", "limit": 2})).json()
        planner.cursor, more = answer["cursor"], answer["more"]
        assert len(answer["changes"]) <= 2
        assert all(c["tiles"] is None for c in answer["changes"])
        seen += [i - BASE for c in answer["changes"] for i in c["ids"]]
    assert seen == list(range(10, 17))


async def test_old_cursors_and_old_notes(readers: dict[str, Reader], monkeypatch: pytest.MonkeyPatch) -> None:
    planner = readers["planner"]
    await write("UPDATE parcel_fact SET far = 0.31 WHERE parcel_id = :p", 20)
    async with db.engine().begin() as conn:
        await conn.execute(
            text("UPDATE map_change SET at = at - interval '32 days' WHERE county_code = :c AND ids = ARRAY[CAST(:p AS bigint)]"),
            {"c": COUNTY, "p": BASE + 20},
        )
        await layers.sweep(conn)
    assert [c["ids"] for c in await planner.poll()] == []
    monkeypatch.setattr(service, "KEPT", timedelta(seconds=-1))  # as if the cursor were older than what is kept
    gone = await planner.client.get("/api/changes", params={"since": planner.cursor, "layer": "parcels"})
    assert (gone.status_code, gone.json()["code"]) == (410, "changes_expired")
    for bad in ("x", planner.cursor[:-4] + "AAAA"):
        assert (await planner.client.get("/api/changes", params={"since": bad, "layer": "parcels"})).json()["code"] == "parameter_invalid"
    stolen = await readers["officer"].client.get("/api/changes", params={"since": planner.cursor, "layer": "parcels"})
    assert stolen.status_code == 400


async def test_what_the_caches_ask(readers: dict[str, Reader]) -> None:
    async with db.engine().connect() as conn:
        start = await version_of(conn)
    pool = await db.map_pool(size=1)
    try:
        assert await changes.touched(pool, COUNTY, "parcels", start) == (start, [])
        await write("UPDATE parcel_fact SET far = 0.55 WHERE parcel_id = :p", 21)
        await write("UPDATE parcel_fact SET grade = 'E' WHERE parcel_id = :p", 22)
        now, boxes = await changes.touched(pool, COUNTY, "parcels", start) or (0, [])
        assert now == start + 2
        assert len(boxes) == 3, "two full forms, one public"
        assert min(boxes)[:2] == pytest.approx((121.001, 30.002))
        assert len((await changes.touched(pool, COUNTY, "parcels", start + 1) or (0, []))[1]) == 2
        async with db.engine().begin() as conn:
            await conn.execute(text("DELETE FROM map_change WHERE county_code = :c AND version = :v"), {"c": COUNTY, "v": start + 1})
        assert await changes.touched(pool, COUNTY, "parcels", start) is None, "a swept version may have changed anything"
        async with committed("parcels"):
            pass
        assert await changes.touched(pool, COUNTY, "parcels", start) is None
        assert await changes.touched(pool, COUNTY, "parcels", now + 1) == (now + 1, [])
    finally:
        await pool.close()


DEGREES = st.tuples(st.floats(70, 140), st.floats(1, 55))


@given(DEGREES, st.floats(0, 0.05), st.integers(1, 16), st.sampled_from(Grid))
def test_tiles_of_an_extent_hold_its_corners_and_touch_it(at: tuple[float, float], size: float, z: int, grid: Grid) -> None:
    west, south = at
    found = places.tiles([(west, south, west + size, south + size)], z, grid)
    if found is None:
        return
    for lon, lat in ((west, south), (west + size, south + size), (west, south + size)):
        expected = tile_at(lon, lat, z) if grid is Grid.web else (math.floor((90 - lat) / 360 * 2**z), math.floor((lon + 180) / 360 * 2**z))
        assert expected in found
    side = 360 / 2**z
    for _, col in found:
        assert col * side - 180 <= west + size + side * 0.02
        assert (col + 1) * side - 180 >= west - side * 0.02


def test_too_many_tiles_are_none() -> None:
    assert places.tiles([(120, 29, 122, 31)], 14, Grid.web) is None
    assert places.tiles([(120 + i * 0.1, 29, 120 + i * 0.1, 29) for i in range(600)], 14, Grid.web) is None
    assert places.tiles([], 14, Grid.web) == []
