"""低效底数: totals are the sums of their rows and open to exactly their parcels; 初判 and 认定 stay apart."""

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.accounts import deps
from app.classification import views
from app.classification.router import router
from app.classification.runs import run
from app.core import web
from app.core.principal import Principal, Role, system
from tests.classification.register import AS_OF, COUNTY, Register

BODIES = ("999001101", "999001102", "999001000")


def person(role: Role = Role.planner, **values: Any) -> Principal:
    return Principal(**({"id": 1, "name": "张工", "role": role, "county_code": COUNTY, "department_code": "zg"} | values))


@pytest.fixture
async def register(conn) -> Register:
    found = await Register(conn).open()
    await found.lists_checked()
    for n, (code, kind) in enumerate(zip(BODIES, ("town", "town", "unassigned"), strict=True)):
        await conn.execute(
            text("INSERT INTO responsible_body (county_code, code, name, kind, sort) VALUES (:c, :b, :n, :k, :s) ON CONFLICT DO NOTHING"),
            {"c": COUNTY, "b": code, "n": f"责任主体{n}", "k": kind, "s": n},
        )
    return found


@pytest.fixture
async def county(conn, register: Register) -> dict[str, list[int]]:
    """12 parcels: in turn low tax (C2), D grade and low tax (C1 C2), good, without users."""
    layer = await register.insert("planning_layer", family="control_line", version="1", valid_from=date(2020, 1, 1))
    found: dict[str, list[int]] = {"low": [], "poor": [], "good": [], "empty": []}
    for n in range(12):
        kind = tuple(found)[n % 4]
        body, ownership = BODIES[n % 3], ("G", "J", None)[n % 3]
        area = Decimal("3333.33") + n * 1000
        parcel = await register.parcel(responsible_body=body, ownership=ownership, area_registered_m2=area)
        found[kind].append(parcel)
        await register.insert("parcel_overlay", parcel_id=parcel, layer_id=layer, ratio=Decimal((n % 3) * 0.5), area_m2=Decimal(0))
        await register.building(parcel, 20000, 20000, 0)
        await register.contract(parcel)
        if kind != "empty":
            firm = await register.firm()
            await register.holds(firm, parcel, 4)
            await register.tax(firm, 400 if kind == "good" else 8)
            await register.grade(firm, "D" if kind == "poor" else "A")
    await run(conn, COUNTY, as_of=AS_OF, principal=system(COUNTY))
    return found


@pytest.fixture
async def client(conn) -> Any:
    app = FastAPI()
    web.install(app)
    app.include_router(router)
    app.dependency_overrides[deps.signed] = lambda: person()
    app.dependency_overrides[deps._read] = lambda: conn
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as found:
        yield found


async def test_totals_are_the_sums_of_their_rows(conn, county: dict[str, list[int]]) -> None:
    answer = await views.read_summary(conn, person(), calibre=None, by=None)
    whole, bad = answer["denominator"], answer["inefficient"]
    assert (whole["n_parcels"], bad["n_parcels"], answer["unknown"]["n_parcels"], answer["not_inefficient"]["n_parcels"]) == (12, 6, 3, 3)
    for field in ("n_parcels", "m2", "mu"):
        for breakdown in ("by_line", "by_ownership", "by_body"):
            assert sum(row[field] for row in answer[breakdown]) == bad[field]
        assert sum(row["denominator"][field] for row in answer["by_body"]) == whole[field]
        assert bad[field] + answer["unknown"][field] + answer["not_inefficient"][field] == whole[field]
    assert bad["share_pct"] == round(100 * bad["mu"] / whole["mu"], 2)
    criteria = {row["id"]: row["n_parcels"] for row in answer["by_criterion"]}
    assert criteria == {"C1": 3, "C2": 6, "C3": 0, "C4": 0, "C5": 0, "C6": 0, "C7": 0}
    assert sum(criteria.values()) > bad["n_parcels"]
    assert [row["relation"] for row in answer["by_line"]] == ["inside", "crossing", "outside", "unknown"]
    assert answer["by_body"][-1]["kind"] == "unassigned"
    top = [row["area_used_mu"] for row in answer["top"]]
    assert (len(top), top) == (6, sorted(top, reverse=True))


