"""Stage: files → one table of canonical values with geometry, issues and what may still be applied. No database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np

from app.enterprises.uscc import parse_uscc
from app.imports import readers, values
from app.imports.checks.catalogue import issue
from app.imports.checks.issue import Issue, Severity
from app.imports.columns import ColumnMap, Match, label, map_columns
from app.imports.errors import GeometryRequired
from app.imports.kinds import Column, Kind
from app.imports.readers import Delivery, ReadOptions

_CENT = Decimal("0.01")
_LONGEST_KEY = 200
"""A longer text is no key: it is treated as missing."""


@dataclass(frozen=True)
class Origin:
    """Where a row stands in what was delivered."""

    file: str
    layer: str
    row: int


@dataclass
class Staged:
    """One delivery: columns of values, one geometry a row, and which rows may still be applied."""

    kind: Kind
    data_on: date
    origin: list[Origin]
    columns: dict[str, list[Any]]
    geometry: np.ndarray | None
    deliveries: list[Delivery]
    maps: list[ColumnMap]
    raw: dict[str, list[str | None]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    ok: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __len__(self) -> int:
        return len(self.origin)

    def report(self, index: int, code: str, *, field: str = "", value: object = "", severity: Severity | None = None) -> None:
        """Note an issue of one row; an error takes the row out."""
        where = self.origin[index]
        found = issue(code, file=where.file, layer=where.layer, row=where.row, field=field, value=value, severity=severity)
        self.issues.append(found)
        if found.severity == "error":
            self.ok[index] = False

    def rows(self) -> list[int]:
        """Indexes of the rows that may be applied, in order of delivery."""
        return [int(i) for i in np.flatnonzero(self.ok)]

    def take(self, name: str, indexes: Sequence[int]) -> list[Any]:
        column = self.columns[name]
        return [column[i] for i in indexes]


def stage(files: Sequence[Path], kind: Kind, *, options: ReadOptions, data_on: date, mapping: Path | None = None) -> Staged:
    """Read, map and convert all files of one delivery."""
    deliveries = [delivery for path in files for delivery in readers.read(Path(path), options)]
    maps = [
        map_columns([str(c) for c in d.frame.columns], kind, short_headers=d.short_headers, override=mapping, file=d.file)
        for d in deliveries
    ]
    origin = [Origin(d.file, d.detected.layer, int(row)) for d in deliveries for row in d.rows]
    staged = Staged(kind, data_on, origin, {}, _geometry(deliveries, kind), deliveries, maps)
    staged.ok = np.ones(len(origin), dtype=bool)
    for delivery in deliveries:
        staged.issues += delivery.issues
    for column in kind.columns:
        _convert(staged, column)
    _drop_damaged(staged)
    return staged


def _geometry(deliveries: list[Delivery], kind: Kind) -> np.ndarray | None:
    if kind.geometry == "none":
        return None
    if kind.geometry == "required" and (without := [d.file for d in deliveries if d.geometry is None and len(d.frame)]):
        raise GeometryRequired(f"“{kind.label}”必须带图形,{'、'.join(without)} 没有图形")
    parts = [d.geometry if d.geometry is not None else np.full(len(d.frame), None, dtype=object) for d in deliveries]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=object)


def _convert(staged: Staged, column: Column) -> None:
    """One canonical column over all files."""
    converted: list[Any] = []
    texts: list[str | None] = []
    for delivery, mapped in zip(staged.deliveries, staged.maps, strict=True):
        match = mapped.matches.get(column.name)
        cells = list(delivery.frame[match.header]) if match else [None] * len(delivery.frame)
        base = len(converted)
        texts += cells
        for offset, cell in enumerate(cells):
            converted.append(None if cell is None else _value(staged, base + offset, column, match, cell))
    if column.name in (*staged.kind.key, *staged.kind.filled):
        converted = [None if isinstance(v, str) and len(v) > _LONGEST_KEY else v for v in converted]
    staged.columns[column.name], staged.raw[column.name] = converted, texts


_FAULTS = {"number": "number_invalid", "int": "number_invalid", "date": "date_invalid", "word": "value_unknown"}


def _value(staged: Staged, index: int, column: Column, match: Match | None, cell: str) -> Any:
    try:
        match column.type:
            case "text":
                return values.clean(cell)
            case "code":
                return values.code(cell)
            case "date":
                return values.day(cell)
            case "word":
                return values.word(cell, column.words)
            case "int":
                return values.integer(cell)
            case "uscc":
                return _uscc(staged, index, column, cell)
            case _:
                return _number(column, match, cell)
    except values.Unreadable:
        staged.report(index, _FAULTS[column.type], field=label(staged.kind.name, column.name), value=cell)
        return None


def _number(column: Column, match: Match | None, cell: str) -> Decimal | None:
    value = values.number(cell)
    if value is None or match is None or not column.dimension:
        return value
    if column.dimension == "area":
        # 亩 → m² is a division by 0.0015: exact before the one rounding.
        value = value / Decimal("0.0015") if match.unit == "亩" else value * match.factor("area")
        value = value.quantize(_CENT, rounding=ROUND_HALF_UP)
        return _within(value, least=Decimal(0))
    return _within(value * match.factor(column.dimension), least=-values.LARGEST)


def _within(value: Decimal, *, least: Decimal) -> Decimal:
    if not least <= value < values.LARGEST:
        raise values.Unreadable(str(value))
    return value


def _uscc(staged: Staged, index: int, column: Column, cell: str) -> str | None:
    text = values.code(cell)
    if text is None:
        return None
    parsed = parse_uscc(text)
    if parsed is None:
        staged.report(index, "uscc_invalid", field=label(staged.kind.name, column.name), value=text)
    return parsed or text


def _drop_damaged(staged: Staged) -> None:
    """Rows that a reader already found in error (a TXT vertex that can't be read)."""
    bad = {(i.file, i.layer, i.row) for i in staged.issues if i.severity == "error"}
    for index, where in enumerate(staged.origin):
        if (where.file, where.layer, where.row) in bad:
            staged.ok[index] = False
