"""The issue catalogue, one table: severity when staged and when applied, tolerance, who is responsible, message, hint, what explains it.

Printed by `yima import`, served with every import, and the same as FORMATS.md's table (tests/docs).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from shapely.geometry.base import BaseGeometry

from app.imports.checks.issue import Issue, Severity

Side = Literal["supplier", "register", "system"]
SIDES: dict[Side, str] = {"supplier": "供件单位", "register": "资规部门", "system": "系统"}
SEVERITIES: dict[Severity, str] = {"error": "错误", "warning": "提醒", "notice": "提示"}


@dataclass(frozen=True)
class Tolerance:
    """A number with its unit: what is within it is not told."""

    number: float
    unit: str

    def __str__(self) -> str:
        return f"{self.number:g}{self.unit}"


@dataclass(frozen=True)
class IssueType:
    """What a code means and who does what about it.

    `stage`: how it stands when the delivery is checked. `apply`: what is left of it once the row is applied; an error there keeps out what
    it `stops`, with the register as it is at that moment: a row that only waits for the register is a warning first, an error then.
    `explained_by`: codes which on the same row already say why, so that one fault is told once; `explained_in_cell`: in the same cell.
    """

    code: str
    stage: Severity
    apply: Severity
    side: Side
    said: str
    hint: str
    tolerance: tuple[Tolerance, ...] = ()
    explained_by: tuple[str, ...] = ()
    explained_in_cell: tuple[str, ...] = ()
    stops: Literal["row", "delivery"] = "row"

    @property
    def severity(self) -> Severity:
        return self.stage

    @property
    def message(self) -> str:
        """The Chinese message with its tolerances."""
        return self.said.format(*self.tolerance)


def _m2(number: float) -> Tolerance:
    return Tolerance(number, "平方米")


def _percent(number: float) -> Tolerance:
    return Tolerance(number, "%")


E: Severity = "error"
W: Severity = "warning"
N: Severity = "notice"
S: Side = "supplier"
R: Side = "register"

_TYPES = (
    IssueType("geometry_missing", E, E, S, "该行没有图形", "请补充图形后重新交付"),
    IssueType("too_few_points", W, N, S, "图形有环不足3个不同的点", "已去掉这样的环,没有剩下面积的不入库;请核对原图形"),
    IssueType("geometry_unusable", E, E, S, "图形无法修复为有面积的面", "请在原软件中重新绘制该图形", explained_by=("too_few_points",)),
    IssueType("geometry_repaired", W, N, S, "图形有拓扑错误,已自动修复", "请核对修复后的形状和面积", explained_by=("too_few_points",)),
    IssueType("zone_not_area", N, N, S, "图形是未闭合的线或点,按线、点入库并上图,不参与压盖比例和面积",
              "应为范围的,请将界线闭合后重新交付"),
    IssueType("overlap", W, W, S, "与另一图形部分重叠超过{0}", "请核对两宗地的界址", (_m2(1),)),
    IssueType("overlap_contained", W, W, S, "与另一图形为包含关系(小者的{0}以上在大者之内)", "请核对是否重复确权或漏扣", (_percent(95),)),
    IssueType("overlap_sliver", N, N, S, "与另一图形有不超过{0}的细缝重叠", "一般为数字化误差,可不处理", (_m2(1),)),
    IssueType("overlap_register", W, W, R, "与库中另一宗地重叠超过{0},该宗地不在本次交付之内", "请核对两宗地的界址", (_m2(1),)),
    IssueType("duplicate_geometry", W, W, S, "与前面某行的图形相同(互相重合{0}以上)", "请确认是否重复报送", (_percent(99),)),
    IssueType("gap_in_block", N, N, S, "工业区块内宗地之间有宽不足{0}的空隙(大于{1})", "请核对相邻宗地的界址是否应当衔接",
              (Tolerance(1, "米"), _m2(0.1))),
    IssueType("outside_county", W, W, S, "图形中心不在本县(市、区)范围内", "请核对坐标系和县(市、区)代码"),
    IssueType("town_mismatch", W, N, S, "填报的乡镇与图形所在乡镇不一致", "以图形所占面积最大的乡镇为准,请核对"),
    IssueType("duplicate_key", E, E, S, "关键字与前面某行重复,该行不入库", "请删除重复行或更正编号"),
    IssueType("duplicate_row", E, E, S, "编号和图形都与前面某行相同,该行不入库", "请删除重复行"),
    IssueType("key_missing", E, E, S, "缺少关键字", "请补填编号"),
    IssueType("cadastral_code_invalid", W, W, S, "宗地代码不符合19位编码规则", "原文保留为旧编号,请更正宗地代码"),
    IssueType("cadastral_code_county", W, W, S, "宗地代码的前6位不是本县(市、区)", "请核对宗地代码,或确认是否撤并前的旧代码",
              explained_by=("outside_county",)),
    IssueType("unit_code_invalid", W, W, S, "不动产单元号不符合28位编码规则,未采用", "请更正不动产单元号"),
    IssueType("uscc_invalid", E, E, S, "统一社会信用代码不正确(长度、字符或校验码)", "请核对营业执照"),
    IssueType("reference_unknown", W, E, S, "所指的宗地、企业或合同不在库中", "请先导入被引用的底数;入库时仍不在库中的,该行不入库"),
    IssueType("number_invalid", W, W, S, "不是数字,按未知处理", "请填写数字,单位写在表头", explained_in_cell=("key_missing",)),
    IssueType("date_invalid", W, W, S, "不是有效日期,按未知处理", "请按 2025-09-30 的样式填写", explained_in_cell=("key_missing",)),
    IssueType("date_in_future", W, W, S, "数据日期晚于今天,按未知处理", "请核对年份"),
    IssueType("value_unknown", W, W, S, "不在该字段的取值表中,按未知处理", "请从取值表中选填", explained_in_cell=("key_missing",)),
    IssueType("formula_uncomputed", W, W, S, "公式没有计算结果,按未知处理", "请用 Excel 或 WPS 打开并保存后再交付",
              explained_in_cell=("key_missing",)),
    IssueType("area_registered_missing", N, N, R, "没有证载面积", "将依次采用批准面积、图形面积",
              explained_in_cell=("number_invalid", "area_unit_slip", "formula_uncomputed")),
    IssueType("area_differs", N, N, R, "证载面积与图形面积相差超过{0}且超过{1}", "请核对证载面积和界址", (_percent(1), _m2(5))),
    IssueType("area_contract_differs", N, N, R, "批准面积与图形面积相差超过{0}且超过{1}", "请核对批准文件和界址", (_percent(3), _m2(10)),
              ("area_declared_differs",)),
    IssueType("area_declared_pair_differs", N, N, R, "证载面积与批准面积相差超过{0}且超过{1}", "请核对证书和批准文件",
              (_percent(3), _m2(10)), ("area_differs", "area_contract_differs", "area_declared_differs")),
    IssueType("area_declared_differs", W, W, S, "国土TXT写明的面积与界址点围成的面积不符(超出4位小数公顷的舍入)", "请核对面积和界址点",
              explained_by=("area_unit_slip",)),
    IssueType("point_count_differs", W, W, S, "国土TXT写明的点数与实有界址点数不符", "请核对是否漏点、多点或文件不完整"),
    IssueType("point_numbers_irregular", N, N, S, "国土TXT的界址点号跳号或重号", "请核对是否漏点或重复"),
    IssueType("correction_applied", N, N, S, "报来的仍是原值,已按审核通过的更正改正", "请在原始数据中改正"),
    IssueType("correction_stale", N, N, R, "更正的原值已不成立,更正未采用", "请核对该值,需要时重新提出更正"),
    IssueType("successor_unclear", W, W, R, "新宗地占了灭失宗地{0}以上,但既不是分割也不是合并", "请核对界址,或补充前后关系",
              (_percent(10),)),
    IssueType("version_later", W, E, R, "库中该宗地已有晚于本次数据日期的版本", "请核对数据日期,按日期先后导入,或不接受这些宗地",
              stops="delivery"),
    IssueType("rented_out_exceeds_held", W, W, S, "出租面积大于自有与承租面积之和", "请核对用地关系"),
    IssueType("occupancy_orphan", W, W, S, "所指的宗地已灭失", "请改填分割、合并后的宗地"),
    IssueType("indicator_unit_slip", W, W, S, "与该企业其他年度相差约10、100、1000或10000倍,疑似单位写错", "请核对计量单位"),
    IssueType("indicator_outlier", W, W, S, "与同行业同规模企业的中位数相差超过{0}", "请核对数字和计量单位", (Tolerance(1000, "倍"),),
              ("indicator_unit_slip",)),
    IssueType("tax_exceeds_revenue", W, W, S, "税收大于营业收入", "请核对两项的计量单位",
              explained_by=("indicator_unit_slip", "indicator_outlier")),
    IssueType("energy_electricity_mismatch", W, W, S, "综合能耗不足用电量折标准煤的{0}", "请核对两项的计量单位", (_percent(5),),
              ("indicator_unit_slip", "indicator_outlier")),
    IssueType("contract_dates_out_of_order", W, W, S, "签订、约定动工、约定竣工日期先后颠倒", "请核对合同"),
    IssueType("contract_progress_out_of_order", W, W, S, "签订、交地、实际动工、中止日期先后颠倒", "请核对合同履约情况"),
    IssueType("supplement_dates_out_of_order", W, W, S, "补充协议早于原合同,或新约定竣工早于新约定动工", "请核对补充协议"),
    IssueType("axes_swapped", E, E, S, "横纵坐标颠倒,该行未采用", "请更正坐标,或确认逐行调换(--axis-order per_row)"),
    IssueType("area_unit_slip", W, W, S, "面积的单位与同列其他行不同,按未知处理", "请统一单位后更正该行"),
    IssueType("row_empty", N, N, S, "空行", "已跳过"),
)  # fmt: skip
CATALOGUE: dict[str, IssueType] = {kind.code: kind for kind in _TYPES}


def limit(code: str, which: int = 0) -> float:
    """A tolerance of the catalogue as the check uses it; a percentage as a share."""
    tolerance = CATALOGUE[code].tolerance[which]
    return tolerance.number / 100 if tolerance.unit == "%" else tolerance.number


def issue(
    code: str, *, file: str, row: int, layer: str = "", field: str = "", value: object = "", severity: Severity | None = None,
    geometry: BaseGeometry | None = None,
) -> Issue:  # fmt: skip
    """An issue with the catalogue's severity and hint unless the case says otherwise."""
    known = CATALOGUE[code]
    return Issue(file, layer, int(row), code, severity or known.stage, field, str(value).replace("\x00", "")[:200], known.hint, geometry)


