"""A file that can't be read at all is a Problem; a bad row is an Issue (checks/catalogue.py).

What the importer won't decide alone is a Problem too: `question` names the option that answers it (crs, encoding, layer,
axis_order, unit, covers), `choices` lists {value, label, reason}, the likeliest first.
"""

from collections.abc import Iterable
from typing import Any

from app.core.errors import Problem


def asking(question: str, choices: Iterable[tuple[str, ...]], *, column: str | None = None) -> dict[str, Any]:
    """Extension members of a problem that asks; a choice is value, label and what speaks for it or against it, where something does.

    `column` is the header a unit is asked for.
    """
    members: dict[str, Any] = {"question": question, "choices": [dict(zip(("value", "label", "reason"), c, strict=False)) for c in choices]}
    return members | ({"column": column} if column else {})


class FileUnreadable(Problem):
    code, status, title = "file_unreadable", 422, "文件无法读取"


class FormatUnknown(Problem):
    code, status, title = "format_unknown", 422, "不支持的文件格式"


class EncodingUnknown(Problem):
    code, status, title = "encoding_unknown", 422, "无法确定文字编码"


class CrsMissing(Problem):
    code, status, title = "crs_missing", 422, "文件没有声明坐标系"


class CrsInvalid(Problem):
    code, status, title = "crs_invalid", 422, "坐标系与坐标不符或不认识"


class CrsDoubtful(Problem):
    code, status, title = "crs_doubtful", 422, "坐标系与本县位置不符,需要确认"


class CrsMixed(Problem):
    code, status, title = "crs_mixed", 422, "一次交付里混有几种坐标系"


class AxisOrderDoubtful(Problem):
    code, status, title = "axis_order_doubtful", 422, "横纵坐标似乎颠倒,需要确认"


class UnitDoubtful(Problem):
    code, status, title = "unit_doubtful", 422, "面积单位与图形不符,需要确认"


class DatumUnsupported(Problem):
    code, status, title = "datum_unsupported", 422, "不支持的大地基准"


class LayerAmbiguous(Problem):
    code, status, title = "layer_ambiguous", 422, "文件含多个图层,需要指定"


class LayerUnknown(Problem):
    code, status, title = "layer_unknown", 422, "文件中没有这个图层"


class KindUnknown(Problem):
    code, status, title = "kind_unknown", 422, "不认识的交付类别"


class ColumnsMissing(Problem):
    code, status, title = "columns_missing", 422, "缺少必需的列"


class MappingInvalid(Problem):
    code, status, title = "mapping_invalid", 422, "列对应表不正确"


class GeometryRequired(Problem):
    code, status, title = "geometry_required", 422, "此类交付必须带图形"


class DataDateFuture(Problem):
    code, status, title = "data_date_future", 422, "数据日期晚于今天"


class OptionMissing(Problem):
    code, status, title = "option_missing", 422, "缺少导入参数"


class CorrectionDecided(Problem):
    code, status, title = "correction_decided", 409, "更正已经审核"


class CorrectionOutdated(Problem):
    code, status, title = "correction_outdated", 409, "更正的原值与库中不符"


class CountyUnknown(Problem):
    code, status, title = "county_unknown", 404, "系统中没有这个县(市、区)"


class CoverageDoubtful(Problem):
    code, status, title = "coverage_doubtful", 422, "没有写明交付是否完整,需要确认"


class CoverageInvalid(Problem):
    code, status, title = "coverage_invalid", 422, "完整的乡镇写得不正确"


class DeliveryStopped(Problem):
    code, status, title = "delivery_stopped", 409, "有问题不解决,整批不能入库"


class AcceptanceInconsistent(Problem):
    code, status, title = "acceptance_inconsistent", 409, "分割、合并须整组接受"


class UndoRefused(Problem):
    code, status, title = "undo_refused", 409, "不能撤销:之后已有办理或导入"
