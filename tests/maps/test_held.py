"""A county in memory: what it answers is what the database answers, through every change; numbers alone, and on a real PostGIS."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import numpy as np
import pytest
import shapely
from fastapi import FastAPI
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import text

from app.core import db, layers
from app.core.principal import Role
from app.maps import publish
from app.maps.extent import Envelope
from app.maps.held import queries as held_queries
from app.maps.held.county import County
from app.maps.held.land import Land
from app.maps.queries import Page, view_of
from app.settings import settings
from tests.maps.conftest import BASE, COUNTY, OTHER, OWN, app_for, client_of, person

ITEMS = "/collections/parcels/items"
_BOX = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 9), st.integers(0, 9))


@given(st.dictionaries(st.integers(0, 700) | st.integers(0, 20_000), st.tuples(_BOX, st.booleans()), max_size=120), _BOX)
@example({256: ((0, 1, 0, 0), False), 257: ((0, 0, 0, 0), False)}, (0, 0, 0, 0))  # the last parcel of all, in a part that isn't full
def test_what_meets_an_extent(parcels: dict[int, tuple[tuple[int, ...], bool]], asked: tuple[int, ...]) -> None:
    ids = sorted(parcels)
    boxes = np.array([(x, y, x + w, y + h) for i in ids for x, y, w, h in [parcels[i][0]]], float).reshape(-1, 4)
    land = Land(np.array(ids, np.int64), boxes.T.copy(), np.array([parcels[i][1] for i in ids], bool))
    x, y, w, h = asked
    extent = Envelope(x, y, x + w, y + h)
    near = land.near(extent)
    met = land.meeting(extent, land.rows(near))
    meets = [a <= x + w and c >= x and b <= y + h and d >= y for a, b, c, d in boxes]
    assert land.ids[met.rows].tolist() == [i for i, is_met in zip(ids, meets, strict=True) if is_met]
    for row, is_unsure in zip(met.rows.tolist(), met.unsure.tolist(), strict=True):
        a, b, c, d = boxes[row]
        upright, level = a >= x and c <= x + w, b >= y and d <= y + h
        assert is_unsure is not bool((upright and level) or (land.single[row] and (upright or level)))
    candidates = land.candidates(extent, 1_000)
    assert candidates is not None
    assert land.in_order(land.meeting(extent, candidates).rows).tolist() == met.rows.tolist()
    sure, edge = land.count(extent, near)
    assert sure + len(land.meeting(extent, edge).rows) == sum(meets)
    assert sure == 0 or not edge.size or sure + edge.size <= len(ids)


@given(st.dictionaries(st.integers(0, 300), _BOX, max_size=90), st.dictionaries(st.integers(0, 300), _BOX | st.none(), max_size=30), _BOX)
def test_the_grid_follows_what_comes_goes_and_moves(
    first: dict[int, tuple[int, ...]], later: dict[int, tuple[int, ...] | None], asked: tuple[int, ...]
) -> None:
    land, (x, y, w, h) = land_of(first), asked
    extent = Envelope(x, y, x + w, y + h)
    land, _ = land.changed(
        np.array([later.get(i, ()) is not None for i in land.ids.tolist()], bool),
        np.array(sorted(i for i, box in later.items() if box is not None and i not in first), np.int64),
    )
    moved = {i: box for i, box in sorted(later.items()) if box is not None}
    rows = land.places(np.array(list(moved), np.int64)) if moved else np.zeros(0, np.int64)
    assert rows is not None
    land.move(rows, boxes_of(moved), np.ones(len(rows), bool))
    now = {i: box for i, box in sorted((first | later).items()) if box is not None}
    rows = land.candidates(extent, 1_000)
    assert rows is not None
    met = land.in_order(land.meeting(extent, rows).rows)
    assert land.ids[met].tolist() == land_of(now).ids[land_of(now).meeting(extent, np.arange(len(now))).rows].tolist()


@pytest.mark.parametrize("seed", range(4))
def test_the_grid_finds_all_among_many(seed: int) -> None:
    """Towns apart from each other, a few parcels as wide as a town; extents of every size."""
    draw = np.random.default_rng(seed)
    towns, sizes = draw.random((7, 2)), draw.lognormal(-7, 1.2, (5_000, 2))
    corner = towns[draw.integers(0, 7, 5_000)] + draw.normal(0, 0.02, (5_000, 2))
    boxes = np.column_stack((corner, corner + sizes)).T.copy()
    land = Land(np.arange(5_000), boxes, np.ones(5_000, bool))
    for reach in (0.0, 0.001, 0.02, 0.5):
        for west, south in corner[draw.integers(0, 5_000, 40)].tolist():
            extent = Envelope(west, south, west + reach, south + reach)
            rows = land.candidates(extent, 5_000)
            assert rows is not None
            found = land.in_order(land.meeting(extent, rows).rows)
            assert found.tolist() == land.meeting(extent, np.arange(5_000)).rows.tolist()
            assert reach or len(rows) < 500
    assert land.candidates(Envelope(-9, -9, 9, 9), 4_000) is None


def boxes_of(parcels: dict[int, tuple[int, ...]]) -> Any:
    """West, south, east, north in the order of the ids."""
    return np.array([(x, y, x + w, y + h) for _, (x, y, w, h) in sorted(parcels.items())], float).reshape(-1, 4).T


def land_of(parcels: dict[int, tuple[int, ...]]) -> Land:
    return Land(np.array(sorted(parcels), np.int64), boxes_of(parcels), np.ones(len(parcels), bool))


class Both:
    """One caller's service with memory, and one that always asks the database."""

    def __init__(self, held: httpx.AsyncClient, asked: httpx.AsyncClient, app: FastAPI) -> None:
        self.held, self.asked, self.app = held, asked, app

    @property
    def county(self) -> Any:
        return self.app.state.parcels._counties[COUNTY]

    async def same(self, **params: Any) -> list[dict]:
        """What both answer; all pages. The first after a change is the database's, the second memory's."""
        asked, number = await pages(self.asked, params)
        for _ in range(2):
            held, counted = await pages(self.held, params)
            if self.county._following:
                await self.county._following
            assert held == asked
            assert counted == number or number is None
        return list(held.values())


