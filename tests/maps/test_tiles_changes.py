"""A write makes anew only the tiles it touched: kept ones stay, also as 304 for who held an earlier version."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.core import db, events, layers
from app.core.principal import Role
from app.maps import publish
from app.maps.changes import notes
from app.maps.tiles import service
from app.maps.tiles.changes import Log
from tests.maps.conftest import BASE, COUNTY, client_of, filled, person
from tests.maps.test_tiles import TILES, tile_at

TILE = (0.0, 0.0, 1.0, 1.0)
FAR, NEAR = (5.0, 5.0, 6.0, 6.0), (0.9, 0.9, 2.0, 2.0)


def test_a_log_says_which_tiles_a_change_missed() -> None:
    log = Log(3, 3)
    log.add(5, [FAR])
    assert log.misses(3, TILE)
    assert not log.misses(2, TILE), "older than what is known"
    log.add(7, [FAR, NEAR])
    assert not log.misses(5, TILE)
    assert log.misses(7, TILE)
    log.add(9, [])
    assert log.misses(7, TILE), "a version in which nothing changed"
    log.add(10, None)
    assert not log.misses(9, TILE), "anything may have changed"
    assert log.misses(10, TILE)


def test_a_log_forgets_the_oldest() -> None:
    log = Log(0, 0)
    for version in range(1, 2_001):
        log.add(version, [FAR])
    assert len(log.parts) == 500
    assert not log.misses(1, TILE)
    assert log.misses(1_990, TILE)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Tiles asked of the database."""
    asked: list[Any] = []
    real = service._statement

    def counted(view: Any, what: Any, known: Any) -> Any:
        asked.append((what.z, what.row, what.col))
        return real(view, what, known)

    monkeypatch.setattr(service, "_statement", counted)
    return asked


async def write(n: int, grade: str) -> None:
    async with db.engine().begin() as conn:
        await conn.exec_driver_sql(filled(f"UPDATE parcel_fact SET grade = '{grade}' WHERE parcel_id = :b + {n}"))
        await publish.publish(conn, COUNTY, [BASE + n])
        await layers.bump(conn, COUNTY, "parcels")


async def test_a_write_makes_anew_only_what_it_touched(county: None, made: list[Any]) -> None:
    near, far = tile_at(121.0054, 30.0054, 18), tile_at(121.0014, 30.0004, 18)
    paths = [f"{TILES}/WebMercatorQuad/18/{row}/{col}" for row, col in (near, far)]
    over = f"{TILES}/WebMercatorQuad/9/{tile_at(121.001, 30.001, 9)[0]}/{tile_at(121.001, 30.001, 9)[1]}?theme=grade"
    async with client_of(person(Role.planner)) as client, client_of(person(Role.planner)) as other:
        held: dict[str, httpx.Response] = {}
        for path in (*paths, over):
            held[path] = await client.get(path)
            assert held[path].status_code == 200
        for round_, grade in enumerate("BACBDA"):
            made.clear()
            await write(55, grade)
            answers = {path: await client.get(path) for path in (*paths, over)}
            assert made == [(18, *near), (9, *tile_at(121.001, 30.001, 9))], "the far tile was kept"
            assert answers[paths[1]].content == held[paths[1]].content
            assert answers[paths[0]].content != held[paths[0]].content, round_
            assert answers[over].content != held[over].content
            made.clear()
            old = held[paths[1]].headers["etag"]
            for reader in (client, other):
                assert (await reader.get(paths[1], headers={"if-none-match": old})).status_code == 304, "nothing near it changed"
                assert (await reader.get(paths[0], headers={"if-none-match": held[paths[0]].headers["etag"]})).status_code == 200
            held = answers


async def test_a_change_of_everything_spares_nothing(county: None, made: list[Any]) -> None:
    row, col = tile_at(121.0014, 30.0004, 18)
    path = f"{TILES}/WebMercatorQuad/18/{row}/{col}"
    async with client_of(person(Role.planner)) as client:
        first = await client.get(path)
        made.clear()
        async with db.engine().begin() as conn:
            await publish.publish(conn, COUNTY)
            await layers.bump(conn, COUNTY, "parcels")
        held = {"if-none-match": first.headers["etag"]}
        assert (await client.get(path, headers=held)).status_code == 304, "published anew, but nothing is different"
        assert made == []
        async with db.engine().begin() as conn:
            await layers.note_all(conn, COUNTY, "parcels")
            await layers.bump(conn, COUNTY, "parcels")
        assert (await client.get(path, headers=held)).status_code == 200
        assert made == [(18, row, col)]


async def test_a_redrawn_parcel_draws_its_case_anew(restored: None, made: list[Any]) -> None:
    """Also where it stood before; the tile of another case is kept."""
    stood, stands, far = (tile_at(lon, lat, 18) for lon, lat in ((121.0014, 30.0004), (121.0514, 30.0304), (121.0014, 30.0034)))
    paths = [f"/collections/cases/tiles/WebMercatorQuad/18/{row}/{col}" for row, col in (stood, stands, far)]
    async with client_of(person(Role.planner)) as client:
        before = [await client.get(path) for path in paths]
        assert [answer.status_code for answer in before] == [200, 404, 200]
        async with db.engine().begin() as conn:
            await conn.execute(
                text("UPDATE parcel_version SET geom = ST_Translate(geom, 0.05, 0.03) WHERE parcel_id = :p"), {"p": BASE + 1}
            )
            await notes.on_parcels_changed(conn, events.ParcelsChanged(COUNTY, [BASE + 1]))
            await publish.publish(conn, COUNTY, [BASE + 1])
            await layers.bump(conn, COUNTY, "cases")
            await layers.bump(conn, COUNTY, "parcels")
        held = [
            await client.get(path, headers={"if-none-match": old.headers.get("etag", "")}) for path, old in zip(paths, before, strict=True)
        ]
        assert [answer.status_code for answer in held] == [204, 200, 304]
