"""The files that were handed in, by SHA-256 under the county's folder; handed to the readers by their names."""

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
        yield _mains(paths)


def _mains(paths: list[Path]) -> list[Path]:
    """Without the parts that are read with their .shp."""
    shapes = {path.stem for path in paths if path.suffix.lower() == ".shp"}
    return [path for path in paths if not (path.suffix.lower() in BESIDE_SHP and path.stem in shapes)]


def sweep(wanted: set[tuple[str, str]], older_than_seconds: int = files.ORPHAN_SECONDS) -> int:
    """Delete files older than a day that no import names. Returns how many."""
    found = files.old(folder(), older_than_seconds)
    return files.sweep(found, lambda file: (file.parent.name, file.name) in wanted, older_than_seconds)
