"""The audit chain: parallel writers leave one chain; a changed row is seen."""

import asyncio

import pytest
from sqlalchemy import text

from app.core import audit, db
from app.core.principal import system
from app.core.work import writing

COUNTY = "330681"


async def write(number: int) -> None:
    async with writing(system(COUNTY, f"写者{number}")) as work:
        work.audited("test.write", "thing", number, note="平行写入")


async def test_eight_parallel_writers_leave_a_chain_that_verifies_and_shows_a_changed_row(seeded: None) -> None:
    await asyncio.gather(*(write(n) for n in range(8) for _ in range(5)))
    async with db.engine().connect() as conn:
        report = await audit.verify(conn, COUNTY)
    assert (report.records, report.broken_at) == (40, None)

    owner = db.make_engine(role=db.OWNER, pool_size=1)
    async with owner.begin() as conn:
        await conn.execute(text("ALTER TABLE audit_record DISABLE TRIGGER audit_record_append_only"))
        await conn.execute(
            text("UPDATE audit_record SET payload = replace(payload, '平行', '悄悄') WHERE county_code = :c AND seq = 7"), {"c": COUNTY}
        )
        await conn.execute(text("ALTER TABLE audit_record ENABLE TRIGGER audit_record_append_only"))
    await owner.dispose()
    async with db.engine().connect() as conn:
        report = await audit.verify(conn, COUNTY)
    assert report.broken_at == 7


async def test_a_write_without_an_audit_entry_is_not_committed(seeded: None) -> None:
    with pytest.raises(RuntimeError, match="without an audit entry"):
        async with writing(system(COUNTY)) as work:
            await work.conn.execute(text("INSERT INTO milestone (key, value) VALUES ('silent', '{}')"))
    async with db.engine().connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM milestone WHERE key = 'silent'"))).scalar() == 0


async def test_the_application_role_cannot_change_append_only_tables(conn) -> None:
    for table in ("audit_record", "case_event", "ledger_posting", "read_log"):
        allowed = (await conn.execute(text("SELECT has_table_privilege(current_user, :t, 'UPDATE, DELETE')"), {"t": table})).scalar()
        assert allowed is False
