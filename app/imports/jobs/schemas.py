"""What is asked of imports."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(max_length=200)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
DiffClass = Annotated[str, Field(max_length=30)]


class ColumnSaid(BaseModel):
    """The header that fills a canonical column, and the unit of its numbers; an empty header: nothing fills it."""

    model_config = ConfigDict(extra="forbid")
    header: Name
    unit: Annotated[str, Field(max_length=20)] | None = None


Columns = Annotated[dict[Name, ColumnSaid | Name], Field(max_length=200)]


class ApplyAsked(BaseModel):
    """What of the differences is left out."""

    model_config = ConfigDict(extra="forbid")
    except_classes: Annotated[list[DiffClass], Field(max_length=20)] = []
    except_rows: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=100_000)] = []


class OptionsAsked(BaseModel):
    """Decisions about the files; each wins over what was detected."""

    model_config = ConfigDict(extra="forbid")
    layer: Name | None = Field(None, description="图层或工作表")
    crs: Annotated[str, Field(max_length=4000)] | None = Field(None, description="坐标系,如 EPSG:4549")
    encoding: Annotated[str, Field(max_length=40)] | None = Field(None, description="文字编码,如 GBK")
    axis_order: Literal["east_north", "north_east", "per_row"] | None = Field(None, description="坐标次序:照文件、全部对调、逐行判断")
    units: Annotated[dict[Name, Annotated[str, Field(max_length=20)]], Field(max_length=200)] | None = Field(
        None, description='面积列的单位 {"面积": "亩"}'
    )
    family: Annotated[str, Field(max_length=60)] | None = Field(None, description="规划类别(kind=planning)")
    covers: Annotated[str, Field(max_length=2000, pattern=r"^(all|none|\d{9}(,\d{9})*)$")] | None = Field(
        None, description="宗地:交付对哪些乡镇是完整的,其余只更新交来的宗地;all 交付写到的各乡镇,none 都不完整,或 9 位代码用逗号分隔"
    )
    mapping: Columns | None = Field(None, description='列对应 {"area_registered": {"header": "发证面积", "unit": "亩"}}')

    mappings: Annotated[dict[Sha256, Columns], Field(max_length=200)] | None = Field(
        None, description="按文件的列对应:files 里的 headers_hash → 列对应,优先于 mapping"
    )
    accepted: ApplyAsked | None = Field(None, description="打算不接受的部分,来自导入清单;入库时由经办人确认")

    def said(self) -> dict[str, Any]:
        """What was stated, as stored."""
        return self.model_dump(exclude_none=True, include=set(OptionsAsked.model_fields))


class DecisionsAsked(OptionsAsked):
    """Answers to questions, or a change of mind before applying."""

    data_date: date | None = Field(None, description="数据日期")
    supplier: Annotated[str, Field(max_length=120)] | None = Field(None, description="供件单位")


class ManifestFile(BaseModel):
    """A file by its content."""

    model_config = ConfigDict(extra="ignore")
    name: Name
    sha256: Sha256


class ManifestAsked(BaseModel):
    """A rehearsal manifest: the same files with the same decisions give the same import."""

    model_config = ConfigDict(extra="ignore")
    kind: Annotated[str, Field(max_length=40)]
    data_date: date
    supplier: Annotated[str, Field(max_length=120)] | None = None
    options: OptionsAsked = OptionsAsked()
    mappings: Annotated[dict[Sha256, Columns], Field(max_length=200)] = {}
    accepted: ApplyAsked = ApplyAsked()
    files: Annotated[list[ManifestFile], Field(min_length=1, max_length=200)]


class ImportAsked(BaseModel):
    """The fields beside the files of POST /api/imports."""

    model_config = ConfigDict(extra="forbid")
    kind: Annotated[str, Field(max_length=40)]
    data_date: date | None = None
    supplier: Annotated[str, Field(max_length=120)] | None = None
    options: OptionsAsked = OptionsAsked()


class CancelAsked(BaseModel):
    """Nothing has to be said."""

    model_config = ConfigDict(extra="forbid")


class UndoAsked(BaseModel):
    """Why it is taken back; kept in the audit record."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(min_length=1, max_length=500)]


Form = Literal["json", "csv", "geojson"]
Severity = Literal["error", "warning", "notice"]
