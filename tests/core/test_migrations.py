"""Migrations and models say the same; every foreign place a constraint is named in is a name."""

import os
import subprocess
import sys

from sqlalchemy import text

from app.core.db import Base
from tests.conftest import ROOT


def test_models_equal_migrations(database: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "alembic", "check"], cwd=ROOT, capture_output=True, text=True, env=os.environ.copy(), check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr


def test_every_constraint_is_named() -> None:
    unnamed = [f"{t.name}: {c}" for t in Base.metadata.tables.values() for c in (*t.constraints, *t.indexes) if c.name is None]
    assert not unnamed


async def test_the_map_role_reads_no_enterprise_and_no_account(conn) -> None:
    for table in (
        "account",
        "account_session",
        "api_key",
        "enterprise",
        "enterprise_indicator",
        "enterprise_grade",
        "occupancy",
        "parcel_fact",
    ):
        allowed = (await conn.execute(text("SELECT has_table_privilege('yima_map', :t, 'SELECT')"), {"t": table})).scalar()
        assert allowed is False, table