async def pages(client: httpx.AsyncClient, params: dict[str, Any]) -> tuple[dict[int, dict], int | None]:
    answer = await client.get(ITEMS, params=params)
    found: dict[int, dict] = {}
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["features"]) == page["numberReturned"] <= params.get("limit", 10_000)
        assert not found.keys() & {f["id"] for f in page["features"]}
        found |= {f["id"]: f for f in page["features"]}
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not following:
            return found, page.get("numberMatched")
        answer = await client.get(following[0])


async def both_of(role: Role, body: str | None = None) -> AsyncIterator[Both]:
    memory = settings().map_memory_mb
    app = app_for(person(role, body))
    app.state.map_pool = await db.map_pool(size=4)
    try:
        async with (
            httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as held,
            client_of(person(role, body)) as asked,
        ):
            settings().map_memory_mb = 0
            await asked.get(ITEMS, params={"limit": 1})
            settings().map_memory_mb = memory
            while not hasattr(app.state, "parcels") or app.state.parcels._counties[COUNTY]._sheet is None:
                assert (await held.get(ITEMS, params={"limit": 1})).status_code == 200
            yield Both(held, asked, app)
    finally:
        settings().map_memory_mb = memory
        await app.state.map_pool.close()


@pytest.fixture
async def both(county: None) -> AsyncIterator[Both]:
    async for found in both_of(Role.planner):
        yield found


@pytest.fixture(params=["planner", "officer", "officer of no body"])
async def anybody(county: None, request: pytest.FixtureRequest) -> AsyncIterator[Both]:
    body = OWN if request.param == "officer" else None
    async for found in both_of(Role.planner if request.param == "planner" else Role.officer, body):
        yield found


async def learnt(both: Both, **params: Any) -> None:
    """Ask a filter until memory knows what it keeps."""
    for _ in range(3):
        await both.held.get(ITEMS, params=params)
        if both.county._learning:
            await both.county._learning


FILTERS: list[dict[str, Any]] = [
    {}, {"inefficient": "true"}, {"responsible_body": OTHER}, {"filter": "grade = 'D' OR area_planar_m2 < 7130"}, {"filter": "far IS NULL"},
    {"filter": "A_CONTAINS(criteria_true, ('C1'))"}, {"filter": "id > 0", "grade": "C"},
]  # fmt: skip


@pytest.mark.parametrize("asked", FILTERS, ids=str)
async def test_any_extent_is_that_of_the_database(anybody: Both, asked: dict[str, Any]) -> None:
    draw = random.Random(7)
    whole = await anybody.same(**asked)
    await learnt(anybody, **asked)
    assert await anybody.same(**asked) == whole
    for _ in range(60):
        west, south = draw.uniform(120.999, 121.008), draw.uniform(29.999, 30.008)
        bbox = f"{west:.7f},{south:.7f},{west + draw.uniform(0.0001, 0.004):.7f},{south + draw.uniform(0.0001, 0.004):.7f}"
        await anybody.same(**asked, bbox=bbox, limit=draw.choice([1, 3, 7, 10_000]))
    for offset in (0, 3, 1_000):
        await anybody.same(**asked, offset=offset, limit=20)


