"""Whether the database is already at the newest migration and the demo county loaded: a second start skips both steps.

Light on purpose (asyncpg only): importing the service to learn that there is nothing to do costs seconds.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

import asyncpg.exceptions

from app import cluster

VERSIONS = Path(__file__).parents[1] / "migrations" / "versions"


def head() -> str:
    """Newest revision: files are numbered 0001_…, 0002_…"""
    return max(path.name.split("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


async def is_prepared(dsn: str, *, demo: bool) -> bool:
    """At head, and (asked for) the demo milestone reached."""
    conn = await asyncpg.connect(dsn)
    try:
        if await conn.fetchval("SELECT to_regclass('alembic_version')") is None:
            return False
        await conn.execute("SET ROLE yima_app")
        if await conn.fetchval("SELECT version_num FROM alembic_version") != head():
            return False
        needed = "demo" if demo else "territories"
        return bool(await conn.fetchval("SELECT true FROM milestone WHERE key = $1", needed))
    finally:
        await conn.close()


def main() -> int:
    """Exit code 0 when there is nothing to do."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--demo", action="store_true")
    args = parser.parse_args()
    dsn = os.environ.get("YIMA_DATABASE_URL") or cluster.url(Path(os.environ.get("YIMA_STATE_DIR") or ".local"))
    try:
        return 0 if asyncio.run(is_prepared(dsn.replace("postgresql+asyncpg", "postgresql"), demo=args.demo)) else 1
    except (asyncpg.exceptions.PostgresError, OSError):
        return 1


if __name__ == "__main__":
    sys.exit(main())
