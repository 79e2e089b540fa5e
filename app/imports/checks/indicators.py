"""Yearly figures: unit slips against the enterprise's other years, outliers among its peers, figures that contradict each other."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10
from statistics import median

import numpy as np

from app.imports.checks.areas import floats
from app.imports.checks.catalogue import limit
from app.imports.checks.keys import header
from app.imports.stage import Staged

COLUMNS = ("tax", "value_added", "revenue", "energy", "electricity", "staff", "rd", "emission")
TCE_PER_WAN_KWH = 1.229
"""当量值: 1 万千瓦时 = 1.229 吨标准煤 (GB/T 2589)."""
_OTHERS, _PEERS = 2, 20
_SPREAD = 0.35
"""Other years agree when their logarithms lie this close together (a factor of about 2.2)."""
_CLOSE = 0.2
"""How near (log10) a ratio must be to a power of ten."""
_LEAST_ELECTRICITY = 1.0
_SPREADS = 6.0

Figures = dict[str, float]
Group = tuple[str, str]
"""行业大类 and 规模."""


@dataclass(frozen=True)
class Standing:
    """What the register says: figures by (uscc, year), and the industry and size of each enterprise."""

    figures: Mapping[tuple[str, int], Figures]
    groups: Mapping[str, Group]


def check_figures(staged: Staged, standing: Standing) -> None:
    """All checks of one delivery of indicators."""
    keys = list(zip(staged.columns["uscc"], staged.columns["year"], strict=True))
    delivered = {key for index, key in enumerate(keys) if staged.ok[index]}
    before = {key: row for key, row in standing.figures.items() if key not in delivered}
    for name in COLUMNS:
        column = floats(staged.columns[name])
        years = _years(keys, column, staged.ok, before, name)
        _check_years(staged, name, column, years)
        _check_peers(staged, name, column, years, standing.groups)
    _check_pairs(staged)


def _years(keys: Sequence[tuple], column: np.ndarray, ok: np.ndarray, before: Mapping[tuple[str, int], Figures], name: str) -> dict:
    """Enterprise → year → log10 of a positive figure, delivered or standing."""
    years: dict[str, dict[int, float]] = defaultdict(dict)
    for (uscc, year), row in before.items():
        if row.get(name, 0) > 0:
            years[uscc][year] = log10(row[name])
    for index in np.flatnonzero(ok & (column > 0)).tolist():
        uscc, year = keys[index]
        years[uscc][year] = log10(column[index])
    return years


def _check_years(staged: Staged, name: str, column: np.ndarray, years: dict[str, dict[int, float]]) -> None:
    """A figure about 10, 100, 1000 or 10,000 times the other years, which agree among themselves."""
    for index in staged.rows(column > 0):
        own = years[staged.columns["uscc"][index]]
        others = [value for year, value in own.items() if year != staged.columns["year"][index]]
        if len(others) < _OTHERS:
            continue
        middle = median(others)
        power = log10(column[index]) - middle
        agreeing = sum(abs(value - middle) <= _SPREAD for value in others)
        if 1 <= abs(round(power)) <= 4 and abs(power - round(power)) <= _CLOSE and 2 * agreeing > len(others):
            said = f"{column[index]:g},其他年度约 {10**middle:.4g}"
            staged.report(index, "indicator_unit_slip", field=header(staged, name), value=said)


def _check_peers(staged: Staged, name: str, column: np.ndarray, years: dict[str, dict[int, float]], groups: Mapping[str, Group]) -> None:
    """Where own years say nothing: a figure beyond the peers' spread and a thousandfold from their median."""
    peers: dict[Group, list[float]] = defaultdict(list)
    for uscc, own in years.items():
        if uscc in groups:
            peers[groups[uscc]].append(median(own.values()))
    spread = {group: _robust(np.array(values)) for group, values in peers.items() if len(values) >= _PEERS}
    for index in staged.rows(column > 0):
        uscc = staged.columns["uscc"][index]
        if len(years[uscc]) > _OTHERS or groups.get(uscc) not in spread:
            continue
        middle, width = spread[groups[uscc]]
        if abs(log10(column[index]) - middle) > max(_SPREADS * width, log10(limit("indicator_outlier"))):
            said = f"{column[index]:g},同类企业中位数 {10**middle:.4g}"
            staged.report(index, "indicator_outlier", field=header(staged, name), value=said)


def _robust(values: np.ndarray) -> tuple[float, float]:
    """Median and spread (1.4826 × median deviation)."""
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle)))


def _check_pairs(staged: Staged) -> None:
    """税收 beyond 营业收入; 综合能耗 a small part of the electricity it contains."""
    tax, revenue = floats(staged.columns["tax"]), floats(staged.columns["revenue"])
    for index in staged.rows((tax > revenue) & (tax > 0)):
        staged.report(index, "tax_exceeds_revenue", field=header(staged, "tax"), value=f"税收 {tax[index]:g},营业收入 {revenue[index]:g}")
    energy, power = floats(staged.columns["energy"]), floats(staged.columns["electricity"]) * TCE_PER_WAN_KWH
    low = (energy < limit("energy_electricity_mismatch") * power) & (power > _LEAST_ELECTRICITY)
    for index in staged.rows(low):
        said = f"综合能耗 {energy[index]:g},用电折标准煤 {power[index]:.4g}"
        staged.report(index, "energy_electricity_mismatch", field=header(staged, "energy"), value=said)
