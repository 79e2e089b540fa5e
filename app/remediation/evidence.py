"""佐证材料 files: stored by SHA-256 under state_dir/evidence, in place before the commit that names them."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import files
from app.core.files import CHUNK, ORPHAN_SECONDS, Upload
from app.remediation import queries
from app.remediation.errors import EvidenceTooLarge, EvidenceType
from app.settings import settings

KINDS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"}


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
    """File name to show and to hand back."""
    return files.clean_name(said, "evidence")


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
    """Put the file in place. Errors: EvidenceType, EvidenceTooLarge."""
    media_type = ""

    def look(chunk: bytes, size: int) -> None:
        nonlocal media_type
        media_type = media_type or sniff(chunk)
        if size > settings().upload_max_mb * CHUNK:
            raise EvidenceTooLarge(f"上限 {settings().upload_max_mb} MB", pointer="/file", hint="压缩后再传")

    sha256, size = await files.keep(upload, folder(), path_of, look)
    return Stored(sha256, media_type, size)


async def sweep_orphans(conn: AsyncConnection, *, older_than_seconds: int = ORPHAN_SECONDS) -> int:
    """Delete files older than a day that no commit names (an upload that was rolled back or killed). Returns how many."""
    found = files.old(folder(), older_than_seconds)
    named = await queries.known_hashes(conn, [f.name for f in found])
    return files.sweep(found, lambda file: file.name in named, older_than_seconds)
