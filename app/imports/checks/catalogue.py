"""The issue catalogue: code → severity, Chinese message, what to do. Served by /api/errors and printed by `yima import`."""

from dataclasses import dataclass

from app.imports.checks.issue import Issue, Severity


@dataclass(frozen=True)
class IssueType:
    """What a code means and who does what about it."""

    code: str
    severity: Severity
    message: str
    hint: str


_TYPES = (
    IssueType("geometry_missing", "error", "该行没有图形", "请补充图形后重新交付"),
    IssueType("geometry_unusable", "error", "图形无法修复为有面积的面", "请在原软件中重新绘制该图形"),
    IssueType("geometry_repaired", "warning", "图形有拓扑错误,已自动修复", "请核对修复后的形状和面积"),
    IssueType("overlap", "warning", "与另一图形重叠超过1平方米", "请核对两宗地的界址"),
    IssueType("overlap_sliver", "notice", "与另一图形有不超过1平方米的细缝重叠", "一般为数字化误差,可不处理"),
    IssueType("duplicate_geometry", "warning", "与前面某行的图形完全相同", "请确认是否重复报送"),
    IssueType("outside_county", "warning", "图形中心不在本县(市、区)范围内", "请核对坐标系和县(市、区)代码"),
    IssueType("town_mismatch", "warning", "填报的乡镇与图形所在乡镇不一致", "以图形所占面积最大的乡镇为准,请核对"),
    IssueType("duplicate_key", "error", "关键字与前面某行重复,该行不入库", "请删除重复行或更正编号"),
    IssueType("key_missing", "error", "缺少关键字", "请补填编号"),
    IssueType("cadastral_code_invalid", "warning", "宗地代码不符合19位编码规则", "原文保留为旧编号,请更正宗地代码"),
    IssueType("unit_code_invalid", "warning", "不动产单元号不符合28位编码规则,未采用", "请更正不动产单元号"),
    IssueType("uscc_invalid", "error", "统一社会信用代码不正确(长度、字符或校验码)", "请核对营业执照"),
    IssueType("reference_unknown", "error", "所指的宗地、企业或合同不在库中", "请先导入被引用的底数"),
    IssueType("number_invalid", "warning", "不是数字,按未知处理", "请填写数字,单位写在表头"),
    IssueType("date_invalid", "warning", "不是有效日期,按未知处理", "请按 2025-09-30 的样式填写"),
    IssueType("value_unknown", "warning", "不在该字段的取值表中,按未知处理", "请从取值表中选填"),
    IssueType("area_registered_missing", "notice", "没有证载面积", "将依次采用批准面积、图形面积"),
    IssueType("area_differs", "notice", "证载面积与图形面积相差超过1%且超过5平方米", "请核对证载面积和界址"),
    IssueType("area_declared_differs", "warning", "国土TXT写明的面积与界址点围成的面积不符(超出4位小数公顷的舍入)", "请核对面积和界址点"),
    IssueType("point_count_differs", "warning", "国土TXT写明的点数与实有界址点数不符", "请核对是否漏点、多点或文件不完整"),
    IssueType("point_numbers_irregular", "notice", "国土TXT的界址点号跳号或重号", "请核对是否漏点或重复"),
    IssueType("rented_out_exceeds_held", "warning", "出租面积大于自有与承租面积之和", "请核对用地关系"),
    IssueType("contract_dates_out_of_order", "warning", "签订、约定动工、约定竣工日期先后颠倒", "请核对合同"),
    IssueType("axes_swapped", "error", "横纵坐标颠倒,该行未采用", "请更正坐标,或确认逐行调换(--axis-order per_row)"),
    IssueType("area_unit_slip", "warning", "面积的单位与同列其他行不同,按未知处理", "请统一单位后更正该行"),
    IssueType("row_empty", "notice", "空行", "已跳过"),
)
CATALOGUE: dict[str, IssueType] = {kind.code: kind for kind in _TYPES}


def issue(
    code: str, *, file: str, row: int, layer: str = "", field: str = "", value: object = "", severity: Severity | None = None
) -> Issue:
    """An issue with the catalogue's severity and hint unless the case says otherwise."""
    known = CATALOGUE[code]
    return Issue(file, layer, int(row), code, severity or known.severity, field, str(value).replace("\x00", "")[:200], known.hint)