async def test_every_figure_opens_to_exactly_its_parcels(conn, client: httpx.AsyncClient, county: dict[str, list[int]]) -> None:
    answer = (await client.get("/api/classification/summary")).json()
    figures: list[dict[str, Any]] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "parcels_url" in node:
                figures.append(node)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(answer)
    assert len(figures) > 30
    for figure in figures:
        page = (await client.get(figure["parcels_url"])).json()
        assert page["total"] == {field: figure[field] for field in ("n_parcels", "m2", "mu")}, figure["parcels_url"]
        assert len(page["items"]) == figure["n_parcels"]


async def test_parcels_are_paged_without_gap_or_repetition(client: httpx.AsyncClient, county: dict[str, list[int]]) -> None:
    url, seen = "/api/classification/parcels?inefficient=true&determined=false&limit=4", []
    while url:
        page = (await client.get(url)).json()
        seen += [item["land_code"] for item in page["items"]]
        url = next((link["href"] for link in page["links"]), None)
    assert len(seen) == len(set(seen)) == 6
    assert (await client.get("/api/classification/parcels?inefficient=true&cursor=abc")).status_code == 400


async def test_a_determination_never_joins_the_computed_total(conn, county: dict[str, list[int]]) -> None:
    values = {"kind": "inefficient", "document": "慈政发〔2025〕1号", "decided_on": date(2025, 9, 1), "decided_by": "市政府"}
    register = Register(conn)
    for parcel in (county["poor"][0], county["good"][0]):
        await register.insert("determination", parcel_id=parcel, **values)
    await register.insert("determination", parcel_id=county["low"][0], **values, revoked_on=date(2025, 9, 2), revoked_document="撤")
    answer = await views.read_summary(conn, person(), calibre=None, by=None)
    assert answer["inefficient"]["n_parcels"] == 6
    assert (answer["determined"]["n_parcels"], answer["determined"]["also_suspected"]["n_parcels"]) == (2, 1)


async def test_an_officer_sees_the_figures_of_his_own_body(conn, county: dict[str, list[int]]) -> None:
    officer = person(Role.officer, responsible_body=BODIES[0], department_code=None)
    answer = await views.read_summary(conn, officer, calibre=None, by=None)
    assert ([row["responsible_body"] for row in answer["by_body"]], answer["denominator"]["n_parcels"]) == ([BODIES[0]], 4)
    page = await views.list_parcels(conn, officer, calibre=None, cuts={"body": BODIES[1]}, cursor=None, limit=10)
    assert (page["total"]["n_parcels"], page["items"]) == (0, [])


async def test_bad_input(client: httpx.AsyncClient, conn, register: Register) -> None:
    assert (await client.get("/api/classification/summary")).json()["code"] == "facts_not_published"
    await run(conn, COUNTY, as_of=AS_OF, principal=system(COUNTY))
    for url, code in (
        ("/api/classification/summary?calibre=moon", "parameter_invalid"),
        ("/api/classification/summary?by=moon", "parameter_invalid"),
        ("/api/classification/parcels?limit=0", "parameter_invalid"),
        ("/api/parcels/999001101P0000010/verdicts", "not_found"),
    ):
        answer = await client.get(url)
        assert answer.json().get("code") == code, (url, answer.text[:300])


async def test_by_keeps_one_breakdown(conn, county: dict[str, list[int]]) -> None:
    answer = await views.read_summary(conn, person(), calibre="whole_city", by="line")
    assert [key for key in answer if key in views.BREAKDOWNS] == ["by_line"]
    assert parse_qs(urlsplit(answer["by_line"][0]["parcels_url"]).query) == {
        "calibre": ["whole_city"], "inefficient": ["true"], "relation": ["inside"],
    }  # fmt: skip


async def test_runs_are_listed_newest_first(client: httpx.AsyncClient, conn, county: dict[str, list[int]]) -> None:
    await run(conn, COUNTY, as_of=AS_OF, principal=system(COUNTY))
    rows = (await client.get("/api/classification/runs")).json()
    assert rows[0]["id"] > rows[1]["id"]
    assert rows[0]["input_hash"] == rows[1]["input_hash"]
