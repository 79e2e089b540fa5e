"""认定: a department's decision with its document; by whom the pack says; once while it stands; revocable by a document."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from app.classification import service
from app.classification.errors import AlreadyDetermined, AlreadyRevoked, MayNotDetermine
from app.classification.explain import verdicts_of
from app.classification.runs import run
from app.classification.schemas import DeterminationIn, RevocationIn
from app.core import clock
from app.core.errors import BodyInvalid, NotFound, Stale
from app.core.principal import Principal, Role, system
from app.core.work import Work
from tests.classification.register import AS_OF, BODY, COUNTY, Register

PLANNER = Principal(id=1, name="张工", role=Role.planner, county_code=COUNTY, department_code="zg")
ACCEPTOR = Principal(id=2, name="李工", role=Role.acceptor, county_code=COUNTY, department_code="jx")
OFFICER = Principal(id=3, name="王工", role=Role.officer, county_code=COUNTY, responsible_body=BODY)
REVOKED = RevocationIn(document="慈政撤〔2025〕1号", revoked_on=AS_OF)


@pytest.fixture
async def land(conn, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(clock, "today", lambda: AS_OF)
    register = await Register(conn).open()
    await register.contract(await register.parcel(), agreed_start_on=date(2022, 3, 15), started=False)
    await run(conn, COUNTY, as_of=AS_OF, principal=system(COUNTY))
    return f"{BODY}P0000010"


def asked(land: str, kind: str = "idle", **values: Any) -> DeterminationIn:
    row = {
        "land_code": land,
        "kind": kind,
        "document": "慈自然资闲认〔2025〕3号",
        "decided_on": date(2025, 9, 1),
        "decided_by": "市自然资源规划局",
    }
    return DeterminationIn(**(row | values))


async def test_a_planner_records_idle_and_it_stands_beside_the_verdict(conn, land: str) -> None:
    work = Work(conn, PLANNER)
    answer = await service.determine(work, asked(land))
    assert (answer["land_code"], answer["kind"], answer["version"]) == (land, "idle", 1)
    assert work.entry is not None
    assert (work.entry.action, work.entry.object_id, work.layers) == ("determination.record", land, {"parcels"})
    row = (await conn.execute(text("SELECT parcel_id, verdict_id FROM determination"))).one()
    assert row.verdict_id is not None
    shown = {v["kind"]: v["determination"] for v in await verdicts_of(conn, COUNTY, row.parcel_id)}
    assert (shown["idle"]["document"], shown["inefficient"]) == ("慈自然资闲认〔2025〕3号", None)


@pytest.mark.parametrize(("who", "kind"), [(ACCEPTOR, "idle"), (PLANNER, "inefficient"), (OFFICER, "idle"), (OFFICER, "inefficient")])
async def test_only_the_department_of_the_matter_decides(conn, land: str, who: Principal, kind: str) -> None:
    with pytest.raises(MayNotDetermine):
        await service.determine(Work(conn, who), asked(land, kind))


async def test_the_lead_department_determines_inefficient(conn, land: str) -> None:
    assert (await service.determine(Work(conn, ACCEPTOR), asked(land, "inefficient")))["kind"] == "inefficient"


async def test_a_second_decision_needs_the_first_revoked(conn, land: str) -> None:
    first = await service.determine(Work(conn, PLANNER), asked(land))
    with pytest.raises(AlreadyDetermined):
        await service.determine(Work(conn, PLANNER), asked(land, document="另一文号"))
    with pytest.raises(Stale):
        await service.revoke(Work(conn, PLANNER), first["id"], 9, REVOKED)
    gone = await service.revoke(Work(conn, PLANNER), first["id"], 1, REVOKED)
    assert (gone["revoked_document"], gone["version"]) == ("慈政撤〔2025〕1号", 2)
    with pytest.raises(AlreadyRevoked):
        await service.revoke(Work(conn, PLANNER), first["id"], 2, REVOKED)
    assert (await service.determine(Work(conn, PLANNER), asked(land, document="另一文号")))["version"] == 1


async def test_bad_input(conn, land: str) -> None:
    with pytest.raises(NotFound):
        await service.determine(Work(conn, PLANNER), asked("999001101P9999990"))
    with pytest.raises(BodyInvalid):
        await service.determine(Work(conn, PLANNER), asked(land, decided_on=date(2025, 10, 1)))
    with pytest.raises(ValidationError):
        asked(land, document="  ")
    with pytest.raises(NotFound):
        await service.revoke(Work(conn, PLANNER), 10**9, 1, REVOKED)


async def test_another_county_sees_nothing(conn, land: str) -> None:
    other = Principal(id=9, name="外县", role=Role.planner, county_code="330281", department_code="zg")
    with pytest.raises(NotFound):
        await service.determine(Work(conn, other), asked(land))
