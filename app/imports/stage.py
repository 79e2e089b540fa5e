"""Stage: files → one table of canonical values with geometry, issues and what may still be applied. No database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
from shapely.geometry.base import BaseGeometry

from app.core import crs
from app.enterprises.uscc import parse_uscc
from app.imports import archives, frames, progress, readers, values
from app.imports.area_units import Slip, settle_units
from app.imports.checks.catalogue import issue, keeps_out
from app.imports.checks.issue import Finding, Issue, Severity
from app.imports.columns import (
    UNITS,
    ColumnMap,
    Known,
    Match,
    Stated,
    headers_hash,
    label,
    matched,
    refuse_missing,
    split_unit,
)
from app.imports.errors import ColumnsMissing
from app.imports.kinds import Column, Kind
from app.imports.packed import PackedColumn, PackedShapes, give_back, packed_values
from app.imports.readers import Delivery, Look, ReadOptions
from app.imports.readers.look import Seen
from app.imports.shapes import shapes_of

_CENT = Decimal("0.01")
_LONGEST_KEY = 200
"""A longer text is no key: it is treated as missing."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row stands in what was delivered."""

    file: str
    layer: str
    row: int


def row_numbers(origin: Sequence[Origin], indexes: Sequence[int]) -> list[int]:
    """Row numbers of rows in their files."""
    if isinstance(origin, Origins):
        return origin.numbers[indexes].tolist()
    return [origin[index].row for index in indexes]


class Origins(Sequence[Origin]):
    """The origins of all rows, told when asked for."""

    def __init__(self, deliveries: Sequence[Delivery]) -> None:
        self._deliveries = deliveries
        self._ends = np.cumsum([len(d.rows) for d in deliveries], dtype=int)
        self._numbers = np.concatenate([np.zeros(0, dtype=int), *(d.rows for d in deliveries)])
        self._rows = range(len(self._numbers))

    @property
    def numbers(self) -> np.ndarray:
        """Row numbers in the files."""
        return self._numbers[self._rows.start : self._rows.stop]

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Origin: ...
    @overload
    def __getitem__(self, index: slice) -> "Origins": ...
    def __getitem__(self, index: int | slice) -> "Origin | Origins":
        if isinstance(index, slice):
            some = copy(self)
            some._rows = self._rows[index]
            return some
        if not 0 <= index < len(self):
            raise IndexError(index)
        row = self._rows[index]
        delivery = self._deliveries[int(np.searchsorted(self._ends, row, side="right"))]
        return Origin(delivery.file, delivery.detected.layer, int(self._numbers[row]))


@dataclass
class Staged:
    """One delivery: columns of values, one geometry a row, and which rows may still be applied."""

    kind: Kind
    data_on: date
    origin: Sequence[Origin]
    columns: dict[str, list[Any] | PackedColumn]
    geometry: np.ndarray | PackedShapes | None
    deliveries: list[Delivery]
    maps: list[ColumnMap]
    issues: list[Issue] = field(default_factory=list)
    unsure: dict[str, set[int]] = field(default_factory=dict)
    """Canonical column → rows whose value was put aside with an issue of its own: unknown, but not missing."""
    ok: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __len__(self) -> int:
        return len(self.origin)

    def report(
        self, index: int, code: str, *, field: str = "", value: object = "", severity: Severity | None = None,
        geometry: BaseGeometry | None = None,
    ) -> None:  # fmt: skip
        """Note an issue of one row, with the place (4490) where there is one; what is an error, now or at apply, takes it out."""
        where = self.origin[index]
        found = issue(
            code, file=where.file, layer=where.layer, row=where.row, field=field, value=value, severity=severity, geometry=geometry
        )
        self.issues.append(found)
        if keeps_out(found):
            self.ok[index] = False

    def report_whole(self, code: str, *, value: object) -> None:
        """Note an issue that stands in no row of the delivery."""
        where = self.origin[0] if self.origin else Origin("", "", 0)
        self.issues.append(issue(code, file=where.file, layer=where.layer, row=0, value=value))

    def note(self, findings: Iterable[Finding], plane_epsg: int) -> None:
        """Report what the checks of the whole delivery found; places are in the plane."""
        found = list(findings)
        places = crs.reproject(np.array([f.place for f in found], dtype=object), plane_epsg, crs.STORED)
        for one, place in zip(found, places, strict=True):
            self.report(one.index, one.code, field=one.field, value=one.value, geometry=place)

    def rows(self, among: np.ndarray | None = None) -> list[int]:
        """Indexes of the rows that may be applied, in order of delivery; only those of the mask `among` where one is given."""
        ok = self.ok if among is None else self.ok & among
        found: list[int] = np.flatnonzero(ok).tolist()
        return found

    def part(self, start: int, stop: int) -> "Staged":
        """Some rows by themselves, with issues of their own; what takes a row out takes it out here too."""
        columns: dict[str, list[Any] | PackedColumn] = {
            name: column.cut(start, stop) if isinstance(column, PackedColumn) else column[start:stop]
            for name, column in self.columns.items()
        }
        unsure = {name: {row - start for row in rows if start <= row < stop} for name, rows in self.unsure.items()}
        geometry = None if self.geometry is None else PackedShapes.of(self.geometry).cut(start, stop)
        origin, ok = self.origin[start:stop], self.ok[start:stop]
        return Staged(self.kind, self.data_on, origin, columns, geometry, self.deliveries, self.maps, unsure=unsure, ok=ok)

    def forget_drawn(self, stop: int) -> None:
        """Let go of the shapes as they were drawn before row `stop`: the sound ones made of them are all that is still asked for."""
        for delivery in self.deliveries:
            delivery.geometry = None
        if isinstance(self.geometry, PackedShapes):
            self.geometry.forget(stop)

    def forget_cells(self) -> None:
        """Let go of the cells as they were written: their values are all that is still asked for."""
        for delivery in self.deliveries:
            delivery.frame = delivery.frame.iloc[:0].copy()

    def take(self, name: str, indexes: Sequence[int]) -> list[Any]:
        column = self.columns[name]
        return column.take(indexes) if isinstance(column, PackedColumn) else [column[i] for i in indexes]

    def texts(self, name: str) -> list[str | None]:
        """A column as it was written."""
        found: list[str | None] = []
        for delivery, mapped in zip(self.deliveries, self.maps, strict=True):
            match = mapped.matches.get(name)
            found += [None] * len(delivery.frame) if match is None else frames.cells(delivery.frame[match.header])
        return found


