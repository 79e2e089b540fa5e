"""What a reader hands on: canonicalisable text columns, geometry in its own CRS turned to 4490, and what was detected."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from app.imports.checks.issue import Issue
from app.imports.columns import MOST_LISTED
from app.imports.errors import FileUnreadable
from app.imports.packed import PackedShapes

SURE = 0.5
"""A decision less sure than this is asked, never taken."""
STATED = "用户指定"
EVERY_FILE = "*"
"""As a layer: all files of an archive, also those that do not look like the kind."""
_PREVIEWED, _LONGEST_SHOWN = 5, 60
_LONGEST_HEADER = 1000
AxisOrder = Literal["east_north", "north_east", "per_row"]


@dataclass(frozen=True)
class Place:
    """Where a delivery should lie: the county's outline (4490, None = unknown) and the EPSG code of its plane."""

    outline: BaseGeometry | None = None
    meridian_epsg: int | None = None


@dataclass(frozen=True)
class ReadOptions:
    """What the user stated about the files, each winning over what a file says of itself; and what is known of the county."""

    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    axis_order: AxisOrder | None = None
    """east_north: as the file has it; north_east: every pair turned; per_row: the rows that lie right only when turned."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Header → unit of an area column."""
    layer_is_label: bool = False
    """`layer` may name something else than a sheet (the list of kind `lists`)."""
    geometry: Literal["required", "optional", "none"] = "required"
    """Whether the kind of delivery bears geometry: what it does not bear is not asked about."""
    takes_lines: bool = False
    """Whether open lines are rows of their own (of a drawing)."""
    place: Place = field(default_factory=Place)


@dataclass(frozen=True)
class Finding:
    """One fact about a file: what it is, how sure (0–1; 1 = the user said so), and why."""

    fact: str
    value: str
    confidence: float
    reason: str
    column: str = ""


@dataclass(frozen=True)
class Preview:
    """The first rows as they were read: texts, None where a cell is empty."""

    headers: list[str]
    rows: list[list[str | None]]


@dataclass
class Detected:
    """Facts found in a file (encoding, crs, axis_order, zone, layer, unit, shift), each with why it is believed; stored with the import.

    It is filled while the file is read, so that what was found up to a question can be told with it.
    """

    format: str
    layer: str = ""
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: int | None = None
    preview: Preview | None = None

    def found(self, fact: str, value: str, confidence: float, reason: str, *, column: str = "") -> None:
        """Note a fact; the last word on a fact stands."""
        self.findings = [f for f in self.findings if (f.fact, f.column) != (fact, column)]
        self.findings.append(Finding(fact, value, round(float(confidence), 3), reason, column))

    def saw(self, frame: pd.DataFrame) -> None:
        """The table is read: how many rows, and what the first ones look like. Errors: FileUnreadable where a header is none."""
        if (longest := max((len(str(c)) for c in frame.columns), default=0)) > _LONGEST_HEADER:
            raise FileUnreadable(f"有一列的表头长 {longest} 字,不是表格", hint="请核对分隔符、引号和换行")
        self.rows = len(frame)
        shown = frame.iloc[:_PREVIEWED, :MOST_LISTED]
        first = shown.itertuples(index=False, name=None)
        self.preview = Preview([str(c) for c in shown.columns], [[_shown(cell) for cell in row] for row in first])

    def chose_layer(self, layer: str, reason: str) -> None:
        """The layer or sheet that is read."""
        self.layer = layer
        self.found("layer", layer, 1.0, reason)

    def _of(self, fact: str) -> Finding:
        return next((f for f in self.findings if f.fact == fact), Finding(fact, "", 0.0, ""))

    @property
    def encoding(self) -> str:
        return self._of("encoding").value

    @property
    def encoding_reason(self) -> str:
        return self._of("encoding").reason

    @property
    def crs(self) -> str:
        return self._of("crs").value

    @property
    def crs_reason(self) -> str:
        return self._of("crs").reason

    @property
    def axis_order(self) -> str:
        return self._of("axis_order").value

    def as_dict(self) -> dict[str, Any]:
        named = ("format", "layer", "encoding", "encoding_reason", "crs", "crs_reason", "axis_order", "notes")
        told = {name: value for name in named if (value := getattr(self, name))}
        told |= {"findings": [asdict(f) for f in self.findings]}
        return told | ({"preview": asdict(self.preview)} if self.preview else {})


@dataclass
class Delivery:
    """One file read: every value is text or None (never guessed into numbers), one geometry a row, row numbers 1-based."""

    path: Path
    sha256: str
    detected: Detected
    frame: pd.DataFrame
    geometry: PackedShapes | None
    rows: np.ndarray
    short_headers: bool = False
    units_said: tuple[str, ...] = ()
    """Units that a line above the headers states for the whole table (单位:亩)."""
    issues: list[Issue] = field(default_factory=list)
    uncomputed: dict[tuple[int, str], str] = field(default_factory=dict)
    """(row, header) of a workbook's formulas that were never computed → the cell (C5)."""

    @property
    def file(self) -> str:
        return self.path.name


def _shown(cell: Any) -> str | None:
    if cell is None or cell != cell:
        return None
    text = str(cell)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def sha256_of(paths: list[Path]) -> str:
    """SHA-256 over the contents of the files that make one delivery file (a Shapefile's parts in order of name)."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        with path.open("rb") as handle:
            while chunk := handle.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
