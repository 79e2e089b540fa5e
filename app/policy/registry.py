"""事实登记表 fact registry: the one table of columns that rules, filters, queryables, schema, meta and map rows are made from.

Field classes (DOMAIN §5.9): L1 public · L2 department · L3 sensitive (exact tax of named enterprises) · L4 personal.
Types are those of table `parcel_fact` and its verdict columns; `data_date` names the companion column with the datum's date.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

SqlType = Literal["text", "numeric", "integer", "boolean", "date", "timestamptz", "text[]"]
Part = Literal["identity", "fact", "date", "verdict"]


class Level(StrEnum):
    """字段分级 field class, ordered by its name."""

    L1 = "L1"  # 公开
    L2 = "L2"  # 部门
    L3 = "L3"  # 敏感
    L4 = "L4"  # 个人


@dataclass(frozen=True, slots=True)
class Column:
    """字段 one column of the registry; name and SQL column are the same word."""

    name: str
    type: SqlType
    label: str
    source: str
    level: Level = Level.L2
    unit: str | None = None
    denominator: str | None = None
    data_date: str | None = None
    band: str | None = None
    part: Part = "fact"
    queryable: bool = True
    values: tuple[str, ...] = ()


_REG, _CERT, _GEO, _OCC = "宗地台账", "不动产登记/供地批文", "图形计算", "用地关系"
_TAX, _EVAL, _BLD, _LIST = "税务年度数据", "亩均评价公告", "幢表", "整治清单"
_ENT, _GATE, _CON, _CALC = "企业登记", "标准地指标", "供地合同", "初判计算"

_COLUMNS: tuple[Column, ...] = (
    # identity and tenure
    Column("land_code", "text", "本系统地块码", _REG, Level.L1, part="identity"),
    Column("cadastral_code", "text", "宗地代码", _CERT, part="identity"),
    Column("town_code", "text", "行政区代码", _GEO, Level.L1, part="identity"),
    Column("responsible_body", "text", "责任主体", _REG, Level.L1, part="identity"),
    Column("block_code", "text", "区块编号", _REG, Level.L1, part="identity"),
    Column("ownership", "text", "权属性质", _CERT, values=("G", "J", "Z")),
    Column("legality", "text", "用地合法性", _CERT, values=("certified", "approved_uncertified", "unlawful")),
    Column("land_use_code", "text", "地类编码", _CERT, Level.L1),
    # areas: four inputs, and the one the rules use
    Column("area_registered_m2", "numeric", "证载面积", _CERT, Level.L1, unit="㎡"),
    Column("area_contract_m2", "numeric", "批准(合同)面积", _CON, Level.L1, unit="㎡"),
    Column("area_planar_m2", "numeric", "图形面积", _GEO, Level.L1, unit="㎡"),
    Column("area_geodesic_m2", "numeric", "椭球面积", _GEO, Level.L1, unit="㎡"),
    Column("area_used_m2", "numeric", "采用面积", _CALC, unit="㎡"),
    Column("area_used_mu", "numeric", "采用面积(亩)", _CALC, unit="亩"),
    Column("area_basis", "text", "采用面积来源", _CALC, values=("registered", "contract", "planar")),
    Column("inside_ratio", "numeric", "控制线内比例", _GEO, Level.L1, denominator="area_planar_m2"),
    Column(
        "control_line_relation", "text", "与工业区块控制线关系", _GEO, Level.L1, values=("inside", "outside", "crossing")
    ),
    # users and their output
    Column("industry_code", "text", "行业代码", _ENT),
    Column("industry_division", "text", "行业大类", _ENT),
    Column("user_count", "integer", "用地企业数", _OCC, unit="家"),
    Column("main_uscc", "text", "主要用地企业统一社会信用代码", _OCC),
    Column(
        "tax_per_mu", "numeric", "宗地亩均税收", _TAX, Level.L3, unit="万元/亩", denominator="area_used_by_users", data_date="tax_data_on",
        band="tax_band",
    ),
    Column(
        "tax_per_mu_min", "numeric", "用地企业最低亩均税收", _TAX, Level.L3, unit="万元/亩", denominator="enterprise_used_area",
        data_date="tax_data_on",
    ),
    Column("tax_band", "text", "亩均税收档", _TAX, data_date="tax_data_on"),
    Column("tax_year", "integer", "税收年度", _TAX, unit="年"),
    Column("grade", "text", "亩均评价等级", _EVAL, Level.L1, data_date="grade_data_on", values=("A", "B", "C", "D", "N")),
    Column("grade_prev", "text", "上一年度等级", _EVAL, Level.L1, data_date="grade_data_on", values=("A", "B", "C", "D", "N")),
    Column("grade_year", "integer", "评价年度", _EVAL, Level.L1, unit="年"),
    # buildings
    Column("far", "numeric", "容积率", _BLD, denominator="area_used_m2", data_date="far_data_on"),
    Column("gross_floor_area_m2", "numeric", "总建筑面积", _BLD, unit="㎡", data_date="far_data_on"),
    Column("far_floor_area_m2", "numeric", "计容建筑面积", _BLD, unit="㎡", data_date="far_data_on"),
    Column("vacant_floor_ratio", "numeric", "厂房空置率", _BLD, denominator="gross_floor_area_m2", data_date="vacancy_data_on"),
    Column("vacant_months", "integer", "空置月数", _BLD, unit="月", data_date="vacancy_data_on"),
    # lists, tenants, contracts
    Column("on_list", "boolean", "在册整治清单", _LIST, data_date="list_data_on"),
    Column("list_names", "text[]", "所在清单", _LIST, data_date="list_data_on", queryable=False),
    Column("tenant_closed", "boolean", "用地企业均已注销或吊销", _ENT, data_date="tenant_data_on"),
    Column("capacity_gate_failed", "boolean", "达产复核未达标", _GATE, data_date="gate_data_on"),
    Column(
        "supply_mode", "text", "供应方式", _CON, Level.L1,
        values=("standard_land", "listed_grant", "agreed_grant", "allocation", "lease", "historic"),
    ),
    Column("supply_electronic_no", "text", "电子监管号", _CON),
    Column("agreed_start_on", "date", "约定动工日期", _CON),
    # data dates 数据日期 of the criterion inputs
    Column("tax_data_on", "date", "税收数据日期", _TAX, part="date"),
    Column("grade_data_on", "date", "等级公布日期", _EVAL, Level.L1, part="date"),
    Column("far_data_on", "date", "容积率数据日期", _BLD, part="date"),
    Column("vacancy_data_on", "date", "空置数据日期", _BLD, part="date"),
    Column("list_data_on", "date", "清单核对日期", _LIST, part="date"),
    Column("tenant_data_on", "date", "企业状态日期", _ENT, part="date"),
    Column("gate_data_on", "date", "达产复核数据日期", _GATE, part="date"),
    # verdicts 初判, unknown spelled out; rules may not read them, map filters may
    Column("inefficient", "text", "低效(初判)", _CALC, part="verdict", values=("true", "false", "unknown")),
    Column("idle", "text", "疑似闲置", _CALC, part="verdict", values=("suspected", "not_idle", "insufficient_data")),
    Column("standard_land", "text", "标准地", _CALC, Level.L1, part="verdict", values=("true", "false", "unknown")),
    Column(
        "display_class", "text", "图上分类", _CALC, part="verdict",
        values=(
            "normal", "standard_land", "inefficient_suspected", "inefficient_determined", "remediating", "suspected_idle",
            "idle_determined", "unknown",
        ),
    ),
)  # fmt: skip

COLUMNS: Mapping[str, Column] = MappingProxyType({c.name: c for c in _COLUMNS})
"""Every column by name, in the registry's order."""


