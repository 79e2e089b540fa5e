"""PRACTICE §4 Q1, Q3, Q4 and Q10 over HTTP: the generator's figures, each total equal to its rows and open to its parcels.

Other tests post to the same ledger, so Q1 is compared twice: the opening ledger with the key, exactly, and the service's answer with the
same published formulas over all postings that stand.
"""

import calendar
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import asyncpg
import httpx
import pytest

from tests.journeys.conftest import pages

pytestmark = pytest.mark.serial
COUNTY, TARGET = "330282", "CX-008"
TODAY, START, END = date(2025, 9, 30), date(2021, 1, 1), date(2025, 12, 31)
SECOND = date(2025, 6, 30)
Clients = Callable[..., httpx.Client]


def exact(value: float | str) -> Decimal:
    return Decimal(str(value))


def rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


# --- Q1 -----------------------------------------------------------------------------------------------------------


def postings(planner: httpx.Client, *, until: date = TODAY) -> list[dict[str, Any]]:
    return pages(planner, f"/api/ledger/postings?calibre=city_level&from={START}&to={until}&limit=1000")


@dataclass
class Q1:
    """The answer by the published formulas (app/ledger/progress.py's docstring), written down once more."""

    done_mu: Decimal
    rate_pct: Decimal
    time_pct: Decimal
    ahead_pp: Decimal
    gap_mu: Decimal
    pace: Decimal
    required: Decimal
    eta: date | None


def q1(rows: Iterable[tuple[date, Decimal]], day: date, target: Decimal = Decimal(10_000)) -> Q1:
    rows = list(rows)
    mu = Decimal("0.0015")
    done = rounded(sum((m2 for on, m2 in rows if START <= on <= day), Decimal(0)) * mu, 2)
    year_ago = date(day.year - 1, day.month, calendar.monthrange(day.year - 1, day.month)[1])  # `day` is a month's last one
    last = rounded(sum((m2 for on, m2 in rows if year_ago < on <= day), Decimal(0)) * mu, 2)
    rate = done * 100 / target
    time = Decimal((day - START).days + 1) * 100 / Decimal((END - START).days + 1)
    gap, pace, left = target - done, last / 12, (END.year - day.year) * 12 + END.month - day.month
    when = day + timedelta(days=int(gap / pace * Decimal(365) / 12)) if gap > 0 else None
    return Q1(done, rounded(rate, 2), rounded(time, 2), rounded(rate - time, 2), gap, rounded(pace, 1), rounded(gap / left, 1), when)


def said(answer: dict[str, Any]) -> Q1:
    numbers = (answer["done"]["mu"], answer["rate_pct"], answer["time_progress"]["pct"], answer["ahead_pp"], answer["gap_mu"],
               answer["pace_12m_mu"], answer["required_pace_mu"])  # fmt: skip
    return Q1(*map(exact, numbers), date.fromisoformat(answer["eta"]) if answer["eta"] else None)  # type: ignore[arg-type]


def dated(rows: Iterable[dict[str, Any]]) -> list[tuple[date, Decimal]]:
    return [(date.fromisoformat(row["posted_on"]), exact(row["counted_m2"])) for row in rows]


OPENING = ("opening", "mapping")
"""期初结转 and 补图, which never moves a total."""


