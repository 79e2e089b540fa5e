"""What applying would do to the register, looked at before anybody says apply: kinds other than parcels are written and rolled back."""

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import db
from app.core.work import Work
from app.imports import queries, service
from app.imports.apply import images, tables_of
from app.imports.apply.plan import Plan
from app.imports.apply.row_diff import RowDifference, counts_of, row_differences
from app.imports.service import Prepared


async def rehearse(prepared: Prepared) -> tuple[Plan, list[RowDifference]]:
    """Check, compare and, where the kind has no comparison of its own, write without committing; of a dry run the import's own row too."""
    job, tables = prepared.job, tables_of(prepared.report.kind)
    if not tables:
        async with db.reading() as conn:
            return await service.compared(conn, prepared), []
    async with db.engine().connect() as conn:
        await conn.begin()
        try:
            await queries.lock_imports(conn, job.county)
            plan = await service.compared(conn, prepared)
            job.import_id = job.import_id or await queries.insert_job(conn, prepared.report, [], {}, by=job.principal.name)
            async with images.kept(conn, job.county, job.import_id, tables):
                await plan.write(Work(conn, job.principal))
            return plan, await told(conn, prepared)
        finally:
            await conn.rollback()


async def told(conn: AsyncConnection, prepared: Prepared) -> list[RowDifference]:
    """The differences of what was just written; the report counts them."""
    job, report = prepared.job, prepared.report
    found = await row_differences(conn, prepared.staged, job.county, job.import_id)
    report.counts |= counts_of(found, report.counts.get("applied", 0))
    return found
