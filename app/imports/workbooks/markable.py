"""Which files of an import can be given back marked, and what they are then called. Light."""

from pathlib import PurePath
from typing import Any, Final

from app.core.errors import NotFound
from app.imports.errors import FormatUnknown

MARKABLE: Final = (".xlsx", ".xlsm")


def name_of(file: str) -> str:
    """What the marked workbook is called."""
    return f"退回_{file}"


def file_of(job: Any, number: int) -> dict[str, Any]:
    """The file of a checked import, if it is a workbook. Errors: NotFound, FormatUnknown."""
    if not (job.staged_at or job.applied_at) or not 0 < number <= len(job.files):
        raise NotFound(f"导入 {job.id} 没有检查过的第 {number} 个文件")
    file: dict[str, Any] = job.files[number - 1]
    if PurePath(file["name"]).suffix.lower() not in MARKABLE:
        raise FormatUnknown(f"{file['name']} 不是 .xlsx、.xlsm 工作簿,不能标注退回", hint="问题清单可下载 CSV;表格请另存为 .xlsx 后再交付")
    return file
