"""Load a folder of deliveries in the order of its manifest; what was applied before is skipped, so a killed load resumes."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from app.core import db
from app.core.principal import Principal
from app.imports import queries, readers
from app.imports.kinds import kind_of
from app.imports.report import ImportReport
from app.imports.service import Options, delivery_hash, import_files


async def load_manifest(folder: Path, *, county_code: str, principal: Principal, say: Callable[[str], None] = print) -> list[ImportReport]:
    """Import every entry {file | files, kind, data_date, layer?, family?, crs?, encoding?, covers?} of manifest.json."""
    entries: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    reports = []
    for number, entry in enumerate(entries, 1):
        files = [folder / name for name in entry.get("files", [entry.get("file")])]
        options = Options(
            layer=entry.get("layer"), crs=entry.get("crs"), encoding=entry.get("encoding"), family=entry.get("family"),
            covers=entry.get("covers"),
            data_date=date.fromisoformat(entry["data_date"]),
        )  # fmt: skip
        told = f"[{number}/{len(entries)}] {kind_of(entry['kind']).label} {'、'.join(f.name for f in files)}"
        if await _is_applied(files, entry["kind"], county_code, options):
            say(f"{told}:已导入,跳过")
            continue
        report = await import_files(files, kind=entry["kind"], county_code=county_code, options=options, principal=principal)
        say(f"{told}:{report.counts}" + (f" 问题 {report.issue_counts}" if report.issue_counts else ""))
        reports.append(report)
    return reports


async def _is_applied(files: list[Path], kind: str, county_code: str, options: Options) -> bool:
    hashes = [found for file in files for found in readers.hashes(file)]
    async with db.reading() as conn:
        wanted = delivery_hash(hashes, kind, options.data_date or date.min, options)
        return await queries.applied(conn, county_code, wanted) is not None
