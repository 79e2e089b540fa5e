"""Why a parcel is what it is: values, thresholds, clause, dates, what is missing, how far from the line."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from app.classification import queries
from app.classification.explain import criteria, verdicts_of
from app.classification.runs import run
from app.core.principal import system
from tests.classification.register import AS_OF, COUNTY, Register


@pytest.fixture
async def register(conn) -> Register:
    found = await Register(conn).open()
    await found.lists_checked()
    return found


async def explained(conn, parcel: int, **values: Any) -> dict[str, Any]:
    await run(conn, COUNTY, as_of=AS_OF, principal=system(COUNTY))
    return {v["kind"]: v for v in await verdicts_of(conn, COUNTY, parcel, **values)}


async def rich_case(register: Register) -> int:
    parcel, firm = await register.parcel(), await register.firm()
    await register.holds(firm, parcel, 15)
    await register.tax(firm, 63)
    await register.grade(firm, "C")
    await register.building(parcel, 4500, 4500, 0)
    return parcel


async def test_each_criterion_shows_its_comparisons(conn, register: Register) -> None:
    parcel = await rich_case(register)
    verdict = (await explained(conn, parcel))["inefficient"]
    assert (verdict["result"], verdict["result_label"], verdict["as_of"]) == ("true", "低效(初判)", AS_OF)
    by_id = {c["id"]: c for c in verdict["criteria"]}
    assert {i: c["result"] for i, c in by_id.items()} == {
        "C1": "unknown", "C2": "true", "C3": "true", "C4": "false", "C5": "false", "C6": "false", "C7": "unknown",
    }  # fmt: skip
    tax, area = by_id["C2"]["comparisons"]
    assert tax == {
        "fact": "tax_per_mu", "label": "宗地亩均税收", "value": Decimal("4.2000"), "unit": "万元/亩", "op": "<=", "threshold": 5, "negated": False,
        "denominator": "area_used_by_users", "data_on": "2025-06-30", "source": "税务年度数据", "missing": False, "distance": Decimal("0.8000"),
        "note": "2024 年度",
    }  # fmt: skip
    assert (area["value"], area["op"], area["threshold"], area["distance"]) == (Decimal("15.0000"), ">=", 3, Decimal("12.0000"))
    assert by_id["C2"]["threshold_note"] == "演示阈值(县自定,无慈溪条款)"
    assert "县自定" in by_id["C2"]["clause"]


async def test_a_comparison_of_two_literals_tells_of_no_fact(conn, register: Register) -> None:
    parcel = await rich_case(register)
    await run(conn, COUNTY, as_of=AS_OF, principal=system(COUNTY))
    row = next(r for r in await queries.standing(conn, COUNTY, parcel) if r.kind == "inefficient")
    rule = next(r for r in row.content["rules"] if r["id"] == "C2")
    content = {"rules": [{**rule, "expr": "1 = 1 AND tax_per_mu <= 5"}]}
    (found,) = criteria(row, json.loads(row.inputs_text, parse_float=Decimal), content, is_exact=True)
    assert [c["fact"] for c in found["comparisons"]] == ["tax_per_mu"]


async def test_what_is_missing_is_flagged_and_named(conn, register: Register) -> None:
    parcel, firm = await register.parcel(), await register.firm("91330282MA1111111X")
    await register.holds(firm, parcel, 15)
    verdict = (await explained(conn, parcel))["inefficient"]
    tax = next(c for c in verdict["criteria"] if c["id"] == "C2")["comparisons"][0]
    assert (tax["missing"], tax["value"], tax["distance"]) == (True, None, None)
    assert "91330282MA1111111X" in tax["note"]


async def test_without_the_right_an_exact_tax_is_a_band(conn, register: Register) -> None:
    parcel = await rich_case(register)
    verdict = (await explained(conn, parcel, is_exact=False))["inefficient"]
    tax = next(c for c in verdict["criteria"] if c["id"] == "C2")["comparisons"][0]
    assert (tax["value"], tax["distance"], tax["band"], tax["missing"]) == (None, None, "le5", False)
    assert "4.2" not in str(verdict)


async def test_idle_in_words_with_a_fee_only_for_a_verified_holder(conn, register: Register) -> None:
    parcel, other = await register.parcel(ownership="J"), await register.parcel()
    common = {"agreed_start_on": date(2024, 3, 15), "started": False, "price_wan": Decimal(1000), "cause": "holder"}
    await register.contract(parcel, **common, cause_document="慈资规核〔2025〕1号")
    await register.contract(other, **common)
    idle = (await explained(conn, parcel))["idle"]
    assert (idle["result"], idle["detail"]["menu"], idle["detail"]["fee_preview_wan"]) == ("suspected", "art14_fee", Decimal("200.00"))
    assert (idle["detail"]["collective_note"], idle["detail"]["start_basis"]) == ("集体土地参照执行", "contract")
    unverified = (await explained(conn, other))["idle"]["detail"]
    assert (unverified["menu"], unverified["fee_preview_wan"], unverified["collective_note"]) == ("needs_investigation", None, None)


async def test_an_explanation_stays_with_the_rules_of_its_time(conn, register: Register) -> None:
    parcel = await rich_case(register)
    before = (await explained(conn, parcel))["inefficient"]
    await conn.execute(text("UPDATE enterprise_indicator SET tax_wan = 900"))
    after = {v["kind"]: v for v in await verdicts_of(conn, COUNTY, parcel)}["inefficient"]
    assert before == after


async def test_standard_land_shows_its_indicators(conn, register: Register) -> None:
    parcel = await register.parcel()
    contract = await register.contract(parcel, supply_mode="standard_land", electronic_no="3302822020B00001")
    await register.promise(contract, actual=Decimal("12.5"))
    land = (await explained(conn, parcel))["standard_land"]
    assert (land["result"], land["detail"]["status"], land["detail"]["electronic_no"]) == ("true", "not_met", "3302822020B00001")
    assert land["detail"]["indicators"][0] == {
        "indicator": "亩均税收", "unit": None, "comparator": ">=", "gate": "capacity", "promised": "30", "actual": "12.5",
        "due_on": "2027-12-31", "result": "failed",
    }  # fmt: skip