def test_q1_opening_ledger_gives_the_expected_figures(planner: httpx.Client, figures: dict[str, Any]) -> None:
    key = figures["q1"]
    opening = [row for row in postings(planner) if row["kind"] in OPENING]
    total = sum((exact(row["counted_m2"]) for row in opening), Decimal(0))
    assert abs(total - Decimal("6378000")) < Decimal("0.5"), total  # rows are kept at 0.01 m²
    got = q1(dated(opening), TODAY)
    assert got == Q1(Decimal("9567.00"), Decimal("95.67"), Decimal("94.96"), Decimal("0.71"), Decimal("433.00"), Decimal("115.0"),
                     Decimal("144.3"), date(2026, 1, 22))  # fmt: skip
    assert (float(got.done_mu), float(got.pace), float(got.required), str(got.eta)) == (
        key["done_mu"], key["mean_12_months_mu"], key["required_mu_a_month"], key["eta"])  # fmt: skip
    for month, want in figures["ledger"]["by_month"].items():
        mine = sum((exact(r["counted_m2"]) for r in opening if r["posted_on"].startswith(month)), Decimal(0)) * Decimal("0.0015")
        assert rounded(mine, 2) == rounded(exact(want), 2), month
    first = [row for row in opening if row["kind"] == "opening"]
    assert (len(first), len({row["project_code"] for row in first})) == (figures["ledger"]["postings"], figures["ledger"]["projects"])


def test_q1_service_answers_by_the_published_formulas(planner: httpx.Client) -> None:
    for _ in range(5):  # another client may post between two reads
        before = postings(planner)
        answer = planner.get(f"/api/targets/{TARGET}/progress").json()
        if {r["id"] for r in postings(planner)} == {r["id"] for r in before}:
            break
    assert said(answer) == q1(dated(before), TODAY)
    assert (answer["time_progress"]["days_elapsed"], answer["time_progress"]["days_total"]) == (1734, 1826)
    assert answer["eta_is_late"] is (date.fromisoformat(answer["eta"]) > END)
    assert answer["final"] is False

    total = sum((exact(row["counted_m2"]) for row in before), Decimal(0))
    assert exact(answer["done"]["m2"]) == total
    assert sum((exact(r["done_m2"]) for r in answer["rows"]), Decimal(0)) == total, "Σ rows"
    assert sum((exact(m["m2"]) for m in answer["months"]), Decimal(0)) == total, "Σ months"
    assert sum((exact(r["allocated_mu"]) for r in answer["rows"] if r["allocated_mu"] is not None), Decimal(0)) == 10_000
    by_body: dict[str, Decimal] = defaultdict(Decimal)
    for row in before:
        by_body[row["responsible_body"]] += exact(row["counted_m2"])
    assert {r["responsible_body"]: exact(r["done_m2"]) for r in answer["rows"] if r["done_m2"]} == {k: v for k, v in by_body.items() if v}

    opened = pages(planner, answer["postings_url"])
    assert sorted(r["id"] for r in opened) == sorted(r["id"] for r in before), "the figure opens to its postings"
    unmapped = sum((exact(r["counted_m2"]) for r in before if r["geometry_status"] == "unmapped"), Decimal(0))
    assert exact(answer["unmapped_mu"]) == rounded(unmapped * Decimal("0.0015"), 2)

    month = [r for r in before if r["posted_on"] >= "2025-09-01"]
    assert exact(answer["month"]["new_mu"]) == rounded(sum((exact(r["counted_m2"]) for r in month), Decimal(0)) * Decimal("0.0015"), 2)


@pytest.mark.parametrize("day", [date(2022, 12, 31), date(2024, 9, 30), date(2025, 8, 31)])
def test_q1_on_earlier_days_equals_the_key(planner: httpx.Client, figures: dict[str, Any], day: date) -> None:
    """Days that no other test posts to: the whole answer by the key alone."""
    months = {m: exact(v) for m, v in figures["ledger"]["by_month"].items()}
    rows = [(date(int(m[:4]), int(m[5:]), 1), value / Decimal("0.0015")) for m, value in months.items()]
    answer = planner.get(f"/api/targets/{TARGET}/progress", params={"as_of": str(day)}).json()
    assert said(answer) == q1(rows, day)
    assert exact(answer["month"]["new_mu"]) == months[f"{day:%Y-%m}"]
    same, last = months.get(f"{day.year - 1}-{day.month:02d}"), months[f"{day.year}-{day.month - 1:02d}"]
    now = months[f"{day:%Y-%m}"]
    assert exact(answer["month"]["mom"]) == rounded((now - last) * 100 / last, 1)
    assert same is None or exact(answer["month"]["yoy"]) == rounded((now - same) * 100 / same, 1)


