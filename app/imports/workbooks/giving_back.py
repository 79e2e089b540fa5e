"""A file of an import given back with its issues. Heavy (a workbook is opened whole): over HTTP in a process of its own (process.py)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import db
from app.core.errors import NotFound
from app.imports.checks.issue import Issue
from app.imports.errors import FileUnreadable
from app.imports.jobs import kept
from app.imports.jobs import queries as jobs
from app.imports.kinds import kind_of
from app.imports.readers import container
from app.imports.readers.base import sha256_of
from app.imports.workbooks.markable import file_of, name_of
from app.imports.workbooks.returned import returned

_ISSUES = text(
    "SELECT file, coalesce(layer, '') AS layer, coalesce(row_no, 0) AS row, code, severity, coalesce(field, '') AS field,"
    " coalesce(value, '') AS value, coalesce(hint, '') AS hint FROM import_issue"
    " WHERE county_code = :c AND import_id = :i AND file = :f ORDER BY id"
)


async def give_back(county: str, import_id: int, number: int, *, given: Path | None = None) -> tuple[str, bytes]:
    """Name and content of the `number`-th file that the import read (1, 2, …), marked.

    `given` is the same file from its owner's disk, where none was handed in. Errors: NotFound, FormatUnknown, FileUnreadable.
    """
    async with db.reading() as conn:
        job = await jobs.one(conn, county, import_id)
        if job is None:
            raise NotFound(f"没有导入 {import_id}")
        file = file_of(job, number)
        issues = await _issues(conn, county, import_id, file["name"])
    with _paths(job, given) as paths:
        content = _content(paths, file)
    return name_of(file["name"]), returned(content, issues, kind_of(job.kind), mapping=mapping_of(file))


def mapping_of(file: dict[str, Any]) -> dict[str, dict[str, str]]:
    """How the columns of a file were understood, as somebody would state it."""
    return {name: {"header": said["header"], "unit": said["unit"]} for name, said in file["mapping"]["columns"].items()}


async def _issues(conn: AsyncConnection, county: str, import_id: int, file: str) -> Sequence[Issue]:
    rows = (await conn.execute(_ISSUES, {"c": county, "i": import_id, "f": file})).mappings()
    return [Issue(**row) for row in rows]


@contextmanager
def _paths(job: Any, given: Path | None) -> Iterator[list[Path]]:
    if given is not None:
        yield [given]
        return
    with kept.opened(job.county_code, job.uploads) as paths:
        yield paths


def _content(paths: Sequence[Path], file: dict[str, Any]) -> bytes:
    """The file by its content, also out of an archive."""
    for path in paths:
        with container.opened(path) as sources:
            found = next((one for one in sources if sha256_of(one.parts) == file["sha256"]), None)
            if found is not None:
                return found.path.read_bytes()
    raise FileUnreadable(f"没有 {file['name']},或内容与导入时不同", hint="请给出导入时的那个文件")