def at_apply(found: Issue) -> Issue:
    """The issue as it stands when its row is applied: what the catalogue calls an error then is one; the rest was said before."""
    known = CATALOGUE[found.code]
    return replace(found, severity="error") if found.severity == known.stage and known.apply == "error" else found


def keeps_out(found: Issue) -> bool:
    """Whether its row is not applied as things stand."""
    return at_apply(found).severity == "error" and CATALOGUE[found.code].stops == "row"


def unexplained(issues: Iterable[Issue]) -> list[Issue]:
    """The issues without those that another issue of the same row, or of the same cell, explains."""
    told = list(issues)
    explaining = {code for kind in _TYPES for code in (*kind.explained_by, *kind.explained_in_cell)}
    standing = {where for i in told if i.code in explaining for where in (_place(i, i.code), (*_place(i, i.code), i.field))}
    return [i for i in told if not _is_explained(i, standing)]


def _place(found: Issue, code: str) -> tuple[str, ...]:
    return found.file, found.layer, str(found.row), code


def _is_explained(found: Issue, standing: set[tuple[str, ...]]) -> bool:
    kind = CATALOGUE[found.code]
    return any(_place(found, code) in standing for code in kind.explained_by) or any(
        (*_place(found, code), found.field) in standing for code in kind.explained_in_cell
    )
