"""Unit of each declared-area column against the shapes: the column's ratio to the drawn area tells 亩 from ㎡ from 公顷. Pure.

A header that the shapes contradict is asked about; single rows in another unit are told one by one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.crs import GEOD
from app.imports.columns import UNITS, ColumnMap, Match, fold_unit
from app.imports.errors import MappingInvalid, UnitDoubtful, asking
from app.imports.kinds import Kind
from app.imports.packed import PackedShapes
from app.imports.readers.base import STATED, Delivery

FACTORS: dict[str, float] = {"平方米": 1.0, "亩": 10_000 / 15, "公顷": 10_000.0, "平方公里": 1_000_000.0}
"""m² of one unit. 万平方米 is a 公顷."""
_NEAR, _CLOSE, _SAME = np.log(1.25), np.log(1.1), np.log(1.02)
"""Declared and drawn areas differ by some percent; the units differ by at least fifteenfold."""
_ENOUGH = 3
"""Fewer rows than this must agree within 2 % before a header is doubted."""
_SAMPLE = 20_000


@dataclass(frozen=True)
class Slip:
    """A row (0-based) whose number is in another unit than its column."""

    position: int
    unit: str
    drawn_m2: float


@dataclass(frozen=True)
class _Fit:
    """Shares of the compared rows that fit each unit."""

    rows: int
    shares: dict[str, float]

    def told(self, unit: str) -> str:
        return f"{self.rows} 行中 {self.shares[unit]:.0%} 按{unit}与图形面积相符"


def settle_units(delivery: Delivery, mapped: ColumnMap, kind: Kind, stated: Mapping[str, str]) -> dict[str, list[Slip]]:
    """Settle the unit of every area column of a file (changing `mapped` where the user stated one); canonical column → slipped rows."""
    drawn = None if delivery.geometry is None else drawn_areas(delivery.geometry)
    slips: dict[str, list[Slip]] = {}
    for canonical, match in list(mapped.matches.items()):
        if kind.column(canonical).dimension != "area":
            continue
        if match.header in stated or canonical in stated:
            match = _stated(match, stated.get(match.header, stated.get(canonical, "")))
            mapped.matches[canonical] = match
        if drawn is None:
            continue
        logs = np.log(_ratios(delivery.frame[match.header], drawn))
        _judge(delivery, match, logs)
        slips[canonical] = _slips(match, logs, drawn)
    return slips


def drawn_areas(geometry: np.ndarray | PackedShapes) -> NDArray[np.float64]:
    """Area in m² of shapes in degrees, by the ellipsoid's radii at each shape: within a thousandth for anything up to a county."""
    packed = PackedShapes.of(geometry)
    sine2 = np.sin(np.radians((packed.bounds[:, 1] + packed.bounds[:, 3]) / 2)) ** 2
    bend = 1 - GEOD.es * sine2
    square_degree = np.radians(1) ** 2 * (GEOD.a**2 * (1 - GEOD.es) / bend**2) * np.sqrt(1 - sine2)
    return np.asarray(packed.areas * square_degree)


def _stated(match: Match, unit: str) -> Match:
    folded = fold_unit(unit)
    if folded not in UNITS["area"]:
        raise MappingInvalid(f"列“{match.header}”没有面积单位 {unit}", hint="可选:" + "、".join(FACTORS))
    return replace(match, unit=folded, stated=True)


def _ratios(column: pd.Series, drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Drawn area by declared number, NaN where one of them is no positive number."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = drawn / numbers
    return np.where(np.isfinite(ratios) & (ratios > 0), ratios, np.nan)


def _judge(delivery: Delivery, match: Match, logs: NDArray[np.float64]) -> None:
    """Note the unit and how well it fits, or ask."""
    unit = _name(match.unit)
    told = delivery.detected
    if match.stated:
        told.found("unit", unit, 1, STATED, column=match.header)
        return
    source = "表头写明" if match.unit else "表头未写单位,按平方米"
    fit = _fit(logs)
    if not fit.rows:
        told.found("unit", unit, 0.9 if match.unit else 0.6, f"{source};没有可与图形核对的行", column=match.header)
        return
    best = max(fit.shares, key=lambda name: fit.shares[name])
    if fit.shares[unit] < 0.5 <= fit.shares[best]:
        ranked = sorted(fit.shares, key=lambda name: -fit.shares[name])
        raise UnitDoubtful(
            f"{delivery.file} 的“{match.header}”{source},但{fit.told(best)}", hint=f"请用 --unit {match.header}={best} 指定,或更正表头",
            **asking("unit", [(name, name, fit.told(name)) for name in ranked], column=match.header),
        )  # fmt: skip
    if fit.shares[unit] >= 0.5:
        told.found("unit", unit, 0.5 + 0.49 * fit.shares[unit], f"{source};{fit.told(unit)}", column=match.header)
    else:
        told.found("unit", unit, 0.5, f"{source};与图形面积对不上,也不像其他单位", column=match.header)


def _fit(logs: NDArray[np.float64]) -> _Fit:
    known = logs[np.isfinite(logs)]
    known = known[np.linspace(0, len(known) - 1, min(_SAMPLE, len(known))).astype(int)] if len(known) else known
    near = _NEAR if len(known) >= _ENOUGH else _SAME
    shares = {name: float((np.abs(known - np.log(factor)) < near).mean()) if len(known) else 0.0 for name, factor in FACTORS.items()}
    return _Fit(len(known), shares)


def _slips(match: Match, logs: NDArray[np.float64], drawn: NDArray[np.float64]) -> list[Slip]:
    """Rows that fit another unit closely, in a column most of which fits its own."""
    unit = _name(match.unit)
    known = np.isfinite(logs)
    own = np.abs(logs - np.log(FACTORS[unit])) < _NEAR
    if known.sum() < _ENOUGH or own.sum() * 2 <= known.sum():
        return []
    found = []
    for name, factor in FACTORS.items():
        if name != unit:
            close = known & (np.abs(logs - np.log(factor)) < _CLOSE)
            found += [Slip(int(i), name, float(drawn[i])) for i in np.flatnonzero(close)]
    return sorted(found, key=lambda slip: slip.position)


def _name(unit: str) -> str:
    factor = float(UNITS["area"][unit])
    return next(name for name, known in FACTORS.items() if abs(known - factor) < known * 1e-9)
