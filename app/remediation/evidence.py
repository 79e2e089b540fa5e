"""佐证材料 files: stored by SHA-256 under state_dir/evidence, in place before the commit that names them."""

import hashlib
import os
import tempfile
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.concurrency import run_in_threadpool

from app.remediation import queries
from app.remediation.errors import EvidenceTooLarge, EvidenceType
from app.settings import settings

CHUNK = 1 << 20
ORPHAN_SECONDS = 24 * 3600
KINDS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"}


class Upload(Protocol):
    """What is read of an uploaded file."""

    async def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class Stored:
    """A file that is in place."""

    sha256: str
    media_type: str
    size_bytes: int


def folder() -> Path:
    """Where the files are."""
    return settings().state_dir / "evidence"


def path_of(sha256: str) -> Path:
    """Place of a file; the name is its hash and nothing the sender said."""
    return folder() / sha256[:2] / sha256


def clean_name(said: str | None) -> str:
    """File name to show and to hand back: no folders, no control characters, 120 characters at most."""
    last = (said or "").replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in unicodedata.normalize("NFC", last) if c.isprintable() and c not in '"<>|:*?').strip(" .")
    return kept[-120:] or "evidence"


def sniff(head: bytes) -> str:
    """Media type by content, whatever the name says. Errors: EvidenceType."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    raise EvidenceType("文件为空" if not head else "文件内容不是 JPEG、PNG、WebP 或 PDF", pointer="/file")


async def store(upload: Upload) -> Stored:
    """Put the file in place: temporary file, fsync, rename, fsync of the folder. Errors: EvidenceType, EvidenceTooLarge."""
    limit = settings().upload_max_mb * CHUNK
    base = folder()
    await run_in_threadpool(base.mkdir, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="upload-", dir=base)
    temporary = Path(name)
    digest, size, media_type = hashlib.sha256(), 0, ""
    try:
        with os.fdopen(handle, "wb") as file:
            while chunk := await upload.read(CHUNK):
                media_type = media_type or sniff(chunk)
                size += len(chunk)
                if size > limit:
                    raise EvidenceTooLarge(f"上限 {settings().upload_max_mb} MB", pointer="/file", hint="压缩后再传")
                digest.update(chunk)
                await run_in_threadpool(file.write, chunk)
            if size == 0:
                sniff(b"")
            await run_in_threadpool(_flush, file.fileno(), file.flush)
        await run_in_threadpool(_place, temporary, path_of(digest.hexdigest()))
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return Stored(digest.hexdigest(), media_type, size)


def _flush(number: int, flush: Callable[[], None]) -> None:
    flush()
    os.fsync(number)


def _place(temporary: Path, final: Path) -> None:
    """Rename into place; an equal file there is replaced by its equal, so that a sweep sees it as new."""
    final.parent.mkdir(exist_ok=True)
    temporary.chmod(0o640)
    temporary.replace(final)
    for directory in (final.parent, final.parent.parent):
        number = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


async def sweep_orphans(conn: AsyncConnection, *, older_than_seconds: int = ORPHAN_SECONDS) -> int:
    """Delete files older than a day that no commit names (an upload that was rolled back or killed). Returns how many."""
    before = time.time() - older_than_seconds
    old = [f for f in folder().glob("**/*") if f.is_file() and f.stat().st_mtime < before] if folder().is_dir() else []
    named = await queries.known_hashes(conn, [f.name for f in old])
    swept = 0
    for file in old:
        if file.name not in named and file.stat().st_mtime < before:
            file.unlink(missing_ok=True)
            swept += 1
    return swept
