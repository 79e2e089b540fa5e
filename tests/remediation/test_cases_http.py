"""Cases over HTTP: the whole way, who may, what is refused, one audit record a write."""

import itertools
from decimal import Decimal
from typing import Any

import httpx
import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.ledger import county
from tests.ledger.county import BODY, COUNTY, OTHER

JPEG = b"\xff\xd8\xff\xe0" + b"0" * 200
_keys = itertools.count()


def head(who: str, version: int | None = None, key: str | None = None) -> dict[str, str]:
    headers = {"x-who": who, "idempotency-key": key or f"k{next(_keys)}"}
    return headers | ({"if-match": f'"{version}"'} if version is not None else {})


async def create(api: httpx.AsyncClient, plots: list[county.Plot], who: str = "planner", **more: Any) -> httpx.Response:
    body = {"name": "一号项目", "responsible_body": BODY, "parcels": [{"land_code": p.land_code} for p in plots], **more}
    return await api.post("/api/cases", json=body, headers=head(who))


async def step(api: httpx.AsyncClient, case: dict[str, Any], name: str, who: str, **more: Any) -> httpx.Response:
    answer = await api.post(f"/api/cases/{case['id']}/transitions", json={"step": name, **more}, headers=head(who, case["version"]))
    if answer.is_success:
        case |= answer.json()
    return answer


async def attach(
    api: httpx.AsyncClient, case: dict[str, Any], content: bytes = JPEG, name: str = "现场.jpg", who: str = "officer"
) -> httpx.Response:
    return await api.post(f"/api/cases/{case['id']}/evidence", files={"file": (name, content, "image/jpeg")}, headers=head(who))


async def to_submitted(api: httpx.AsyncClient, plots: list[county.Plot], **more: Any) -> dict[str, Any]:
    case = (await create(api, plots, **more)).json()
    assert (await step(api, case, "assign", "acceptor", detail={"deadline_on": "2025-12-01"})).status_code == 200
    plan = {"plan_text": "拆除重建", "method": "rebuild", "category": county.pack().content.categories[0].code}
    assert (await step(api, case, "plan", "officer", detail=plan)).status_code == 200
    assert (await step(api, case, "remediate", "officer")).status_code == 200
    assert (await attach(api, case)).status_code == 201
    assert (await step(api, case, "submit", "officer")).status_code == 200
    return case


async def chain(conn: AsyncConnection) -> int:
    return (await conn.execute(text("SELECT coalesce(max(seq), 0) FROM audit_record WHERE county_code = :c"), {"c": COUNTY})).scalar_one()


