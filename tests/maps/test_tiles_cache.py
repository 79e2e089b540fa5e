"""Kept tiles: one query however many ask, never older than a committed write on any worker, bounded memory, equal in each encoding."""

import asyncio
import gzip
from typing import Any

import httpx
import mapbox_vector_tile
import pytest

from app.core import db
from app.core.principal import Role
from app.maps import publish
from app.maps.tiles.cache import Cache, Entry
from tests.maps.conftest import BASE, COUNTY, OTHER, OWN, client_of, filled, person
from tests.maps.test_tiles import TILES, tile_at

ROW, COL = tile_at(121.0051, 30.0031, 14)
TILE = f"{TILES}/WebMercatorQuad/14/{ROW}/{COL}"


async def change(n: int, grade: str) -> None:
    """A committed write: another grade of a parcel."""
    async with db.engine().begin() as conn:
        await conn.exec_driver_sql(filled(f"UPDATE parcel_fact SET grade = '{grade}' WHERE parcel_id = :b + {n}"))
        await publish.publish(conn, COUNTY, [BASE + n])
        await conn.exec_driver_sql(filled("UPDATE layer_version SET version = version + 1 WHERE county_code = :c AND layer = 'parcels'"))


def grades(answer: httpx.Response) -> dict[int, str]:
    return {f["id"]: f["properties"].get("grade") for f in mapbox_vector_tile.decode(answer.content)["parcels"]["features"]}


async def test_every_worker_is_fresh_once_a_write_is_answered(county: None) -> None:
    async with client_of(person(Role.planner)) as first, client_of(person(Role.planner)) as second:
        for grade in ("A", "B", "C", "D") * 3:
            await change(33, grade)
            for client in (first, second, first):
                answer = await client.get(TILE)
                assert grades(answer)[BASE + 33] == grade
        tag = (await first.get(TILE)).headers["etag"]
        assert (await second.get(TILE)).headers["etag"] == tag, "workers agree on the ETag"
        assert (await second.get(TILE, headers={"if-none-match": tag})).status_code == 304
        await change(33, "A")
        for client in (first, second):
            assert (await client.get(TILE, headers={"if-none-match": tag})).status_code == 200


