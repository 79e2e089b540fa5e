"""操作日志 over HTTP: for the auditor and the administrator of a county."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from app.accounts.deps import Read, Signed, require
from app.core import audit
from app.core.principal import Role

router = APIRouter(prefix="/api/audit", tags=["操作日志"], dependencies=[Depends(require(Role.auditor, Role.admin))])


@router.get("", summary="操作日志")
async def records(
    principal: Signed,
    conn: Read,
    before: Annotated[int | None, Query(ge=1, description="只要序号小于它的记录")] = None,
    object_kind: Annotated[str | None, Query(max_length=50)] = None,
    object_id: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Records of the caller's county, newest first; `next` is the `before` of the following page."""
    rows = await audit.records(conn, principal.county_code, before=before, object_kind=object_kind, object_id=object_id, limit=limit)
    items = [row._asdict() for row in rows]
    return {"items": items, "next": items[-1]["seq"] if len(items) == limit else None}


@router.get("/verify", summary="校验日志链")
async def verify(principal: Signed, conn: Read) -> audit.ChainReport:
    """Walks the county's hash chain; `broken_at` names the first record that does not fit."""
    return await audit.verify(conn, principal.county_code)