async def test_the_whole_way(api: httpx.AsyncClient, committed: AsyncConnection) -> None:
    plots = [await county.plot(committed, 0, 0, 100, 100, registered=Decimal("9990.50")), await county.plot(committed, 200, 0, 50, 50)]
    before = await chain(committed)
    case = (await create(api, plots)).json()
    assert (case["state"], case["version"]) == ("listed", 1)
    assert case["code"].startswith("ZZ-2025-")
    assert case["id"] // 10**9 == int(COUNTY)
    assert (await step(api, case, "assign", "acceptor")).json()["code"] == "case_step_needs"
    assert (await step(api, case, "assign", "acceptor", detail={"deadline_on": "2025-12-01"})).json()["state"] == "assigned"
    seen = (await api.get(f"/api/cases/{case['id']}", headers={"x-who": "officer"})).json()
    assert [(s["step"], s["needs"]) for s in seen["next_steps"] if s["step"] == "plan"] == [("plan", ["method", "category"])]
    plan = {"plan_text": "拆除重建", "method": "rebuild", "category": county.pack().content.categories[0].code}
    await step(api, case, "plan", "officer", detail=plan)
    await step(api, case, "remediate", "officer")
    refused = await step(api, case, "submit", "officer")
    assert (refused.status_code, refused.json()["missing"]) == (422, ["evidence"])
    assert (await attach(api, case)).status_code == 201
    claimed = [{"land_code": plots[1].land_code, "claimed_m2": 2400}]
    assert (await step(api, case, "submit", "officer", detail={"claimed": claimed})).json()["state"] == "submitted"
    mine = await step(api, case, "accept", "promoted")
    assert (mine.status_code, mine.json()["code"]) == (403, "same_person")
    assert (await step(api, case, "accept", "foreign_acceptor")).json()["code"] == "step_forbidden"
    assert (await step(api, case, "accept", "officer")).json()["code"] == "step_forbidden"
    accepted = [{"land_code": plots[0].land_code, "accepted_m2": 9000.25}]
    answer = await step(api, case, "accept", "acceptor", detail={"accepted": accepted}, document="慈经信验〔2025〕1号")
    assert answer.json()["state"] == "accepted"
    assert answer.headers["etag"] == f'"{case["version"]}"'
    progress = (await api.get("/api/targets/CX-008/progress", headers={"x-who": "planner"})).json()
    assert progress["done"]["m2"] == 9000.25 + 2400
    postings = (await api.get("/api/ledger/postings", params={"case": case["code"]}, headers={"x-who": "planner"})).json()
    assert postings["total"]["counted_m2"] == 11400.25
    assert (await step(api, case, "delist", "acceptor")).json()["state"] == "delisted"
    assert (await step(api, case, "reverse", "acceptor", reason="不实")).json()["missing"] == ["document"]
    assert (await step(api, case, "reverse", "acceptor", reason="不实", document="慈核1号")).json()["state"] == "reversed"
    assert (await api.get("/api/targets/CX-008/progress", headers={"x-who": "planner"})).json()["done"]["m2"] == 0
    events = (await api.get(f"/api/cases/{case['code']}", headers={"x-who": "planner"})).json()["events"]
    assert [e["step"] for e in events] == ["list", "assign", "plan", "remediate", "submit", "accept", "delist", "reverse"]
    assert events[5]["document"] == "慈经信验〔2025〕1号"
    assert events[4]["actor_name"] != events[5]["actor_name"]
    wrote = (
        (
            await committed.execute(
                text("SELECT action FROM audit_record WHERE county_code = :c AND seq > :s ORDER BY seq"), {"c": COUNTY, "s": before}
            )
        )
        .scalars()
        .all()
    )
    assert [a for a in wrote if a != "refused"] == [
        f"case.{s}" for s in ("list", "assign", "plan", "remediate", "evidence", "submit", "accept", "delist", "reverse")
    ]
    assert wrote.count("refused") == 3


async def test_return_and_apply_again(api: httpx.AsyncClient, committed: AsyncConnection) -> None:
    case = await to_submitted(api, [await county.plot(committed, 0, 0, 50, 50)])
    assert (await step(api, case, "return", "acceptor")).json()["missing"] == ["reason"]
    assert (await step(api, case, "return", "acceptor", reason="照片不清")).json()["state"] == "returned"
    assert (await step(api, case, "remediate", "officer")).json()["state"] == "remediating"
    assert (await step(api, case, "submit", "officer")).json()["state"] == "submitted"
    assert (await step(api, case, "accept", "acceptor")).json()["state"] == "accepted"


async def test_versions(api: httpx.AsyncClient, committed: AsyncConnection) -> None:
    case = (await create(api, [await county.plot(committed, 0, 0, 50, 50)])).json()
    url, body = f"/api/cases/{case['id']}/transitions", {"step": "dismiss", "reason": "不属实"}
    assert (await api.post(url, json=body, headers=head("planner"))).status_code == 428
    assert (await api.post(url, json=body, headers={"x-who": "planner", "if-match": '"1"'})).status_code == 428
    stale = await api.post(url, json=body, headers=head("planner", 7))
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    first = await api.post(url, json=body, headers=head("planner", 1, "same"))
    again = await api.post(url, json=body, headers=head("planner", 1, "same"))
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert (await api.post(url, json=body, headers=head("planner", 1))).status_code == 412
    assert (await api.post(url, json=body, headers=head("planner", 2))).json()["code"] == "case_step_state"