async def test_equal_requests_at_one_moment_are_one_query(county: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.maps.tiles import service

    asked: list[Any] = []
    real = service._statement

    def counted(view: Any, what: Any, known: Any) -> Any:
        asked.append(what)
        return real(view, what, known)

    monkeypatch.setattr(service, "_statement", counted)
    async with client_of(person(Role.planner)) as client:
        answers = await asyncio.gather(*(client.get(TILE) for _ in range(24)))
        assert {a.status_code for a in answers} == {200}
        assert len({a.content for a in answers}) == 1
        assert len(asked) == 1
        await client.get(TILE)
        assert len(asked) == 1, "kept"
        await asyncio.gather(
            *(client.get(f"{TILES}/WebMercatorQuad/13/{ROW // 2}/{COL // 2}?theme={t}") for t in ("grade", "display_class"))
        )
        assert len(asked) == 2, "themes whose tiles are equal share one"


async def test_a_caller_who_leaves_does_not_take_the_tile_from_the_others() -> None:
    cache, gate = Cache(1 << 20), asyncio.Event()

    async def make() -> Entry:
        await gate.wait()
        return Entry(1, "d", b"tile")

    first = asyncio.ensure_future(cache.made(("k",), 1, make))
    second = asyncio.ensure_future(cache.made(("k",), 1, make))
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    assert (await second).body == b"tile"
    assert cache.get(("k",)) is await second


async def test_a_failed_tile_is_not_kept_and_tried_again() -> None:
    cache, tries = Cache(1 << 20), []

    async def make() -> Entry:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError
        return Entry(1, "d", b"tile")

    with pytest.raises(ValueError):
        await cache.made(("k",), 1, make)
    assert cache.get(("k",)) is None
    assert (await cache.made(("k",), 1, make)).body == b"tile"


async def test_memory_is_bounded_and_the_least_used_go_first() -> None:
    cache = Cache(100_000)

    async def made(n: int, size: int, version: int = 1) -> None:
        async def make() -> Entry:
            return Entry(version, "d", bytes(size))

        await cache.made((n,), version, make)

    for n in range(50):
        await made(n, 9_400)
        cache.get((0,))
        assert cache.held <= 100_000
    assert len(cache) == 10
    assert cache.get((0,)) is not None
    assert cache.get((1,)) is None
    await made(99, 60_000)
    assert cache.get((99,)) is None, "one tile may not push out all others"
    await made(0, 100, version=2)
    await made(0, 200, version=1)
    kept = cache.get((0,))
    assert kept is not None
    assert kept.version == 2, "an older tile never replaces a newer one"
    assert cache.held == sum(cache.get((n,)).size for n in range(50) if cache.get((n,)))  # type: ignore[union-attr]


async def test_each_encoding_holds_the_same_tile(planner: httpx.AsyncClient) -> None:
    async def raw(accepted: str, query: str = "") -> tuple[httpx.Headers, bytes]:
        async with planner.stream("GET", TILE + query, headers={"accept-encoding": accepted}) as answer:
            return answer.headers, b"".join([part async for part in answer.aiter_raw()])

    for order in (("gzip", "identity"), ("identity", "gzip")):
        query = "?theme=tax_band" if order[0] == "gzip" else "?theme=industry"
        found = {accepted: await raw(accepted, query) for accepted in (*order, *order)}
        headers, packed = found["gzip"]
        plain = found["identity"][1]
        assert headers["content-encoding"] == "gzip"
        assert "content-encoding" not in found["identity"][0]
        assert gzip.decompress(packed) == plain
        assert headers["etag"] == found["identity"][0]["etag"]
        assert headers["content-type"] == "application/vnd.mapbox-vector-tile"
        assert "Accept-Encoding" in headers["vary"]
        assert headers["cache-control"] == "private, no-cache"


async def test_kept_tiles_do_not_cross_scopes(county: None) -> None:
    """One worker serves all roles: what one may see is never another's answer, nor its 304."""
    seen: dict[str, httpx.Response] = {}
    async with client_of(person(Role.planner)) as client:
        from app.accounts.deps import signed

        app = client._transport.app  # type: ignore[attr-defined]
        callers = {
            "planner": person(Role.planner), "own": person(Role.officer, OWN), "other": person(Role.officer, OTHER),
            "none": person(Role.officer), "viewer": person(Role.viewer), "stranger": person(Role.planner, county="330683"),
        }  # fmt: skip
        for name, principal in callers.items():
            app.dependency_overrides[signed] = lambda principal=principal: principal
            seen[name] = await client.get(TILE)
        for name, principal in callers.items():
            app.dependency_overrides[signed] = lambda principal=principal: principal
            for other, answer in seen.items():
                if other != name and "etag" in answer.headers:
                    again = await client.get(TILE, headers={"if-none-match": answer.headers["etag"]})
                    assert again.status_code != 304, (name, other)
                    assert again.content == seen[name].content
    assert len({a.content for n, a in seen.items() if n != "stranger"}) == 5
    assert not seen["stranger"].content or seen["stranger"].status_code == 404


async def test_an_unchanged_tile_is_304(planner: httpx.AsyncClient) -> None:
    row, col = tile_at(121.001, 30.001, 9)
    for path in (
        TILE,
        f"{TILES}/CGCS2000Quad/9/{tile_at(121.0, 30.0, 9, 'CGCS2000Quad')[0]}/{tile_at(121.0, 30.0, 9)[1]}",
        f"/collections/control-lines/tiles/WebMercatorQuad/9/{row}/{col}",
    ):
        first = await planner.get(path)
        assert first.status_code == 200, first.text
        tag = first.headers["etag"]
        for held in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
            again = await planner.get(path, headers={"if-none-match": held})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert (await planner.get(path, headers={"if-none-match": '"x"'})).status_code == 200
