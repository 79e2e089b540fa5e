"""/api/imports/corrections: the table of corrections, and its review."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from app.accounts.deps import IfMatch, Read, Write, require
from app.core.principal import Principal, Role
from app.imports.corrections import queries, service
from app.imports.corrections.fields import STATES, label_of, shown

router = APIRouter(prefix="/api/imports/corrections", tags=["导入"])
Reviewer = Annotated[Principal, Depends(require(Role.planner, Role.admin))]
_PRIVATE: Final = {"Cache-Control": "private, no-store"}
_EXAMPLE: Final = {
    "id": 3, "version": 1, "land_code": "330282001P0000017", "field": "name", "field_label": "宗地名称", "old_value": "1号地",
    "new_value": "一号地", "reason": "笔误", "document": None, "current_value": "1号地", "old_shown": "1号地", "new_shown": "一号地",
    "current_shown": "1号地", "state": "proposed", "state_label": "待审核", "proposed_by": "张三",
}  # fmt: skip
_ONE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/json": {"example": _EXAMPLE}}}}
_LIST: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/json": {"example": {"items": [_EXAMPLE], "more": False}}}}}
_MADE: Final[dict[int | str, dict[str, Any]]] = {201: {"description": "待审核", "content": {"application/json": {"example": _EXAMPLE}}}}
_FIELDS: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/json": {"example": {"fields": [
    {"field": "ownership", "label": "权属性质", "value": "G", "shown": "国有", "choices": {"G": "国有", "J": "集体", "Z": "不明"}},
]}}}}}  # fmt: skip
State = Literal["proposed", "approved", "applied", "stale", "rejected"]
Corrected = Literal[
    "name", "location", "block_code", "ownership", "legality", "land_use_code", "area_registered_m2", "area_contract_m2",
]  # fmt: skip
Value = Annotated[str | None, Field(max_length=500)]


class CorrectionIn(BaseModel):
    """One value of one parcel; null is unknown, areas are in ㎡."""

    model_config = ConfigDict(extra="forbid")
    land_code: Annotated[str, Field(min_length=1, max_length=40, description="地块码")]
    field: Corrected
    old: Value = Field(description="库中现值,不符则拒绝")
    new: Value = Field(description="更正值")
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    document: Annotated[str | None, Field(max_length=200)] = None


class DecisionIn(BaseModel):
    """Approve or reject."""

    model_config = ConfigDict(extra="forbid")
    decision: Literal["approve", "reject"] = Field(description="approve 通过并改正,reject 不通过")


def _said(row: dict[str, Any]) -> dict[str, Any]:
    told = {f"{name}_shown": shown(row["field"], row[f"{name}_value"]) for name in ("old", "new", "current")}
    kept = {name: value for name, value in row.items() if name != "parcel_id"}
    return {**kept, "field_label": label_of(row["field"]), **told, "state_label": STATES[row["state"]]}


@router.get("", summary="更正表", responses=_LIST)
async def listed(
    principal: Reviewer, conn: Read, state: State | None = None,
    before: Annotated[int | None, Query(ge=1, lt=1 << 63, description="只要更早的 (id)")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:  # fmt: skip
    """新的在前;已改正、已失效按库中现值说明。"""
    rows = await queries.listed(conn, principal.county_code, state=state, before=before, limit=limit + 1)
    found = {"items": [_said(row) for row in rows[:limit]], "more": len(rows) > limit}
    return JSONResponse(jsonable_encoder(found), headers=_PRIVATE)


@router.get("/fields", summary="宗地可更正的字段", responses=_FIELDS)
async def fields(
    principal: Reviewer, conn: Read, land_code: Annotated[str, Query(min_length=1, max_length=40, description="地块码")]
) -> Response:  # fmt: skip
    """各字段的库中现值;固定取值的列出可选项。"""
    found = {"fields": await service.current(conn, principal.county_code, land_code)}
    return JSONResponse(jsonable_encoder(found), headers=_PRIVATE)


@router.post("", status_code=201, summary="提出更正", responses=_MADE, dependencies=[Depends(require(Role.planner, Role.admin))])
async def propose(work: Write, asked: CorrectionIn) -> Response:
    """提出一条更正,由他人审核;成批的用 kind=corrections 导入更正表。"""
    row = asked.model_dump(exclude={"land_code"})
    found = jsonable_encoder(_said(await service.propose(work, asked.land_code, row)))
    await work.reply(found, 201)
    return JSONResponse(found, 201, headers={"ETag": f'"{found["version"]}"', **_PRIVATE})


@router.post("/{correction_id}/decision", summary="审核更正", responses=_ONE, dependencies=[Depends(require(Role.planner, Role.admin))])
async def decide(work: Write, correction_id: Annotated[int, Path(ge=1, lt=1 << 63)], version: IfMatch, asked: DecisionIn) -> Response:
    """通过即改正库中的值(原值仍成立时),留操作日志;提出人不能审核自己的。"""
    found = _said(await service.decide(work, correction_id, version, approve=asked.decision == "approve"))
    return JSONResponse(
        await work.reply(jsonable_encoder(found)), headers={"ETag": f'"{found["version"]}"', "Cache-Control": "private, no-store"}
    )