async def test_another_bodys_case_does_not_exist_for_an_officer(api: httpx.AsyncClient, committed: AsyncConnection) -> None:
    case = (await create(api, [await county.plot(committed, 0, 0, 50, 50)])).json()
    other = {"x-who": "other_officer"}
    assert (await api.get(f"/api/cases/{case['id']}", headers=other)).status_code == 404
    assert (await step(api, case, "dismiss", "other_officer", reason="x")).status_code == 404
    assert (await attach(api, case, who="other_officer")).status_code == 404
    assert (await api.get("/api/cases", headers=other)).json()["items"] == []
    assert (await api.get("/api/cases", params={"responsible_body": BODY}, headers=other)).status_code == 404
    assert (await api.get("/api/cases", headers={"x-who": "viewer"})).status_code == 403
    assert (await api.get("/api/cases")).status_code == 401
    mine = await create(api, [await county.plot(committed, 100, 0, 50, 50)], who="other_officer")
    assert mine.status_code == 404
    assert (await create(api, [await county.plot(committed, 200, 0, 50, 50)], who="officer")).status_code == 201


async def test_a_parcel_is_in_one_open_case(api: httpx.AsyncClient, committed: AsyncConnection) -> None:
    plot = await county.plot(committed, 0, 0, 50, 50)
    case = (await create(api, [plot])).json()
    refused = await create(api, [plot])
    assert (refused.status_code, refused.json()["code"], refused.json()["cases"]) == (409, "parcel_in_open_case", [case["code"]])
    await step(api, case, "dismiss", "planner", reason="不属实")
    assert (await create(api, [plot])).status_code == 201


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"parcels": [{"land_code": "nothing"}]}, 422, "case_reference_unknown"),
        ({"parcels": []}, 422, "body_invalid"),
        ({"responsible_body": OTHER}, 422, "parcel_of_other_body"),
        ({"responsible_body": "999777999"}, 404, "not_found"),
        ({"enterprises": ["91330282MA00000000"]}, 422, "case_reference_unknown"),
        ({"method": "magic"}, 422, "case_reference_unknown"),
        ({"category": "magic"}, 422, "case_reference_unknown"),
        ({"colour": "red"}, 422, "body_invalid"),
        ({"name": " "}, 422, "body_invalid"),
    ],
)
async def test_bad_cases(api: httpx.AsyncClient, committed: AsyncConnection, change: dict[str, Any], status: int, code: str) -> None:
    answer = await create(api, [await county.plot(committed, 0, 0, 50, 50)], **change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    left = await committed.execute(text("SELECT count(*) FROM remediation_case WHERE county_code = :c"), {"c": COUNTY})
    assert left.scalar_one() == 0


async def test_areas_are_bounded(api: httpx.AsyncClient, committed: AsyncConnection) -> None:
    plot = await county.plot(committed, 0, 0, 100, 100, registered=Decimal("9990.00"))
    too_much = await create(api, [], parcels=[{"land_code": plot.land_code, "claimed_m2": 9990.01}])
    assert (too_much.status_code, too_much.json()["code"]) == (422, "case_area_exceeded")
    case = await to_submitted(api, [plot])
    refused = await step(api, case, "accept", "acceptor", detail={"accepted": [{"land_code": plot.land_code, "accepted_m2": 9990.01}]})
    assert (refused.json()["code"], refused.json()["limit_m2"]) == ("case_area_exceeded", 9990.0)
    unknown = await step(api, case, "accept", "acceptor", detail={"accepted": [{"land_code": "x", "accepted_m2": 1}]})
    assert unknown.json()["code"] == "case_reference_unknown"
    assert (await step(api, case, "accept", "acceptor")).json()["state"] == "accepted"
    seen = (await api.get(f"/api/cases/{case['id']}", headers={"x-who": "officer"})).json()
    assert seen["accepted"]["m2"] == 9990.0


async def test_part_of_a_parcel(api: httpx.AsyncClient, committed: AsyncConnection) -> None:
    plot = await county.plot(committed, 0, 0, 100, 100, registered=Decimal("9000.00"))

    def part(x: float, y: float, w: float, h: float) -> dict[str, Any]:
        return {"land_code": plot.land_code, "part": shapely.geometry.mapping(county.rectangle(x, y, w, h))}

    outside = await create(api, [], parcels=[part(50, 0, 100, 100)])
    assert (outside.status_code, outside.json()["code"]) == (422, "case_part_invalid")
    for bad in ({"type": "Point", "coordinates": [121, 30]}, {"type": "Nonsense"}, {"type": "Polygon", "coordinates": [[[121, 30], [122, 31], [122, 30], [121, 31], [121, 30]]]},
                {"type": "Polygon", "coordinates": [[[6e5, 3e6], [6.1e5, 3e6], [6e5, 3.1e6], [6e5, 3e6]]]}):  # fmt: skip
        answer = await create(api, [], parcels=[{"land_code": plot.land_code, "part": bad}])
        assert (answer.status_code, answer.json()["code"]) == (422, "case_part_invalid"), answer.text
    case = await to_submitted(api, [], parcels=[part(0, 0, 60, 100)])
    assert (await step(api, case, "accept", "acceptor")).status_code == 200
    seen = (await api.get(f"/api/cases/{case['id']}", headers={"x-who": "officer"})).json()
    assert seen["parcels"][0]["is_part"]
    assert abs(seen["accepted"]["m2"] - 5400) <= 0.01
    rest = await to_submitted(api, [plot])
    assert (await step(api, rest, "accept", "acceptor")).status_code == 200
    progress = (await api.get("/api/targets/CX-008/progress", headers={"x-who": "planner"})).json()
    assert abs(progress["done"]["m2"] - 9000) <= 0.02
    assert (await step(api, case, "reverse", "acceptor", reason="x", document="y")).status_code == 200
    assert (await api.get("/api/targets/CX-008/progress", headers={"x-who": "planner"})).json()["done"]["m2"] == 9000.0


async def test_pages_and_summary(api: httpx.AsyncClient, committed: AsyncConnection) -> None:
    cases = [
        (await create(api, [await county.plot(committed, n * 100, 0, 50, 50)], deadline_on=f"2025-0{9 if n < 2 else 8}-1{n}")).json()
        for n in range(3)
    ]
    cases.append((await create(api, [await county.plot(committed, 900, 0, 50, 50)], deadline_on="2025-10-12")).json())
    await step(api, cases[0], "assign", "acceptor")
    page = (await api.get("/api/cases", params={"limit": 3}, headers={"x-who": "planner"})).json()
    rest = (await api.get("/api/cases", params={"limit": 3, "cursor": page["next"]}, headers={"x-who": "planner"})).json()
    assert [i["id"] for i in page["items"] + rest["items"]] == sorted((c["id"] for c in cases), reverse=True)
    assert rest["next"] is None
    wrong = await api.get("/api/cases", params={"limit": 3, "state": "listed", "cursor": page["next"]}, headers={"x-who": "planner"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "parameter_invalid")
    assert (await api.get("/api/cases", params={"stat": "x"}, headers={"x-who": "planner"})).json()["code"] == "parameter_unknown"
    assert (await api.get("/api/cases", params={"state": "nope"}, headers={"x-who": "planner"})).status_code == 400
    summary = (await api.get("/api/cases/summary", headers={"x-who": "planner"})).json()
    rows = {r["state"]: r for r in summary["rows"]}
    assert (rows["listed"]["n_cases"], rows["assigned"]["n_cases"], summary["total"]["n_cases"]) == (3, 1, 4)
    assert summary["total"]["n_parcels"] == sum(r["n_parcels"] for r in summary["rows"])
    assert summary["total"]["m2"] == sum(r["m2"] for r in summary["rows"]) == 10_000
    assert summary["sum_check"]
    assert [r["days"] for r in summary["overdue"]] == [49, 20, 19]
    assert summary["due_within"] == {"7": 0, "15": 1, "30": 1}
    assert rows["listed"]["held_by"] == county.pack().content.departments[0].name or "经" in rows["listed"]["held_by"]
    assert rows["assigned"]["held_by"] == "责任主体"
    assert (await api.get("/api/cases/summary", headers={"x-who": "other_officer"})).json()["total"]["n_cases"] == 0
