"""The files of a delivery as they come with the request: bounded, named, put in place."""

from pathlib import PurePath
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from app.core import files
from app.core.errors import BodyInvalid
from app.imports.errors import FormatUnknown
from app.imports.formats import SUPPORTED, TAKEN
from app.imports.jobs import kept
from app.imports.jobs.errors import ImportTooLarge, UploadInvalid
from app.settings import settings

MOST_FILES, MOST_FIELDS = 100, 20


def limit() -> int:
    """Bytes of one delivery."""
    return settings().import_mb << 20


def too_large() -> ImportTooLarge:
    """The refusal with its limit."""
    return ImportTooLarge(f"一次交付上限 {settings().import_mb} MB", pointer="/file", hint="分批交付,或用命令行 yima import")


async def form_of(request: Request) -> FormData:
    """The form; its files are on disk, not in memory. Errors: ImportTooLarge before or while it comes, BodyInvalid."""
    if int(request.headers.get("content-length") or 0) > limit() + files.CHUNK:
        raise too_large()
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise BodyInvalid("请用 multipart/form-data 提交", pointer="/file")
    try:
        return await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
    except HTTPException as error:
        limits = f"一次最多 {MOST_FILES} 个文件、{MOST_FIELDS} 个字段,每个字段不超过 1 MB"
        raise BodyInvalid("表单无法读取", pointer="/file", hint=limits) from error


async def keep(county: str, form: FormData, *, is_checked: bool) -> list[dict[str, Any]]:
    """Put the files in place: [{name, sha256, size}]; with a manifest the names, which it says, are not checked.

    Errors: UploadInvalid, FormatUnknown, ImportTooLarge.
    """
    given = [value for name, value in form.multi_items() if name == "file" and isinstance(value, UploadFile)]
    names = [checked_name(one.filename) for one in given]
    if not given:
        raise UploadInvalid("没有文件", pointer="/file")
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise UploadInvalid("两个文件同名:" + "、".join(doubled), pointer="/file")
    if is_checked and (odd := [name for name in names if PurePath(name).suffix.lower() not in TAKEN]):
        raise FormatUnknown("不支持的文件:" + "、".join(odd), pointer="/file", hint=SUPPORTED)
    told, total = [], 0

    def look(chunk: bytes, _: int) -> None:
        nonlocal total
        total += len(chunk)
        if total > limit():
            raise too_large()

    for name, upload in zip(names, given, strict=True):
        sha256, size = await files.keep(upload, kept.folder(), lambda sha256: kept.folder() / county / sha256, look)
        if size == 0:
            raise UploadInvalid(f"{name} 是空文件(0字节)", pointer="/file", hint="请重新导出并传输")
        await upload.seek(0)  # the request's hash is made of it as well
        told.append({"name": name, "sha256": sha256, "size": size})
    return told


def checked_name(said: str | None) -> str:
    """A file name as given; one that leads elsewhere is refused by name."""
    name = said or ""
    if "/" in name or "\\" in name or name in ("", ".", "..") or files.clean_name(name, "") != name:
        shown = files.clean_name(name, "(空)")
        raise UploadInvalid(f"文件名不能含路径或控制字符:{shown}", pointer="/file", hint="只写文件名,120 字以内")
    return name