def stage(
    files: Sequence[Path], kind: Kind, *, options: ReadOptions, data_on: date, mapping: Stated | None = None,
    remembered: Mapping[str, Known] | None = None, look: Look | None = None,
) -> Staged:  # fmt: skip
    """Read, map and convert all files of one delivery. What a file leaves open is asked: problems with `choices`.

    `remembered`: mappings of an earlier delivery by the hash of its headers. `look` holds what was found, whatever ends it.
    """
    look = Look() if look is None else look
    deliveries = _read(files, replace(options, geometry=kind.geometry, takes_lines=kind.takes_lines), look)
    seen = {id(delivery): one for delivery, one in zip(deliveries, look.files, strict=True)}
    maps = archives.mapped(deliveries, kind, lambda one: _mapped(one, seen[id(one)], kind, mapping, remembered or {}), layer=options.layer)
    origin = Origins(deliveries)
    give_back()
    staged = Staged(kind, data_on, origin, {}, shapes_of(deliveries, kind), deliveries, maps)
    staged.ok = np.ones(len(origin), dtype=bool)
    slips = [settle_units(d, m, kind, options.units) if kind.geometry != "none" else {} for d, m in zip(deliveries, maps, strict=True)]
    for delivery in deliveries:
        staged.issues += delivery.issues
    for done, column in enumerate(kind.columns):
        progress.count(len(staged) * done // len(kind.columns), len(staged))
        _convert(staged, column)
    _put_slips_aside(staged, slips)
    _tell_uncomputed(staged)
    _drop_damaged(staged)
    return staged


def _read(files: Sequence[Path], options: ReadOptions, look: Look) -> list[Delivery]:
    deliveries: list[Delivery] = []
    for path in files:
        progress.say("reading", sum(len(d.frame) for d in deliveries))
        deliveries += readers.read(Path(path), options, look)
    total = sum(len(d.frame) for d in deliveries)
    progress.say("checking", 0, total)
    return deliveries


def _mapped(delivery: Delivery, seen: Seen, kind: Kind, stated: Stated | None, remembered: Mapping[str, Known]) -> ColumnMap:
    headers = [str(c) for c in delivery.frame.columns]
    known = remembered.get(headers_hash(headers))
    known = known if known and (known.wins or not stated) else None
    override = known.mapping if known else stated
    found = seen.mapping = matched(headers, kind, short_headers=delivery.short_headers, override=override, file=delivery.file)
    found.reason = known.reason if known else "用户指定" if stated else found.reason
    refuse_missing(found, kind, headers, file=delivery.file)
    if not len(delivery.frame) and not found.matches:
        raise ColumnsMissing(f"{delivery.file} 没有一行,也没有一列属于“{kind.label}”", hint="请核对文件和类别")
    if known:
        # A unit kept from the last delivery is held against this one's shapes as if its header said it.
        found.matches = {name: replace(match, stated=False) for name, match in found.matches.items()}
    if delivery.units_said:
        found.matches = {name: _with_unit(delivery, kind, match) for name, match in found.matches.items()}
    return found


def _with_unit(delivery: Delivery, kind: Kind, match: Match) -> Match:
    """A header without a unit takes the one of its dimension that a line above the headers states; two of them decide nothing."""
    known = UNITS.get(kind.column(match.canonical).dimension, {})
    said = [unit for unit in delivery.units_said if unit in known]
    if match.unit or split_unit(match.header)[1] or len(said) != 1:
        return match
    delivery.detected.found("unit", said[0], 0.9, f"表头上方写明“单位:{said[0]}”", column=match.header)
    return replace(match, unit=said[0])


def _convert(staged: Staged, column: Column) -> None:
    """One canonical column over all files."""
    parts: list[Sequence[Any]] = []
    base = 0
    for delivery, mapped in zip(staged.deliveries, staged.maps, strict=True):
        match = mapped.matches.get(column.name)
        if match is None:
            parts.append(pa.nulls(len(delivery.frame), pa.string()))
        else:
            start, read = base, _reader(column, match)
            for cells in frames.parts(delivery.frame[match.header]):
                plain = _plain(column, match, cells) if isinstance(cells, pa.Array) else None
                parts.append(_read_part(staged, column, read, cells, start) if plain is None else plain)
                start += len(cells)
        base += len(delivery.frame)
    found = PackedColumn(parts)
    staged.columns[column.name] = found if staged.kind.is_packed else list(found)


def _plain(column: Column, match: Match, cells: pa.Array) -> Sequence[Any] | None:
    """What cells say that stand as they are: clean texts, square metres of two decimals. None where some do not."""
    if column.type == "text" and values.all_clean(cells, longest=_LONGEST_KEY):
        return packed_values(cells)
    return values.cents(cells) if column.dimension == "area" and match.factor("area") == 1 else None


def _read_part(staged: Staged, column: Column, read: Callable[[str], Any], cells: Sequence[Any], start: int) -> Sequence[Any]:
    """What the cells say, found once for each of their texts."""
    words, which = frames.words(cells)
    is_key = column.name in (*staged.kind.key, *staged.kind.filled)
    said: list[Any] = []
    faults: dict[int, tuple[str, Any]] = {}
    for word in words:
        value = None
        try:
            value = read(word)
        except values.Unreadable:
            faults[len(said)] = (_FAULTS[column.type], word)
        if column.type == "uscc" and value is not None:
            parsed = parse_uscc(value)
            if parsed is None:
                faults[len(said)] = ("uscc_invalid", value)
            value = parsed or value
        said.append(None if is_key and isinstance(value, str) and len(value) > _LONGEST_KEY else value)
    for place in np.flatnonzero(np.isin(which, list(faults))).tolist() if faults else ():
        code, cell = faults[which[place]]
        staged.report(start + place, code, field=label(staged.kind.name, column.name), value=cell)
    if isinstance(cells, pa.Array) and said == words:
        return packed_values(cells)
    return packed_values(np.array([*said, None], dtype=object)[which].tolist())


def _put_slips_aside(staged: Staged, slips: list[dict[str, list[Slip]]]) -> None:
    """A number in another unit than its column is unknown, not a thousandth or a thousandfold."""
    base = 0
    for delivery, mapped, found in zip(staged.deliveries, staged.maps, slips, strict=True):
        for canonical, rows in found.items():
            match = mapped.matches[canonical]
            for slip in rows:
                index = base + slip.position
                told = f"{delivery.frame[match.header].iloc[slip.position]},像以{slip.unit}计;图形 {slip.drawn_m2:.2f} 平方米"
                staged.report(index, "area_unit_slip", field=label(staged.kind.name, canonical), value=told)
                staged.columns[canonical][index] = None
                staged.unsure.setdefault(canonical, set()).add(index)
        base += len(delivery.frame)


def _tell_uncomputed(staged: Staged) -> None:
    """Cells with a formula that nobody computed hold nothing: unknown, with an issue of its own."""
    base = 0
    for delivery, mapped in zip(staged.deliveries, staged.maps, strict=True):
        by_header = {match.header: name for name, match in mapped.matches.items()}
        at = {int(row): base + offset for offset, row in enumerate(delivery.rows)} if delivery.uncomputed else {}
        for (row, header), cell in delivery.uncomputed.items():
            if header in by_header and row in at:
                name = by_header[header]
                staged.report(at[row], "formula_uncomputed", field=label(staged.kind.name, name), value=cell)
                staged.unsure.setdefault(name, set()).add(at[row])
        base += len(delivery.frame)


_FAULTS = {"number": "number_invalid", "int": "number_invalid", "date": "date_invalid", "word": "value_unknown"}


def _reader(column: Column, match: Match) -> Callable[[str], Any]:
    """What a cell of the column says; it raises Unreadable."""
    match column.type:
        case "text":
            return values.clean
        case "code" | "uscc":
            return values.code
        case "date":
            return values.day
        case "word":
            return partial(values.word, name=column.words)
        case "int":
            return values.integer
        case _:
            return partial(_number, column, match)


def _number(column: Column, match: Match, cell: str) -> Decimal | None:
    value = values.number(cell)
    if value is None or not column.dimension:
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


def _drop_damaged(staged: Staged) -> None:
    """Rows that a reader already found in error (a TXT vertex that can't be read)."""
    bad = {(i.file, i.layer, i.row) for i in staged.issues if keeps_out(i)}
    for index, where in enumerate(staged.origin if bad else ()):
        if (where.file, where.layer, where.row) in bad:
            staged.ok[index] = False