def test_q1_after_the_period_the_final_value_stands_without_a_forecast(planner: httpx.Client) -> None:
    now = planner.get(f"/api/targets/{TARGET}/progress", params={"as_of": "2025-12-31"}).json()
    later = planner.get(f"/api/targets/{TARGET}/progress", params={"as_of": "2026-01-01"}).json()
    assert (later["final"], later["eta"], later["pace_12m_mu"], later["required_pace_mu"]) == (True, None, None, None)
    assert later["done"] == now["done"]
    assert now["final"] is False


def test_all_targets_are_listed_and_those_without_data_say_what_is_missing(planner: httpx.Client) -> None:
    body = planner.get("/api/targets").json()
    items = body["items"]
    assert [t["id"] for t in items] == [f"CX-{n:03d}" for n in range(1, 50)]
    counted = Counter(t["status"] for t in items)
    assert set(counted) <= {"computed", "observed", "rule", "unknown"}
    assert counted["unknown"] >= 40
    for target in items:
        assert target["clause"]
        assert target["period"]
        if target["status"] == "unknown":
            assert target["done"] is None
            assert target["missing"], target
            progress = planner.get(f"/api/targets/{target['id']}/progress").json()
            assert (progress["status"], progress["missing"]) == ("unknown", target["missing"])
            assert "rate_pct" not in progress
    headline = next(t for t in items if t["id"] == TARGET)
    assert (headline["status"], headline["value"]) == ("computed", 10_000)


# --- Q3 -----------------------------------------------------------------------------------------------------------


CLOSED = ("accepted", "delisted", "reversed", "dismissed")
"""Nobody has to act on these."""


def test_q3_cases_by_state_add_up_and_open(planner: httpx.Client, fetch: Callable[..., list[asyncpg.Record]]) -> None:
    answer = planner.get("/api/cases/summary").json()
    rows, total = answer["rows"], answer["total"]
    assert answer["sum_check"] is True
    for key in ("n_cases", "n_parcels"):
        assert sum(row[key] for row in rows) == total[key]
    assert sum((exact(row["m2"]) for row in rows), Decimal(0)) == exact(total["m2"])
    assert total["n_cases"] == fetch("SELECT count(*) AS n FROM remediation_case WHERE county_code = $1", COUNTY)[0]["n"], "入库数 = Σ 状态"
    for row in rows:
        opened = every_case(planner, row["state"])
        assert len(opened) == row["n_cases"] == sum(b["n_cases"] for b in row["by_body"]), row["state"]
        assert sum(case["n_parcels"] for case in opened) == row["n_parcels"]
        assert sum((exact(case["m2"]) for case in opened), Decimal(0)) == exact(row["m2"])
        days = [case["days_in_state"] for case in opened]
        assert row["max_days"] == max(days, default=None)
        assert row["mean_days"] == (float(rounded(Decimal(sum(days)) / len(days), 1)) if days else None)
        assert row["held_by"] or row["n_cases"] == 0 or row["state"] in CLOSED
    late = {case["code"] for row in rows for case in every_case(planner, row["state"]) if case["is_overdue"]}
    assert {case["code"] for case in answer["overdue"]} == late
    due = answer["due_within"]
    assert 0 <= due["7"] <= due["15"] <= due["30"] <= total["n_cases"]