async def test_memory_is_what_answers(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison above would hold as well if both asked the database."""

    async def asked(*_: Any) -> None:
        raise AssertionError("the database was asked")

    await learnt(both, inefficient="true")
    monkeypatch.setattr("app.maps.features.parcels", asked)
    for params in ({}, {"bbox": "121,30,121.0045,30.0021"}, {"inefficient": "true"}, {"limit": 7}):
        assert (await both.held.get(ITEMS, params=params)).json()["features"]


async def test_many_blocks_are_counted_at_their_edge(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """An extent of more blocks than are looked into at once: counted by block, walked by block."""
    monkeypatch.setattr("app.maps.held.sheet.MANY", 0)
    for params in ({}, {"bbox": "120,29,122,31"}, {"bbox": "121.0007,30.0007,121.0041,30.0033"}):
        for limit in (1, 7, 10_000):
            await both.same(**params, limit=limit)
    first = (await both.held.get(ITEMS, params={"limit": 7})).json()
    assert first["numberMatched"] == 60


async def change(statement: str, *ids: int) -> None:
    async with db.engine().begin() as conn:
        await conn.execute(text(statement), {"c": COUNTY, "ids": list(ids)})
        await publish.publish(conn, COUNTY, list(ids))
        await layers.bump(conn, COUNTY, "parcels")


MOVE = "UPDATE parcel_version SET geom = ST_Translate(geom, 0.001, 0.0005) WHERE county_code = :c AND parcel_id = ANY(:ids)"
GRADE = "UPDATE parcel_fact SET grade = 'E' WHERE county_code = :c AND parcel_id = ANY(:ids)"
RETIRE = "UPDATE parcel_version SET recorded = tstzrange(lower(recorded), now()) WHERE county_code = :c AND parcel_id = ANY(:ids)"
RENEW = "UPDATE parcel_version SET recorded = tstzrange(lower(recorded), NULL) WHERE county_code = :c AND parcel_id = ANY(:ids)"
LOOKS: list[dict[str, Any]] = [
    {},
    {"grade": "E"},
    {"bbox": "121,30,121.0021,30.0021"},
    {"bbox": "121.001,30,121.0034,30.003", "grade": "E"},
]


async def test_every_change_is_followed(restored: None, both: Both) -> None:
    for look in LOOKS:
        await learnt(both, **look)
    known = both.county._sheet
    steps = ((GRADE, 1, 2), (MOVE, 2, 3), (RETIRE, 3, 4), (GRADE, 5), (RENEW, 3), (MOVE, 1), (RENEW, 4))
    seen = []
    for statement, *numbers in steps:
        await change(statement, *(BASE + n for n in numbers))
        seen.append([await both.same(**look) for look in LOOKS])
        assert both.county._sheet is known, "followed, not read anew"
    assert [len(found[0]) for found in seen] == [60, 60, 58, 58, 59, 59, 60]
    assert [len(found[1]) for found in seen] == [2, 2, 2, 3, 3, 3, 3]


async def test_behind_it_answers_extents_that_nothing_touched(restored: None, both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the news of a change and its rows, memory speaks for what lies apart from it; the database for the rest."""
    free, given_now = asyncio.Event(), held_queries.given

    async def late(*asked: Any) -> Any:
        await free.wait()
        return await given_now(*asked)

    monkeypatch.setattr("app.maps.held.queries.given", late)
    apart, beside = ({"bbox": f"{west},30,{west + 0.0008},30.0008"} for west in (121.001, 121.004))
    before = await both.same(**apart)
    moved, shown = next(iter((await pages(both.asked, beside))[0].items()))
    _, south, east, north = shapely.geometry.shape(shown["geometry"]).bounds
    close = {"bbox": f"{east + 3e-6:.7f},{south},{east + 1e-5:.7f},{north}"}
    await change(GRADE, moved)
    await both.held.get(ITEMS, params=apart)
    while both.county._ahead is None:
        await asyncio.sleep(0.01)

    async def asked(*_: Any) -> None:
        raise AssertionError("the database was asked")

    with monkeypatch.context() as patched:
        patched.setattr("app.maps.features.parcels", asked)
        assert (await pages(both.held, apart))[0] == {one["id"]: one for one in before}
        for touching in (beside, close, {}):
            with pytest.raises(AssertionError, match="was asked"):
                await both.held.get(ITEMS, params=touching)
    assert (await pages(both.held, beside))[0][moved]["properties"]["grade"] == "E"
    free.set()
    await both.county._following
    assert both.county._ahead is None
    await both.same(**beside)


async def test_a_county_published_as_a_whole_is_read_anew(restored: None, both: Both) -> None:
    known = both.county._sheet
    async with db.engine().begin() as conn:
        await conn.execute(text(GRADE.replace("ANY(:ids)", f"ANY(ARRAY[{BASE + 1}])")), {"c": COUNTY})
        await layers.note_all(conn, COUNTY, "parcels")
        await publish.publish(conn, COUNTY)
        await layers.bump(conn, COUNTY, "parcels")
    assert len(await both.same(grade="E")) == 1
    await learnt(both, grade="E")
    assert len(await both.same(grade="E")) == 1
    assert both.county._sheet is not known


async def test_a_condition_that_cannot_be_learnt_is_left_to_the_database(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    async def slow(*_: Any) -> None:
        tries.append(1)
        raise TimeoutError

    monkeypatch.setattr("app.maps.held.queries.kept", slow)
    for _ in range(5):
        await learnt(both, grade="A")
    assert len(tries) == 1
    assert await both.same(grade="A")


async def test_worn_memory_is_read_anew(restored: None, both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    known = both.county._sheet
    monkeypatch.setattr("app.maps.held.sheet.Sheet.is_worn", True)
    await change(GRADE, BASE + 1)
    await both.same()
    await both.same()
    assert both.county._sheet is not known


async def test_a_county_larger_than_the_memory_is_asked_of_the_database(county: None, monkeypatch: pytest.MonkeyPatch) -> None:
    async for both in both_of(Role.planner):
        both.county.limit, both.county._sheet = 10_000, None
        assert len(await both.same()) == 60
        assert both.county._sheet is None


async def test_a_service_that_stops_waits_for_no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: Any) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr("app.maps.held.queries.county", slow)
    large = County(COUNTY, 1 << 30)
    assert await large.page(cast(Any, None), view_of(person(Role.planner)), Page((), {}, 10), 0) is None, "the database answers meanwhile"
    reading = large._reading
    assert reading is not None
    large.close()
    await asyncio.wait({reading}, timeout=5)
    assert reading.cancelled()


async def test_pages_amid_writes_are_each_of_one_moment(restored: None, both: Both) -> None:
    """Two parcels always change together: no page shows one of them changed and the other not, none is older than its version."""
    states = ["A", "B"] * 10
    pair = (BASE + 5, BASE + 9)
    done = asyncio.Event()
    await change(GRADE.replace("'E'", "'B'"), *pair)

    async def write() -> None:
        for grade in states:
            await change(GRADE.replace("'E'", f"'{grade}'"), *pair)
        done.set()

    async def read(params: dict[str, Any]) -> int:
        looks = 0
        while not done.is_set():
            features = {f["id"]: f["properties"]["grade"] for f in (await both.held.get(ITEMS, params=params)).json()["features"]}
            assert len({features[i] for i in pair if i in features}) <= 1
            assert not params or all(i in features for i in pair) or not any(i in features for i in pair)
            looks += 1
        return looks

    looks = await asyncio.gather(read({}), read({"grade": "A"}), read({"grade": "B"}), write())
    assert min(looks[:3]) > 3
    assert {f["properties"]["grade"] for f in await both.same() if f["id"] in pair} == {"B"}


async def test_a_shape_of_several_parts_meets_where_a_part_does(restored: None, both: Both) -> None:
    """A box says nothing of the gap between two parts: there the shape decides."""
    two = "UPDATE parcel_version SET geom = ST_Union(geom, ST_Translate(geom, 0.003, 0)) WHERE county_code = :c AND parcel_id = ANY(:ids)"
    await change(two, BASE + 1)
    shape = next(shapely.geometry.shape(f["geometry"]) for f in await both.same() if f["id"] == BASE + 1)
    first, second = sorted(shape.geoms, key=lambda part: part.bounds[0])
    between = (first.bounds[2] + second.bounds[0]) / 2
    gap = f"{between - 1e-5:.7f},{first.bounds[1]:.7f},{between + 1e-5:.7f},{first.bounds[3]:.7f}"
    assert BASE + 1 not in {f["id"] for f in await both.same(bbox=gap)}
    part = f"{second.bounds[0]:.7f},{first.bounds[1]:.7f},{second.bounds[2]:.7f},{first.bounds[3]:.7f}"
    assert BASE + 1 in {f["id"] for f in await both.same(bbox=part)}
