"""What a reader hands on: canonicalisable text columns, geometry in its own CRS turned to 4490, and what was detected."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from app.imports.checks.issue import Issue


@dataclass(frozen=True)
class ReadOptions:
    """What the user stated about the files; each wins over what a file says of itself."""

    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    layer_is_label: bool = False
    """`layer` may name something else than a sheet (the list of kind `lists`)."""


@dataclass
class Detected:
    """Facts found in a file, each with why it is believed; stored with the import."""

    format: str
    layer: str = ""
    encoding: str = ""
    encoding_reason: str = ""
    crs: str = ""
    crs_reason: str = ""
    axis_order: str = ""
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value}


@dataclass
class Delivery:
    """One file read: every value is text or None (never guessed into numbers), one geometry a row, row numbers 1-based."""

    path: Path
    sha256: str
    detected: Detected
    frame: pd.DataFrame
    geometry: np.ndarray | None
    rows: np.ndarray
    short_headers: bool = False
    issues: list[Issue] = field(default_factory=list)

    @property
    def file(self) -> str:
        return self.path.name


def sha256_of(paths: list[Path]) -> str:
    """SHA-256 over the contents of the files that make one delivery file (a Shapefile's parts in order of name)."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        with path.open("rb") as handle:
            while chunk := handle.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
