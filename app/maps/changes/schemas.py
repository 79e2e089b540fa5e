"""What the change feed says."""

from datetime import datetime

from pydantic import BaseModel, Field


class TileOut(BaseModel):
    """A tile to fetch again."""

    grid: str
    z: int
    row: int
    col: int


class ChangeOut(BaseModel):
    """One change of a layer, as far as the caller may learn of it."""

    layer: str
    version: int = Field(description="图层版本")
    at: datetime
    ids: list[int] | None = Field(description="变更、新增或消失的要素;null 表示整层重新读取")
    tiles: list[TileOut] | None = Field(description="所问级别上需重新读取的瓦片 (旧、新位置);null 表示全部,未问级别时亦为 null")


class FeedOut(BaseModel):
    """Changes oldest first, and where to continue."""

    changes: list[ChangeOut]
    cursor: str = Field(description="下次 since 的值")
    more: bool = Field(description="还有已提交的变更,可立即继续")
