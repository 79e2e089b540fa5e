"""`extent.temporal` of the collections: the days that `datetime` can ask for, of what the caller sees, without reading all on each request."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.core import db
from app.core.principal import Role
from app.maps import temporal
from tests.maps.conftest import BASE, COUNTY, OTHER, OWN, client_of, person

UTC = "T16:00:00Z"
"""Midnight of the next day in Shanghai."""


@pytest.fixture(autouse=True)
def forgotten() -> None:
    temporal._PARCELS.clear()


def intervals(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200
    found = {one["id"]: one.get("extent", {}).get("temporal") for one in answer.json()["collections"]}
    assert {one["trs"] for one in found.values() if one} == {"http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"}
    return {name: one["interval"] for name, one in found.items() if one}


async def test_collections_tell_their_days(planner: httpx.AsyncClient, viewer: httpx.AsyncClient, officer: httpx.AsyncClient) -> None:
    parcels, lines = [[f"2023-12-31{UTC}", None]], [[f"2019-12-31{UTC}", None]]
    cases = [[f"2024-12-31{UTC}", None]]
    whole = intervals(await planner.get("/collections"))
    assert whole == {"parcels": parcels, "control-lines": lines, "cases": cases}, "no days of blocks, none where nothing is"
    assert intervals(await viewer.get("/collections")) == {"parcels": parcels, "control-lines": lines}
    for name, said in whole.items():
        alone = (await planner.get(f"/collections/{name}")).json()
        assert alone["extent"]["temporal"]["interval"] == said
        assert alone["extent"]["spatial"]["bbox"]
        since = said[0][0]
        assert (await planner.get(f"/collections/{name}/items", params={"datetime": f"{since}/.."})).json()["numberReturned"] > 0
    assert (await planner.get("/collections/parcels/items", params={"datetime": parcels[0][0]})).json()["numberReturned"] == 60
    assert (await planner.get("/collections/parcels/items", params={"datetime": "2023-12-31"})).json()["numberReturned"] == 0
    page = await planner.get("/collections/parcels", params={"f": "json"})
    assert "temporal" in page.json()["extent"]
    assert intervals(await officer.get("/collections"))["cases"] == cases


async def test_days_of_an_officers_own_cases_only(county: None) -> None:
    async with db.engine().begin() as conn:
        await conn.execute(text("UPDATE remediation_case SET created_on = '2021-05-01' WHERE id = :id"), {"id": BASE + 2})
    try:
        seen = {}
        for who in (person(Role.planner), person(Role.officer, OTHER), person(Role.officer, OWN), person(Role.officer, "999012003")):
            async with client_of(who) as client:
                seen[who.responsible_body] = intervals(await client.get("/collections")).get("cases")
        assert seen == {
            None: [[f"2021-04-30{UTC}", None]], OTHER: [[f"2021-04-30{UTC}", None]], OWN: [[f"2024-12-31{UTC}", None]], "999012003": None,
        }  # fmt: skip
    finally:
        async with db.engine().begin() as conn:
            await conn.execute(text("UPDATE remediation_case SET created_on = '2025-01-01' WHERE id = :id"), {"id": BASE + 2})


async def test_lines_that_all_ended_have_an_end(planner: httpx.AsyncClient) -> None:
    change = "UPDATE planning_layer SET valid_to = {to} WHERE county_code = :c AND family = 'control_line' AND version = '2'"
    async with db.engine().begin() as conn:
        await conn.execute(text(change.format(to="DATE '2025-03-01'")), {"c": COUNTY})
    try:
        assert intervals(await planner.get("/collections"))["control-lines"] == [[f"2019-12-31{UTC}", f"2025-02-28{UTC}"]]
    finally:
        async with db.engine().begin() as conn:
            await conn.execute(text(change.format(to="NULL")), {"c": COUNTY})


async def test_versions_are_read_once_in_a_while(planner: httpx.AsyncClient, restored: None, monkeypatch: pytest.MonkeyPatch) -> None:
    first = intervals(await planner.get("/collections"))["parcels"]
    async with db.engine().begin() as conn:
        await conn.execute(text("UPDATE parcel_version SET valid = '[2022-07-01,)' WHERE parcel_id = :id"), {"id": BASE + 3})
    assert intervals(await planner.get("/collections"))["parcels"] == first
    monkeypatch.setattr(temporal, "_PARCELS", {county: (0.0, day) for county, (_, day) in temporal._PARCELS.items()})
    assert intervals(await planner.get("/collections"))["parcels"] == [[f"2022-06-30{UTC}", None]]


async def test_a_county_without_anything_tells_none(stranger: httpx.AsyncClient) -> None:
    assert all("temporal" not in one.get("extent", {}) for one in (await stranger.get("/collections")).json()["collections"])
