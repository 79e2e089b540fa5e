"""/api/ledger, /api/targets, /api/ranking: 腾出台账, 目标任务, 赛马晾晒."""

import json
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict

from app.accounts.deps import Read, Signed, Write
from app.ledger import openings, targets, views

router = APIRouter()
Limit = Annotated[int, Query(ge=1, le=1000)]


class MapIn(BaseModel):
    """The shape of an opening row, GeoJSON in EPSG:4490."""

    model_config = ConfigDict(extra="forbid")
    geometry: dict[str, Any]


@router.get("/api/ledger/postings", tags=["ledger"])
async def list_postings(
    request: Request,
    principal: Signed,
    conn: Read,
    measure: str | None = None,
    campaign: str | None = None,
    calibre: str | None = None,
    responsible_body: str | None = None,
    since: Annotated[date | None, Query(alias="from")] = None,
    until: Annotated[date | None, Query(alias="to")] = None,
    parcel: str | None = None,
    case: str | None = None,
    geometry_status: Literal["mapped", "unmapped"] | None = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """腾出台账: postings of one measure (默认: the headline's), with n and Σ."""
    asked = {"measure": measure, "campaign": campaign, "calibre": calibre, "body": responsible_body, "from": since, "to": until}
    more = {"parcel": parcel, "case": case, "status": geometry_status}
    found = await views.postings(conn, principal, asked | more, cursor=cursor, limit=limit)
    following = request.url.include_query_params(cursor=found["next"]).query if found["next"] else None
    return found | {"links": [{"rel": "next", "href": f"?{following}"}] if following else []}


@router.post("/api/ledger/openings/{opening_key:path}/map", tags=["ledger"])
async def map_opening(opening_key: str, work: Write, body: MapIn) -> dict[str, Any]:
    """补图: give a 未上图 row its shape; the total does not move."""
    return await openings.map_opening(work, opening_key, json.dumps(body.geometry))


@router.get("/api/targets", tags=["targets"])
async def list_targets(principal: Signed, conn: Read) -> dict[str, Any]:
    """目标任务: every target row with what is known of it."""
    return await targets.overview(conn, principal)


@router.get("/api/targets/{target_id}/progress", tags=["targets"])
async def read_progress(
    target_id: str, principal: Signed, conn: Read, as_of: date | None = None, calibre: str | None = None, by: str | None = None
) -> dict[str, Any]:
    """本月、累计、完成率、序时差、还差、预计完成, by responsible body."""
    return await targets.progress(conn, principal, target_id, as_of=as_of, calibre=calibre, by=by)


@router.get("/api/ranking", tags=["targets"])
async def read_ranking(principal: Signed, conn: Read, target: str, as_of: date | None = None, calibre: str | None = None) -> dict[str, Any]:
    """赛马晾晒: places of the responsible bodies."""
    return await targets.ranking(conn, principal, target, as_of=as_of, calibre=calibre)
