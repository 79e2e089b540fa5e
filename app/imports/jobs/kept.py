"""The files that were handed in, by SHA-256 under the county's folder; handed to the readers by their names."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.core import files
from app.imports.errors import FileUnreadable
from app.imports.formats import BESIDE_SHP
from app.settings import settings


def folder() -> Path:
    """Where the files are, one folder a county."""
    return settings().state_dir / "imports"


@contextmanager
def opened(county: str, uploads: list[dict[str, Any]]) -> Iterator[list[Path]]:
    """The files under their names, side by side; a Shapefile's parts stand for one file. Errors: FileUnreadable when one is gone."""
    with TemporaryDirectory(prefix="yima-import-") as place:
        paths = []
        for upload in uploads:
            stored = folder().resolve() / county / upload["sha256"]
            if not stored.is_file():
                raise FileUnreadable(f"{upload['name']} 已不在存储中", hint="请重新上传")
            path = Path(place) / upload["name"]
            path.symlink_to(stored)
            paths.append(path)
        yield mains(paths)


def mains(paths: list[Path]) -> list[Path]:
    """Without the parts that are read with their .shp."""
    shapes = {path.stem for path in paths if path.suffix.lower() == ".shp"}
    return [path for path in paths if not (path.suffix.lower() in BESIDE_SHP and path.stem in shapes)]


_mine: set[Path] = set()


def _workplaces() -> Path:
    return settings().state_dir.resolve() / "unpacked"


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for what one import unpacks, named after this worker; gone with it, however its process ends."""
    _workplaces().mkdir(mode=0o750, parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"{os.getpid()}-", dir=_workplaces(), ignore_cleanup_errors=True) as place:
        _mine.add(Path(place))
        try:
            yield Path(place)
        finally:
            _mine.discard(Path(place))


def clear_workplaces() -> int:
    """Delete what workers left that were killed: those that live no more, and earlier ones of this number. Returns how many."""
    left = [place for place in _workplaces().glob("*-*") if place not in _mine and not _is_another(place.name.partition("-")[0])]
    for place in left:
        shutil.rmtree(place, ignore_errors=True)
    return len(left)


def _is_another(pid: str) -> bool:
    return pid != str(os.getpid()) and Path("/proc", pid).exists()


def sweep(wanted: set[tuple[str, str]], older_than_seconds: int = files.ORPHAN_SECONDS) -> int:
    """Delete files older than a day that no import names. Returns how many."""
    found = files.old(folder(), older_than_seconds)
    return files.sweep(found, lambda file: (file.parent.name, file.name) in wanted, older_than_seconds)
