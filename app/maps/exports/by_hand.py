"""`yima export`: the same process as a job's, waited for, with its audit record."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from app.core import db
from app.core.errors import BadParameter
from app.core.principal import Principal
from app.core.work import writing
from app.maps.exports import child, service
from app.maps.exports.order import Made
from app.maps.exports.spec import FORMATS, plan_of, spec_of
from app.maps.exports.statements import order_of
from app.settings import settings


async def export(
    principal: Principal, collection: str, form: str, out: Path, asked: Mapping[str, Any], *, told: Callable[[int, int], None]
) -> Made:
    """Write the file. Errors: BadParameter, those of the plan, ShiftedCrsOff, ExportFailed."""
    if form not in FORMATS:
        raise BadParameter(f"没有格式 {form}", pointer="/format", hint="、".join(FORMATS))
    if not out.resolve().parent.is_dir():
        raise BadParameter(f"没有文件夹 {out.resolve().parent}", pointer="/out")
    plan = plan_of(spec_of(principal, collection=collection, format=form, **asked))
    if plan.target.shift:
        async with db.engine().connect() as conn:
            await service.checked_shift(conn, principal.county_code)
    made, _ = await child.write(db.plain_dsn(settings().dsn), order_of(plan), out.resolve(), told)
    async with writing(principal) as work:
        kept = {key: value for key, value in asked.items() if value is not None}
        work.audited("export.make", "export", out.name, collection=collection, format=form, asked=kept, rows=made.rows, bytes=made.size,
                     sha256=made.sha256, layer_version=made.layer_version)  # fmt: skip
    return made
