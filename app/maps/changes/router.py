"""GET /api/changes: what changed on the map since the caller last looked."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.accounts.deps import Signed
from app.maps.changes import service
from app.maps.changes.places import Grid
from app.maps.changes.schemas import FeedOut
from app.maps.changes.service import Asked

router = APIRouter(prefix="/api", tags=["地图"])

Since = Annotated[str | None, Query(max_length=800, description="上次答复的 cursor;now 只取当前位置;缺省为保留期 (30 天) 内全部")]
Layer = Annotated[str | None, Query(max_length=40, description="只看一个图层")]
Zoom = Annotated[int | None, Query(ge=0, le=22, description="列出此级别上需重新读取的瓦片")]


@router.get("/changes", summary="变更", responses={410: {"description": "游标已过保留期,重新读取图层"}})
async def changes(
    request: Request, principal: Signed, since: Since = None, layer: Layer = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    z: Zoom = None, grid: Grid = Grid.web,
) -> FeedOut:  # fmt: skip
    """各图层按提交次序列出变更: 涉及要素与瓦片。先取 since=now 的游标,再读图层,之后按 cursor 轮询,不漏不重。"""
    return await service.feed(request.app.state.map_pool, principal, Asked(since, layer, limit, z, grid))
