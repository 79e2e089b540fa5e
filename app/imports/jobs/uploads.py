"""The files of a delivery: read from the request as they come, kept by SHA-256 under the county's folder, handed to the readers by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from app.core import files
from app.core.errors import BodyInvalid
from app.imports.errors import FileUnreadable
from app.imports.jobs.errors import ImportTooLarge, UploadInvalid
from app.settings import settings

MOST_FILES = 100
_BESIDE_SHP = frozenset({".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qpj", ".qix"})


def folder() -> Path:
    """Where the files are, one folder a county."""
    return settings().state_dir / "imports"


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
    return await request.form(max_files=MOST_FILES, max_fields=20)


async def keep(county: str, form: FormData) -> list[dict[str, Any]]:
    """Put the files in place: [{name, sha256, size}]. Errors: UploadInvalid, ImportTooLarge."""
    given = [value for name, value in form.multi_items() if name == "file" and isinstance(value, UploadFile)]
    names = [checked_name(one.filename) for one in given]
    if not given:
        raise UploadInvalid("没有文件", pointer="/file")
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise UploadInvalid("两个文件同名:" + "、".join(doubled), pointer="/file")
    kept, total = [], 0

    def look(chunk: bytes, _: int) -> None:
        nonlocal total
        total += len(chunk)
        if total > limit():
            raise too_large()

    for name, upload in zip(names, given, strict=True):
        sha256, size = await files.keep(upload, folder(), lambda sha256: folder() / county / sha256, look)
        if size == 0:
            raise UploadInvalid(f"{name} 是空文件(0字节)", pointer="/file", hint="请重新导出并传输")
        await upload.seek(0)  # the request's hash is made of it as well
        kept.append({"name": name, "sha256": sha256, "size": size})
    return kept


def checked_name(said: str | None) -> str:
    """A file name as given; one that leads elsewhere is refused by name."""
    name = said or ""
    if "/" in name or "\\" in name or name in ("", ".", "..") or files.clean_name(name, "") != name:
        shown = files.clean_name(name, "(空)")
        raise UploadInvalid(f"文件名不能含路径或控制字符:{shown}", pointer="/file", hint="只写文件名,120 字以内")
    return name


@contextmanager
def opened(county: str, uploads: list[dict[str, Any]]) -> Iterator[list[Path]]:
    """The files under their names, side by side; a Shapefile's parts stand for one file. Errors: FileUnreadable when one is gone."""
    with TemporaryDirectory(prefix="yima-import-") as place:
        paths = []
        for upload in uploads:
            kept = folder().resolve() / county / upload["sha256"]
            if not kept.is_file():
                raise FileUnreadable(f"{upload['name']} 已不在存储中", hint="请重新上传")
            path = Path(place) / upload["name"]
            path.symlink_to(kept)
            paths.append(path)
        yield _mains(paths)


def _mains(paths: list[Path]) -> list[Path]:
    """Without the parts that are read with their .shp."""
    shapes = {path.stem for path in paths if path.suffix.lower() == ".shp"}
    return [path for path in paths if not (path.suffix.lower() in _BESIDE_SHP and path.stem in shapes)]


def sweep(wanted: set[tuple[str, str]], older_than_seconds: int = files.ORPHAN_SECONDS) -> int:
    """Delete files older than a day that no import names. Returns how many."""
    found = files.old(folder(), older_than_seconds)
    return files.sweep(found, lambda file: (file.parent.name, file.name) in wanted, older_than_seconds)
