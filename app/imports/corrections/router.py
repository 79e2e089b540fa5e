"""/api/imports/corrections: the table of corrections, and its review."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from app.accounts.deps import IfMatch, Read, Write, require
from app.core.principal import Principal, Role
from app.imports.corrections import queries, service

router = APIRouter(prefix="/api/imports/corrections", tags=["导入"])
Reviewer = Annotated[Principal, Depends(require(Role.planner, Role.admin))]
STATES: Final = {"proposed": "待审核", "approved": "已通过", "applied": "已改正", "stale": "已失效", "rejected": "未通过"}
_EXAMPLE: Final = {
    "id": 3, "version": 1, "land_code": "330282001P0000017", "field": "name", "old_value": "1号地", "new_value": "一号地", "reason": "笔误",
    "document": None, "current_value": "1号地", "state": "proposed", "state_label": "待审核", "proposed_by": "张三",
}  # fmt: skip
_ONE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/json": {"example": _EXAMPLE}}}}
_LIST: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/json": {"example": {"items": [_EXAMPLE]}}}}}


class DecisionIn(BaseModel):
    """Approve or reject."""

    model_config = ConfigDict(extra="forbid")
    decision: Literal["approve", "reject"] = Field(description="approve 通过并改正,reject 不通过")


def _said(row: dict[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in row.items() if name != "parcel_id"}, "state_label": STATES[row["state"]]}


@router.get("", summary="更正表", responses=_LIST)
async def listed(
    principal: Reviewer, conn: Read, before: Annotated[int | None, Query(ge=1, lt=1 << 63, description="只要更早的 (id)")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:  # fmt: skip
    """新的在前;已改正、已失效按库中现值说明。"""
    rows = await queries.listed(conn, principal.county_code, before=before, limit=limit)
    return JSONResponse(jsonable_encoder({"items": [_said(row) for row in rows]}), headers={"Cache-Control": "private, no-store"})


@router.post("/{correction_id}/decision", summary="审核更正", responses=_ONE, dependencies=[Depends(require(Role.planner, Role.admin))])
async def decide(work: Write, correction_id: Annotated[int, Path(ge=1, lt=1 << 63)], version: IfMatch, asked: DecisionIn) -> Response:
    """通过即改正库中的值(原值仍成立时),留操作日志;提出人不能审核自己的。"""
    found = _said(await service.decide(work, correction_id, version, approve=asked.decision == "approve"))
    return JSONResponse(
        await work.reply(jsonable_encoder(found)), headers={"ETag": f'"{found["version"]}"', "Cache-Control": "private, no-store"}
    )
