"""A scratch database, migrated, for one survey."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ground import AS_OF

ROOT = Path(__file__).resolve().parents[2]


def quietly(module: str, *arguments: str) -> None:
    """Run one of the project's modules in its own process."""
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def database(name: str | None) -> Iterator[None]:
    """A scratch database, migrated; on a private throw-away cluster when none is given. Dropped again unless it was named."""
    from sqlalchemy import make_url

    from app import cluster

    with tempfile.TemporaryDirectory(prefix="yima-mutate-") as state:
        is_private = not os.environ.get("YIMA_DATABASE_URL")
        if is_private:
            Path(state).chmod(0o711)
            quietly("app.cluster", "start", "--state-dir", state, "--fast")
        admin = cluster.url(state) if is_private else os.environ["YIMA_DATABASE_URL"]
        own = name or f"yima_mutate_{os.getpid()}"
        try:
            asyncio.run(_create(admin, own))
            url = make_url(admin).set(database=own).render_as_string(hide_password=False)
            os.environ |= {"YIMA_DATABASE_URL": url, "YIMA_TODAY": AS_OF.isoformat(), "YIMA_STATE_DIR": state}
            quietly("alembic", "upgrade", "head")
            yield
        finally:
            if is_private:
                quietly("app.cluster", "drop", "--state-dir", state)
            elif name is None:
                asyncio.run(_drop(admin, own))


async def _create(admin: str, name: str) -> None:
    import asyncpg

    from app.core import db

    conn = await asyncpg.connect(db.plain_dsn(admin))
    try:
        if not await conn.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            template = "template_yima" if await conn.fetchval("SELECT 1 FROM pg_database WHERE datname = 'template_yima'") else "template1"
            await conn.execute(f'CREATE DATABASE "{name}" TEMPLATE {template}')
    finally:
        await conn.close()


async def _drop(admin: str, name: str) -> None:
    import asyncpg

    from app.core import db

    conn = await asyncpg.connect(db.plain_dsn(admin))
    try:
        await conn.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await conn.close()
