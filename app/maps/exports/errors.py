"""Refusals of exports."""

from app.core.errors import Problem


class FormatUnfit(Problem):
    code, status, title = "export_format_unfit", 422, "此格式不适用于所选图层或坐标系"


class ExportTooLarge(Problem):
    code, status, title = "export_too_large", 422, "导出内容超出该格式的上限"


class TooManyExports(Problem):
    code, status, title = "export_limit", 429, "进行中的导出过多"


class ExportNotReady(Problem):
    code, status, title = "export_not_ready", 409, "文件还没有生成"


class ExportGone(Problem):
    code, status, title = "export_gone", 410, "文件已清理,请重新导出"


class ExportFailed(Problem):
    code, status, title = "export_failed", 500, "导出没有成功"


class ShiftedCrsOff(Problem):
    code, status, title = "shifted_crs_off", 403, "本县没有开启偏移坐标(GCJ-02、BD-09)"