def every_case(planner: httpx.Client, state: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    params = {"state": state, "limit": "200"}
    while True:
        body = planner.get("/api/cases", params=params).json()
        found += body["items"]
        if not body["next"]:
            assert len({c["id"] for c in found}) == len(found)
            return found
        params["cursor"] = body["next"]


# --- Q4 -----------------------------------------------------------------------------------------------------------


def near(got: float, want: float, n: int) -> bool:
    """亩 of `n` parcels: the key adds parcels rounded to 0.0001, the service adds m²."""
    return abs(exact(got) - exact(want)) <= Decimal("0.00005") * (n + 1)


def test_q4_inefficient_land_equals_the_key(planner: httpx.Client, figures: dict[str, Any]) -> None:
    key = figures["inefficient"]
    city = planner.get("/api/classification/summary").json()
    whole = planner.get("/api/classification/summary", params={"calibre": "whole_city"}).json()
    assert city["calibre"]["code"] == "city_level"
    assert (city["denominator"]["n_parcels"], whole["denominator"]["n_parcels"]) == (figures["parcels_municipal"], figures["parcels"])
    assert (city["inefficient"]["n_parcels"], rounded(exact(city["inefficient"]["mu"]), 0)) == (1430, 15_100)
    assert near(city["inefficient"]["mu"], key["municipal"]["mu"], 1430)
    assert near(whole["inefficient"]["mu"], key["mu"], 1430)
    assert near(whole["denominator"]["mu"], key["all"]["mu"], 8000)
    assert whole["inefficient"]["share_pct"] == key["share_of_area_percent"]
    assert exact(city["inefficient"]["share_pct"]) == rounded(exact(city["inefficient"]["mu"]) * 100 / exact(city["denominator"]["mu"]), 2)
    assert (whole["unknown"]["n_parcels"], near(whole["unknown"]["mu"], key["unknown"]["mu"], 320)) == (key["unknown"]["count"], True)
    for row in whole["by_criterion"]:
        want = key["by_criterion"][row["id"]]
        assert (row["n_parcels"], near(row["mu"], want["mu"], row["n_parcels"])) == (want["count"], True), row["id"]
        assert "演示阈值" in row["threshold_note"]
    line = {row["relation"]: row for row in whole["by_line"]}
    assert (line["inside"]["n_parcels"], line["outside"]["n_parcels"]) == (key["inside_line"]["count"], key["outside_line"]["count"])
    owned = {row["ownership"]: row["n_parcels"] for row in whole["by_ownership"] if row["n_parcels"]}
    assert owned == {code: figure["count"] for code, figure in key["by_ownership"].items()}
    assert {row["name"]: row["n_parcels"] for row in whole["by_body"] if row["kind"] != "unassigned"} == {
        name: figure["count"] for name, figure in key["by_body"].items()}  # fmt: skip


def test_q4_totals_are_the_sums_of_their_rows_and_open_to_their_parcels(planner: httpx.Client) -> None:
    answer = planner.get("/api/classification/summary").json()
    for breakdown in ("by_line", "by_ownership", "by_body"):
        rows = answer[breakdown]
        assert sum(row["n_parcels"] for row in rows) == answer["inefficient"]["n_parcels"], breakdown
        assert abs(sum((exact(row["mu"]) for row in rows), Decimal(0)) - exact(answer["inefficient"]["mu"])) <= Decimal("0.0001") * len(
            rows
        )
    parts = ("inefficient", "not_inefficient", "unknown")
    assert sum(answer[part]["n_parcels"] for part in parts) == answer["denominator"]["n_parcels"]
    assert sum(row["n_parcels"] for row in answer["by_criterion"]) > answer["inefficient"]["n_parcels"], "reasons overlap"
    assert answer["by_criterion_note"]

    figures = [answer[part] for part in (*parts, "denominator", "determined")]
    figures += [row for breakdown in ("by_criterion", "by_line", "by_ownership") for row in answer[breakdown]]
    figures += [row["unknown"] for row in answer["by_criterion"]] + [
        row[k] for row in answer["by_body"] for k in ("unknown", "denominator")
    ]
    figures += answer["by_body"]
    for figure in figures:
        head = planner.get(f"{figure['parcels_url']}&limit=1").json()
        assert (head["total"]["n_parcels"], head["total"]["mu"]) == (figure["n_parcels"], figure["mu"]), figure["parcels_url"]
    for figure in [answer["inefficient"], answer["unknown"], *answer["by_criterion"], *random.sample(answer["by_body"], 3)]:
        opened = pages(planner, f"{figure['parcels_url']}&limit=1000")
        assert len({row["land_code"] for row in opened}) == len(opened) == figure["n_parcels"], figure["parcels_url"]
        assert near(float(sum((exact(row["area_used_mu"]) for row in opened), Decimal(0))), figure["mu"], len(opened))
    top = answer["top"]
    assert len(top) == 10
    everything = pages(planner, f"{answer['inefficient']['parcels_url']}&limit=1000")
    assert [row["land_code"] for row in top] == [row["land_code"] for row in everything[:10]]
    assert everything[0]["area_used_mu"] == max(row["area_used_mu"] for row in everything)


def test_q4_map_and_summary_say_the_same(planner: httpx.Client) -> None:
    answer = planner.get("/api/classification/summary", params={"calibre": "whole_city"}).json()
    on_map = planner.get("/collections/parcels/items", params={"inefficient": "true", "limit": 1}).json()
    assert on_map["numberMatched"] == answer["inefficient"]["n_parcels"]


# --- Q10 ----------------------------------------------------------------------------------------------------------


def test_q10_archive_says_why_a_parcel_is_yellow(planner: httpx.Client) -> None:
    yellow = planner.get("/collections/parcels/items", params={"display_class": "yellow", "limit": 2000}).json()["features"]
    for feature in random.sample(yellow, 12):
        code = feature["properties"]["land_code"]
        archive = planner.get(f"/api/parcels/{code}").json()
        verdict = next(v for v in archive["verdicts"] if v["kind"] == "inefficient")
        assert verdict["result"] == "true"
        assert verdict["rule_version"]
        assert verdict["as_of"] == "2025-09-30"
        assert set(verdict["criteria_true"]) == set(feature["properties"]["criteria_true"])
        failed = [c for c in verdict["criteria"] if c["result"] == "true"]
        assert {c["id"] for c in failed} == set(verdict["criteria_true"])
        for criterion in failed:
            assert criterion["clause"]
            assert "演示阈值" in criterion["threshold_note"]
            assert criterion["comparisons"]
            held = [c for c in criterion["comparisons"] if not c["missing"]]
            assert held, criterion
            for comparison in held:
                assert comparison["value"] is not None, comparison
                assert comparison["threshold"] is not None, comparison
                assert comparison["op"], comparison
                assert comparison["source"], comparison
                assert "unit" in comparison
            assert any(c["data_on"] for c in held), criterion
            tax = [c for c in held if c["fact"] == "tax_per_mu"]
            assert all(c["unit"] == "万元/亩" and exact(c["distance"]) == abs(exact(c["value"]) - exact(c["threshold"])) for c in tax)


def test_q10_three_areas_are_said_apart(planner: httpx.Client) -> None:
    features = planner.get("/collections/parcels/items", params={"display_class": "yellow", "limit": 2000}).json()["features"]
    with_title = [f for f in features if f["properties"]["area_registered_m2"] is not None]
    for feature in random.sample(with_title, 8):
        archive = planner.get(f"/api/parcels/{feature['id']}").json()
        area = {row["kind"]: row for row in archive["areas"]}
        assert set(area) == {"registered", "contract", "planar", "geodesic"}
        registered, planar = exact(area["registered"]["m2"]), exact(area["planar"]["m2"])
        share = rounded(abs(registered - planar) / planar * 100, 1)
        assert area["registered"]["sentence"] == f"证载 {registered:,.2f} / 图形 {planar:,.2f}, 差 {share} %"
        assert exact(area["registered"]["mu"]) == rounded(registered * Decimal("0.0015"), 2)
        assert all(row["source"] for row in area.values())


def test_q10_history_says_who_changed_what(planner: httpx.Client) -> None:
    feature = random.choice(planner.get("/collections/parcels/items", params={"limit": 500}).json()["features"])
    history = planner.get(f"/api/parcels/{feature['properties']['land_code']}").json()["history"]
    assert history
    assert all(row["at"] and row["action"] and row["label"] for row in history)