def columns(*, part: Part | None = None) -> tuple[Column, ...]:
    """Columns in order, all or of one part."""
    return tuple(c for c in _COLUMNS if part is None or c.part == part)


def rule_columns() -> Mapping[str, Column]:
    """What a rule may read: identity, facts and data dates; never a verdict (that would be a circle)."""
    return {c.name: c for c in _COLUMNS if c.part != "verdict" and c.type != "text[]"}


def filter_columns(*, level: Level = Level.L2) -> Mapping[str, Column]:
    """What a map filter of a reader cleared up to `level` may read."""
    return {c.name: c for c in _COLUMNS if c.queryable and c.level <= level}


_JSON_TYPES: Mapping[str, dict[str, str]] = {
    "text": {"type": "string"},
    "numeric": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "timestamptz": {"type": "string", "format": "date-time"},
    "text[]": {"type": "array"},
}


def json_schema(*, level: Level = Level.L2) -> dict[str, dict[str, Any]]:
    """`properties` member of OGC queryables/schema; unit and denominator as x- members."""
    return {column.name: schema_of(column) for column in filter_columns(level=level).values()}


def schema_of(column: Column) -> dict[str, Any]:
    """One column as a JSON Schema property."""
    extra = {"x-ogc-unit": column.unit, "x-denominator": column.denominator, "enum": list(column.values) or None}
    return {"title": column.label, **_JSON_TYPES[column.type], **{k: v for k, v in extra.items() if v is not None}}


def meta() -> list[dict[str, Any]]:
    """Rows of /api/meta: every column with label, unit, denominator, source, class and data-date column."""
    return [asdict(column) for column in _COLUMNS]
