"""Runs: verdicts of the three kinds, a row per change, immutable rule versions, the same hash for the same inputs."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import text

from app.classification.errors import RuleVersionChanged
from app.classification.runs import RunResult, run
from app.core import events
from app.core.principal import system
from app.policy import pack_for
from app.policy.loader import build
from tests.classification.register import AS_OF, COUNTY, Register


@pytest.fixture
async def register(conn) -> Register:
    found = await Register(conn).open()
    await found.lists_checked()
    return found


async def judged(conn, **values: Any) -> RunResult:
    return await run(conn, COUNTY, **({"as_of": AS_OF, "principal": system(COUNTY)} | values))


async def standing(conn, parcel: int, kind: str = "inefficient") -> Any:
    sql = text("SELECT * FROM verdict WHERE parcel_id = :p AND kind = :k AND to_run IS NULL")
    return (await conn.execute(sql, {"p": parcel, "k": kind})).one_or_none()


async def poor(register: Register, *, tax: float | None = 3, grade: str | None = "D") -> tuple[int, int]:
    """A parcel with one user, everything else known and harmless."""
    parcel, firm = await register.parcel(), await register.firm()
    await register.holds(firm, parcel, 15)
    await register.building(parcel, 12000, 12000, 0)
    await register.contract(parcel, agreed_start_on=date(2018, 1, 1), started=True, is_suspended=False)
    if tax is not None:
        await register.tax(firm, tax * 15)
    if grade is not None:
        await register.grade(firm, grade)
        await register.grade(firm, "A", 2023, date(2024, 8, 9))
    return parcel, firm


async def test_a_parcel_that_meets_criteria_is_inefficient_and_says_why(conn, register: Register) -> None:
    parcel, _ = await poor(register)
    result = await judged(conn)
    verdict = await standing(conn, parcel)
    assert (verdict.result, verdict.criteria_true, verdict.criteria_unknown) == ("true", ["C1", "C2"], [])
    assert verdict.inputs["tax_per_mu"] == {"value": 3.0, "data_on": "2025-06-30"}
    assert (verdict.as_of, verdict.rule_version, verdict.from_run) == (AS_OF, result.rule_version, result.run_id)
    fact = (await conn.execute(text("SELECT inefficient, idle, standard_land FROM parcel_fact WHERE parcel_id = :p"), {"p": parcel})).one()
    assert tuple(fact) == ("true", "not_idle", "false")
    assert result.counts["inefficient"] == {"true": 1}


async def test_one_true_criterion_beside_unknown_ones_is_true(conn, register: Register) -> None:
    parcel, _ = await poor(register, tax=None)
    await judged(conn)
    verdict = await standing(conn, parcel)
    assert (verdict.result, verdict.criteria_true, verdict.criteria_unknown) == ("true", ["C1"], ["C2"])


async def test_nothing_true_and_something_unknown_is_unknown(conn, register: Register) -> None:
    unknown, _ = await poor(register, tax=None, grade="A")
    good, _ = await poor(register, tax=20, grade="A")
    await judged(conn)
    assert (await standing(conn, unknown)).result == "unknown"
    assert (await standing(conn, good)).result == "false"


async def test_a_second_run_with_the_same_inputs_writes_no_verdict(conn, register: Register) -> None:
    await poor(register)
    first, second = await judged(conn), await judged(conn)
    assert first.changed == {"retired": 0, "inefficient": 1, "idle": 1, "standard_land": 1}
    assert second.changed == {"retired": 0, "inefficient": 0, "idle": 0, "standard_land": 0}
    assert (first.input_hash, first.run_id) != (None, second.run_id)
    assert first.input_hash == second.input_hash


async def test_a_change_closes_the_row_and_opens_another(conn, register: Register) -> None:
    parcel, firm = await poor(register)
    other, _ = await poor(register)
    first = await judged(conn)
    await conn.execute(text("UPDATE enterprise_indicator SET tax_wan = 300 WHERE enterprise_id = :f"), {"f": firm})
    second = await judged(conn)
    rows = (
        await conn.execute(text("SELECT * FROM verdict WHERE parcel_id = :p AND kind = 'inefficient' ORDER BY id"), {"p": parcel})
    ).all()
    assert [(r.from_run, r.to_run, r.criteria_true) for r in rows] == [
        (first.run_id, second.run_id, ["C1", "C2"]),
        (second.run_id, None, ["C1"]),
    ]
    assert second.changed["inefficient"] == 1
    assert first.input_hash != second.input_hash
    assert (await standing(conn, other)).from_run == first.run_id


async def test_contract_verdicts_change_too(conn, register: Register) -> None:
    parcel = await register.parcel()
    contract = await register.contract(parcel, supply_mode="standard_land", agreed_start_on=date(2022, 3, 15), started=False)
    await register.promise(contract, actual=Decimal(12))
    await judged(conn)
    idle, land = await standing(conn, parcel, "idle"), await standing(conn, parcel, "standard_land")
    assert (idle.result, idle.detail["limb"], idle.detail["years"], idle.detail["menu"]) == ("suspected", "2(1)", 2, "needs_investigation")
    assert idle.inputs["agreed_start_on"] == "2022-03-15"
    assert (land.result, land.detail["status"], land.detail["indicators"][0]["result"]) == ("true", "not_met", "failed")
    assert "C7" in (await standing(conn, parcel)).criteria_true
    await register.insert("supply_supplement", contract_id=contract, number="1", signed_on=date(2024, 1, 1), new_start_on=date(2025, 6, 1))
    again = await judged(conn)
    assert (again.changed["idle"], again.changed["standard_land"]) == (1, 0)
    assert (await standing(conn, parcel, "idle")).result == "not_idle"


async def test_the_latest_supplement_without_a_new_start_leaves_the_contract_date(conn, register: Register) -> None:
    parcel = await register.parcel()
    contract = await register.contract(parcel, agreed_start_on=date(2022, 3, 15), started=False)
    for number, signed_on, start in (("1", date(2023, 1, 1), date(2025, 6, 1)), ("2", date(2024, 1, 1), None)):
        await register.insert("supply_supplement", contract_id=contract, number=number, signed_on=signed_on, new_start_on=start)
    await judged(conn)
    assert (await standing(conn, parcel, "idle")).detail["start_on"] == "2022-03-15"


async def test_without_contract_idle_is_insufficient_and_standard_land_unknown(conn, register: Register) -> None:
    parcel = await register.parcel()
    await judged(conn)
    idle = await standing(conn, parcel, "idle")
    assert (idle.result, idle.detail["missing"], (await standing(conn, parcel, "standard_land")).result) == (
        "insufficient_data", "start", "unknown",
    )  # fmt: skip


async def test_a_retired_parcel_loses_its_verdicts(conn, register: Register) -> None:
    parcel, _ = await poor(register)
    await judged(conn)
    await conn.execute(text("UPDATE parcel_version SET valid = daterange('2021-01-01', '2025-09-01') WHERE parcel_id = :p"), {"p": parcel})
    result = await judged(conn)
    assert (result.parcels, result.changed["retired"]) == (0, 3)
    assert await standing(conn, parcel) is None


async def test_batches_see_every_parcel_once(conn, register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    parcels = [await register.parcel() for _ in range(7)]
    monkeypatch.setattr("app.classification.sites.read.__kwdefaults__", {"size": 3})
    result = await judged(conn)
    assert result.changed["idle"] == len(parcels)
    assert (await judged(conn)).changed["idle"] == 0


async def test_another_rule_writes_rows_of_its_own_version(conn, register: Register) -> None:
    parcel, _ = await poor(register, tax=6, grade="A")
    before = await judged(conn)
    content = pack_for(COUNTY, AS_OF).content
    rules = [r.model_copy(update={"expr": r.expr.replace("<= 5", "<= 8")}) for r in content.rules]
    after = await judged(conn, pack=build(content.model_copy(update={"rules": rules})))
    assert before.rule_version != after.rule_version
    verdict = await standing(conn, parcel)
    assert (verdict.result, verdict.criteria_true, verdict.rule_version) == ("true", ["C2"], after.rule_version)


async def test_a_rule_version_never_changes(conn, register: Register) -> None:
    await judged(conn)
    pack = pack_for(COUNTY, AS_OF)
    forged = replace(pack, rule_content=MappingProxyType({**pack.rule_content, "freshness_years": 9}))
    with pytest.raises(RuleVersionChanged):
        await judged(conn, pack=forged)


async def test_the_run_tells_the_later_rooms(conn, register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Any] = []

    async def on_published(_conn, event) -> None:
        heard.append(event)

    monkeypatch.setitem(events._handlers, events.FactsPublished, [on_published])
    result = await judged(conn)
    assert heard == [events.FactsPublished(COUNTY, result.run_id, None)]
