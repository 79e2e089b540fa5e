"""范围分析 as a workbook: 汇总, 地块明细, 企业, 规划; units in headers, 密级 and 制表日期 on the first sheet. Pure."""

import io
from collections.abc import Sequence
from typing import Any, Final

import xlsxwriter

from app.maps.meta import CLASSES

Column = tuple[str, str, dict[Any, str]]

_CLASS: Final = {key: label for key, (label, _, _) in CLASSES.items()}
_MISSING: Final = "资料不全"
_RESULT: Final = {"true": "是", "false": "否", "unknown": _MISSING, "suspected": "疑似", "not_idle": "否", "insufficient_data": _MISSING}
_OWNERSHIP: Final = {"G": "国有", "J": "集体", "Z": "未确定"}
_SECRECY: Final = "密级: 内部资料,不得公开"
_SYNTHETIC: Final = "示意: 数据为合成数据,非测绘成果,不作为权属与审批依据"
_PARCELS: Final[tuple[Column, ...]] = (
    ("宗地代码", "cadastral_code", {}), ("一码", "land_code", {}), ("宗地名称", "name", {}), ("责任主体", "responsible_body_name", {}),
    ("权属", "ownership", _OWNERSHIP), ("压盖面积(㎡)", "covered_m2", {}), ("压盖面积(亩)", "covered_mu", {}),
    ("计入面积(㎡,重叠只计一次)", "counted_m2", {}), ("宗地图形面积(㎡)", "parcel_m2", {}), ("占宗地比例", "share_of_parcel", {}),
    ("占范围比例", "share_of_range", {}), ("图例分类", "display_class", _CLASS), ("低效(初判)", "inefficient", _RESULT),
    ("疑似闲置", "idle", _RESULT), ("标准地", "standard_land", _RESULT),
    ("亩均评价档次", "grade", {}), ("亩均税收分档(万元/亩)", "tax_band_label", {}),
)  # fmt: skip
_FIRMS: Final[tuple[Column, ...]] = (
    ("企业名称", "name", {}), ("统一社会信用代码", "uscc", {}), ("用地关系", "relation_label", {}), ("宗地代码", "cadastral_code", {}),
    ("一码", "land_code", {}), ("登记用地面积(㎡)", "area_m2", {}),
)  # fmt: skip
_PLANNING: Final[tuple[Column, ...]] = (
    ("规划图层", "label", {}), ("版本", "version", {}), ("批准机关", "approved_by", {}), ("批准日期", "approved_on", {}),
    ("文号", "document", {}),
    ("现行", "in_force", {True: "是", False: "否"}), ("线内面积(㎡)", "inside_m2", {}), ("线内面积(亩)", "inside_mu", {}),
    ("线外面积(㎡)", "outside_m2", {}), ("线外面积(亩)", "outside_mu", {}), ("线内比例", "ratio", {}), ("关系", "relation_label", {}),
    ("说明", "note", {}),
)  # fmt: skip


def workbook(said: dict[str, Any], *, by: str) -> bytes:
    """The answer of an overlay as .xlsx."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        head = book.add_format({"bold": True, "bg_color": "#e8eef5", "border": 1, "text_wrap": True, "valign": "top"})
        title = book.add_format({"bold": True, "font_size": 14})
        _summary(book.add_worksheet("汇总"), said, by, title, head)
        _table(book.add_worksheet("地块明细"), _PARCELS, said["parcels"], head)
        _table(book.add_worksheet("企业"), _FIRMS, said["enterprises"]["rows"], head)
        _table(book.add_worksheet("规划"), _PLANNING, said["planning"], head)
    return out.getvalue()


def _value(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float)):
        return value
    return float(value) if hasattr(value, "as_tuple") else value.isoformat() if hasattr(value, "isoformat") else str(value)


def _table(sheet: Any, columns: Sequence[Column], rows: Sequence[dict[str, Any]], head: Any) -> None:
    sheet.freeze_panes(1, 0)
    for column, (label, name, words) in enumerate(columns):
        sheet.write(0, column, label, head)
        sheet.set_column(column, column, max(12, len(label) * 1.8))
        for line, row in enumerate(rows, start=1):
            value = words.get(row[name], row[name]) if words else row[name]
            if value is not None:
                sheet.write(line, column, _value(value))
    if rows:
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)


def _summary(sheet: Any, said: dict[str, Any], by: str, title: Any, head: Any) -> None:
    range_, totals, check = said["range"], said["totals"], said["sum_check"]
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 5, 18)
    sheet.write(0, 0, f"{said['county']['name']}范围分析", title)
    made = f"制图日期: {said['as_of'].isoformat()}"
    notes = (_SECRECY, made, f"制作: {by}", _SYNTHETIC, f"面积口径: {said['method']['area']}", *said["notes"])
    for line, note in enumerate(notes, start=1):
        sheet.write(line, 0, note)
    line = len(notes) + 2
    pairs = (
        ("范围来源", range_["source"].get("label")), ("范围面积(㎡)", range_["m2"]), ("范围面积(亩)", range_["mu"]),
        ("范围面积(公顷)", range_["hectare"]), ("宗地(宗)", totals["n_parcels"]), ("其中全部在内(宗)", totals["n_whole"]),
        ("压盖面积合计(㎡,重叠只计一次)", totals["m2"]), ("压盖面积合计(亩)", totals["mu"]), ("重叠面积(㎡)", totals["overlap_m2"]),
        ("无宗地面积(㎡)", said["uncovered"]["m2"]), ("无宗地面积(亩)", said["uncovered"]["mu"]),
        ("企业(家,去重)", said["enterprises"]["n"]),
        ("核对: 各部分之和(㎡)", check["parts_m2"]), ("核对: 与范围之差(㎡)", check["difference_m2"]),
    )  # fmt: skip
    for label, value in pairs:
        sheet.write(line, 0, label, head)
        sheet.write(line, 1, _value(value))
        line += 1
    for heading, rows in (("按图例分类", said["by_class"]), ("按权属", said["by_ownership"])):
        line += 1
        for column, label in enumerate((heading, "宗", "面积(㎡)", "面积(亩)", "占范围比例")):
            sheet.write(line, column, label, head)
        rest = {"label": "无宗地", "n_parcels": None, **said["uncovered"]}
        for row in (*rows, rest):
            line += 1
            for column, name in enumerate(("label", "n_parcels", "m2", "mu", "share_of_range")):
                sheet.write(line, column, _value(row[name]))
        line += 1
