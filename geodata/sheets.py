"""What a delivery consists of: rows with their geometry, their sheet (one file) and the issues planted in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from shapely.geometry.base import BaseGeometry

Cell = str | float | int | date | None

PARCEL_COLUMNS = (
    "宗地代码", "不动产单元号", "宗地名称", "坐落", "乡镇代码", "责任主体", "证载面积", "批准面积",
    "权属性质", "合法性", "地类编码", "区块编号",
)  # fmt: skip
ZONE_COLUMNS = ("编号", "名称", "级别", "版本", "批准机关", "批准日期", "批准文号")
COLUMNS: dict[str, tuple[str, ...]] = {
    "towns": ("行政区代码", "名称"),
    "blocks": ("区块编号", "名称", "责任主体"),
    "control-lines": ZONE_COLUMNS,
    "planning": ZONE_COLUMNS,
    "parcels": PARCEL_COLUMNS,
    "buildings": (
        "宗地代码", "幢号", "层数", "建筑面积(㎡)", "计容面积(㎡)", "空置面积(㎡)", "空置起始日期",
        "出租面积(㎡)", "数据日期",
    ),
    "enterprises": (
        "统一社会信用代码", "企业名称", "曾用名", "行业代码", "规模", "状态", "状态日期", "数据日期",
    ),
    "occupancy": (
        "统一社会信用代码", "宗地代码", "关系", "面积(亩)", "对方统一社会信用代码", "起始日期",
        "终止日期", "数据日期",
    ),
    "indicators": (
        "统一社会信用代码", "年度", "税收(万元)", "工业增加值(万元)", "营业收入(万元)",
        "综合能耗(吨标准煤)", "用电量(万千瓦时)", "从业人员(人)", "研发费用(万元)", "排放当量(吨)",
        "来源部门", "数据日期",
    ),
    "grades": ("统一社会信用代码", "评价年度", "评价群体", "等级", "公布日期", "文号"),
    "contracts": (
        "宗地代码", "电子监管号", "供应方式", "签订日期", "出让价款(万元)", "约定动工日期", "约定竣工日期",
        "实际交地日期", "施工许可日期", "是否动工", "实际动工日期", "应动工面积(㎡)", "已动工面积(㎡)",
        "总投资(万元)", "已投资(万元)", "是否中止", "中止日期", "未开工原因", "原因核实文号", "转让日期",
        "义务是否承接", "数据日期",
    ),
    "supplements": ("电子监管号", "协议编号", "签订日期", "新约定动工日期", "新约定竣工日期", "文号"),
    "standard-land": (
        "电子监管号", "指标", "单位", "比较", "承诺值", "节点", "到期日", "实际值", "验收日期", "验收文号",
    ),
    "lists": ("清单", "统一社会信用代码", "列入日期", "依据文号", "退出日期"),
    "ledger-opening": (
        "项目编号", "项目名称", "责任主体", "腾出方式", "腾出面积(亩)", "验收日期", "文号", "宗地代码",
        "企业数(家)",
    ),
}  # fmt: skip


@dataclass
class Row:
    """One row of a file. `geometry` lies in the county's plane (EPSG:4549); `issues` are (code, field)."""

    values: dict[str, Cell]
    geometry: BaseGeometry | None = None
    issues: list[tuple[str, str]] = field(default_factory=list)
    applied: bool = True

    def flag(self, code: str, field_name: str = "", *, applied: bool = True) -> Row:
        self.issues.append((code, field_name))
        self.applied = self.applied and applied
        return self


@dataclass
class Sheet:
    """One file (one layer) of a delivery."""

    file: str
    kind: str
    rows: list[Row]
    crs: int = 4490
    layer: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        return COLUMNS[self.kind]

    def header(self, column: str) -> str:
        return self.headers.get(column, column)


@dataclass
class Delivery:
    """One import command: files of one kind and one data date."""

    kind: str
    data_date: date
    sheets: list[Sheet]
    family: str = ""
    layer: str = ""
