"""Alembic environment: one asyncpg engine, acting as yima_owner."""

import asyncio

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, text

from app import tables
from app.core import db


def ensure_roles(connection: Connection) -> None:
    """The three roles of the service; the login user holds them all."""
    for role in (db.OWNER, db.APP, db.MAP):
        connection.execute(
            text(f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$")
        )
        member = connection.execute(text("SELECT pg_has_role(current_user, :r, 'MEMBER')"), {"r": role}).scalar()
        if not member:
            connection.execute(text(f"GRANT {role} TO CURRENT_USER"))
    connection.execute(text(f"GRANT CREATE, USAGE ON SCHEMA public TO {db.OWNER}"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {db.APP}, {db.MAP}"))
    if not connection.execute(text("SELECT to_regnamespace('aside') IS NOT NULL")).scalar():
        connection.execute(text(f"CREATE SCHEMA aside AUTHORIZATION {db.OWNER}"))  # app/core/aside.py; empty between writes
    for extension in ("postgis", "btree_gist", "pg_trgm"):
        connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))


def run(connection: Connection) -> None:
    ensure_roles(connection)
    connection.commit()
    connection.execute(text(f"SET ROLE {db.OWNER}"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        include_object=alembic_helpers.include_object,
        render_item=alembic_helpers.render_item,
        process_revision_directives=alembic_helpers.writer,
    )
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    engine = db.make_engine(role="none", pool_size=1)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


asyncio.run(main())
