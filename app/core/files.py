"""Uploaded files kept by their SHA-256: streamed to disk, in place before the commit that names them, swept when no commit does."""

import asyncio
import hashlib
import os
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

CHUNK = 1 << 20
ORPHAN_SECONDS = 24 * 3600


class Upload(Protocol):
    """What is read of an uploaded file."""

    async def read(self, size: int = -1, /) -> bytes: ...


async def keep(upload: Upload, folder: Path, place: Callable[[str], Path], look: Callable[[bytes, int], None]) -> tuple[str, int]:
    """Put the file at `place(sha256)` below `folder`: temporary file, fsync, rename, fsync of the folders. Returns SHA-256 and bytes.

    `look(chunk, bytes so far)` sees each chunk (an empty file is one empty chunk); what it raises ends it and nothing is kept.
    """
    await asyncio.to_thread(folder.mkdir, mode=0o750, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="upload-", dir=folder)
    temporary = Path(name)
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as file:
            while chunk := await upload.read(CHUNK):
                size += len(chunk)
                look(chunk, size)
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
            if size == 0:
                look(b"", 0)
            await asyncio.to_thread(_flush, file.fileno(), file.flush)
        await asyncio.to_thread(_put, temporary, place(digest.hexdigest()))
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return digest.hexdigest(), size


def _flush(number: int, flush: Callable[[], None]) -> None:
    flush()
    os.fsync(number)


def _put(temporary: Path, final: Path) -> None:
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


def old(folder: Path, older_than_seconds: int = ORPHAN_SECONDS) -> list[Path]:
    """Files below the folder that are older than that."""
    before = time.time() - older_than_seconds
    return [f for f in folder.glob("**/*") if f.is_file() and f.stat().st_mtime < before] if folder.is_dir() else []


def sweep(found: Iterable[Path], wanted: Callable[[Path], bool], older_than_seconds: int = ORPHAN_SECONDS) -> int:
    """Delete those that nobody wants and that nobody has put there anew meanwhile. Returns how many."""
    before, swept = time.time() - older_than_seconds, 0
    for file in found:
        if not wanted(file) and file.stat().st_mtime < before:
            file.unlink(missing_ok=True)
            swept += 1
    return swept


def clean_name(said: str | None, default: str) -> str:
    """File name to show and to hand back: no folders, no control characters, 120 characters at most."""
    last = (said or "").replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in unicodedata.normalize("NFC", last) if c.isprintable() and c not in '"<>|:*?').strip(" .")
    return kept[-120:] or default
