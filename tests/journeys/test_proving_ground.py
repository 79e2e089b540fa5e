"""The proving ground (county 999001) enters through the importer; every verdict and issue equals the answer key, for two seeds."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from app import demo, wiring
from app.core import db
from tests import answer_key

COUNTY = "999001"
SEEDS = (20250930, 7)


async def clear(county: str) -> None:
    """Forget a test county's parcels and all that hangs on them."""
    owner = db.make_engine(role=db.OWNER, pool_size=1)
    async with owner.begin() as conn:
        tables = await conn.execute(
            text(
                "SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)"
                " WHERE table_schema = 'public' AND column_name = 'county_code' AND table_type = 'BASE TABLE'"
            )
        )
        names = [row.table_name for row in tables]
        for name in names:
            await conn.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))
        await conn.execute(text(f"TRUNCATE {', '.join(n for n in names if n not in ('town', 'responsible_body', 'calibre'))} CASCADE"))
        for name in names:
            await conn.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER USER"))
    await owner.dispose()


@pytest.fixture(scope="module", params=SEEDS)
async def proving_ground(request: pytest.FixtureRequest, seeded: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    wiring.subscribe()
    await clear(COUNTY)
    folder = tmp_path_factory.mktemp(f"proving{request.param}")
    await demo.generate(COUNTY, folder, seed=request.param)
    await demo.load_county(COUNTY, folder, as_of=date(2025, 9, 30), is_test=True, say=lambda _: None)
    return folder


@pytest.fixture
async def plain(database: str) -> AsyncIterator[asyncpg.Connection]:
    conn = await asyncpg.connect(db.plain_dsn(database))
    yield conn
    await conn.close()


async def test_verdict_of_every_parcel_equals_the_key(proving_ground: Path, plain: asyncpg.Connection) -> None:
    found = await answer_key.verdicts(plain, COUNTY, proving_ground)
    assert found.rows > 10_000
    assert not found.wrong, f"{len(found.wrong)} of {found.rows}: " + "\n".join(found.wrong[:20])


async def test_import_issues_equal_the_key(proving_ground: Path, plain: asyncpg.Connection) -> None:
    found = await answer_key.issues(plain, COUNTY, proving_ground)
    assert found.rows > 100
    assert not found.wrong, "\n".join(found.wrong[:20])


async def test_a_second_run_with_the_same_inputs_changes_no_verdict(proving_ground: Path, plain: asyncpg.Connection) -> None:
    from app.classification import service
    from app.core.principal import system

    before = await plain.fetchval("SELECT count(*) FROM verdict WHERE county_code = $1", COUNTY)
    await service.publish_run(COUNTY, as_of=date(2025, 9, 30), principal=system(COUNTY))
    assert await plain.fetchval("SELECT count(*) FROM verdict WHERE county_code = $1", COUNTY) == before
    hashes = await plain.fetch("SELECT DISTINCT input_hash FROM classification_run WHERE county_code = $1", COUNTY)
    assert len(hashes) == 1
