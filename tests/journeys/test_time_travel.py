"""as_of and known_at over HTTP: both deliveries, splits and merges, what was known when; no code is reused."""

import csv
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.parcels.codes import parse_one_code
from tests.journeys.conftest import pages

pytestmark = pytest.mark.serial
COUNTY, TARGET = "330282", "CX-008"
TODAY, START, END = date(2025, 9, 30), date(2021, 1, 1), date(2025, 12, 31)
SECOND = date(2025, 6, 30)
Clients = Callable[..., httpx.Client]


def state_of(planner: httpx.Client, **moment: str) -> dict[str, dict[str, Any]]:
    """land_code → feature of that moment, all pages."""
    query = "&".join(f"{name}={value}" for name, value in moment.items())
    found = pages(planner, f"/collections/parcels/items?limit=5000&{query}", "features")
    state = {f["properties"]["land_code"]: f for f in found}
    assert len(state) == len({f["id"] for f in found}) == len(found)
    return state


@pytest.fixture(scope="module")
def first(planner: httpx.Client) -> dict[str, dict[str, Any]]:
    return state_of(planner, as_of="2025-06-29")


@pytest.fixture(scope="module")
def second(planner: httpx.Client) -> dict[str, dict[str, Any]]:
    return state_of(planner, as_of="2025-06-30")


def test_both_deliveries_are_answered_by_day(planner: httpx.Client, figures: dict[str, Any], first: dict, second: dict) -> None:
    want = figures["as_of"]
    assert {"2025-06-29": len(first), "2025-06-30": len(second)} == {d: want[d] for d in ("2025-06-29", "2025-06-30")}
    for day in ("2024-06-29", "2024-06-30"):
        assert len(state_of(planner, as_of=day)) == want[day]
    change = figures["second_delivery"]
    assert (len(set(first) - set(second)), len(set(second) - set(first))) == (change["vanished"], change["new"])
    reshaped = [c for c in set(first) & set(second) if first[c]["geometry"] != second[c]["geometry"]]
    assert len(reshaped) == change["shape_changed"]

    code = random.choice(sorted(reshaped))
    for state, day in ((first, "2025-06-29"), (second, "2025-06-30")):
        one = planner.get(f"/collections/parcels/items/{code}", params={"as_of": day}).json()
        assert one["geometry"] == state[code]["geometry"]
        archive = planner.get(f"/api/parcels/{code}", params={"as_of": day}).json()
        planar = next(row["m2"] for row in archive["areas"] if row["kind"] == "planar")
        assert planar == state[code]["properties"]["area_planar_m2"]


def test_a_split_and_a_merge_are_followed_by_code(live_server: Any, planner: httpx.Client, first: dict, second: dict) -> None:
    with (live_server.state / "demo" / COUNTY / "key" / "lineage.csv").open(encoding="utf-8") as file:
        lineage = list(csv.DictReader(file))
    code_of = {f["properties"]["cadastral_code"]: code for state in (second, first) for code, f in state.items()}
    for kind, by, other in (("split", "parent", "child"), ("merge", "child", "parent")):
        one = random.choice([row for row in lineage if row["kind"] == kind])[by]
        many = {code_of[row[other]] for row in lineage if row["kind"] == kind and row[by] == one}
        assert len(many) == 2
        before, after = ({code_of[one]}, many) if kind == "split" else (many, {code_of[one]})
        assert before <= set(first)
        assert not before & set(second)
        assert after <= set(second)
        assert not after & set(first)
        for code in before:
            then = planner.get(f"/api/parcels/{code}", params={"as_of": "2025-06-29"})
            assert then.status_code == 200
            assert set(then.json()["lineage"]["children"]) == after
            gone = planner.get(f"/collections/parcels/items/{code}", params={"as_of": "2025-06-30"})
            assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
        for code in after:
            assert set(planner.get(f"/api/parcels/{code}").json()["lineage"]["parents"]) == before


def test_known_at_before_the_second_delivery_shows_what_was_known(
    planner: httpx.Client, first: dict, second: dict, fetch: Callable[..., Any]
) -> None:
    recorded: datetime = fetch(
        "SELECT min(lower(recorded)) AS at FROM parcel_version WHERE county_code = $1 AND lower(valid) = $2", COUNTY, SECOND
    )[0]["at"]
    before = (recorded - timedelta(milliseconds=1)).isoformat().replace("+", "%2B")
    known = state_of(planner, as_of="2025-09-30", known_at=before)
    assert set(known) == set(first), "the register knew of the first delivery only"
    assert all(known[code]["geometry"] == first[code]["geometry"] for code in known)
    now = state_of(planner, as_of="2025-09-30", known_at=recorded.isoformat().replace("+", "%2B"))
    assert set(now) == set(second)


def test_no_code_is_reused(first: dict, second: dict, fetch: Callable[..., Any]) -> None:
    rows = fetch(
        "SELECT p.id, p.land_code, p.source_key, i.undone_at IS NULL AS stands FROM parcel p JOIN import_job i ON i.id = p.born_import_id"
        " WHERE p.county_code = $1",
        COUNTY,
    )
    codes = [row["land_code"] for row in rows]
    assert len(set(codes)) == len(codes) == len({row["source_key"] for row in rows})
    assert {row["land_code"] for row in rows if row["stands"]} == set(first) | set(second), "an undone import leaves its codes used"
    for code in codes:
        parts = parse_one_code(code)
        assert parts is not None, code
        assert (parts.county, parts.kind) == (COUNTY, "P")
    assert len({(c[6:9], c[10:16]) for c in codes}) == len(codes), "numbers are not given twice within a town"
    assert all(first[c]["id"] == second[c]["id"] for c in set(first) & set(second)), "a code keeps its id"
    vanished, born = set(first) - set(second), set(second) - set(first)
    highest = {town: max(int(c[10:16]) for c in first if c[6:9] == town) for town in {c[6:9] for c in first}}
    assert vanished
    assert all(int(c[10:16]) > highest.get(c[6:9], 0) for c in born), "new codes begin after the last one ever given"
