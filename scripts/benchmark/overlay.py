"""Rows of whole answers: 范围套合 of 10 km², and the whole collection as the exports' own measuring tells it."""

import importlib.util
import json
import math
from collections.abc import Callable
from statistics import median
from typing import Any

from scripts.benchmark.bench import Bench
from scripts.benchmark.land import COUNTY, Box, ring
from scripts.benchmark.report import Row, plain

BAR_S = 3.0
METRES_X, METRES_Y = 96_490.0, 110_860.0
"""Metres of a degree at 30° north."""
EXPORTS = "scripts.bench_exports"


def ranges(box: Box, km2: float) -> list[Box]:
    """Boxes around red lines of this many km²: the south-west, the middle, the north-east."""
    west, south, east, north = box
    side = math.sqrt(km2 * 1e6 / (math.pi / 4 * 0.92**2))  # the outline fills so much of its box
    width, height = min(side / METRES_X, east - west), min(side / METRES_Y, north - south)
    corners = [(west + (east - west - width) * place, south + (north - south - height) * place) for place in (0.05, 0.5, 0.95)]
    return [(x, y, x + width, y + height) for x, y in corners]


def of_10_km2(bench: Bench) -> list[Row]:
    """POST /api/analysis/overlay with outlines of about 10 km²."""
    client, worst, seen = bench.client(), 0.0, []
    for box in ranges(bench.county.land.box, 10):
        body = json.dumps({"geometry": {"type": "Polygon", "coordinates": [ring(box)]}}).encode()
        answers = [client.ask("POST", "/api/analysis/overlay", body, {"Content-Type": "application/json"}) for _ in range(3)]
        if answers[0].status != 200:
            raise RuntimeError(f"{answers[0].status}: {answers[0].body[:300]!r}")
        took = median(answer.ms for answer in answers) / 1000
        worst = max(worst, took)
        said = answers[0].json()
        seen.append(f"{plain(took)} s, {len(answers[0].body) // 1000:,} kB")
        bench.tell(f"范围套合 {seen[-1]} {list(said)[:8]}")
    return [Row("范围套合 10 km²", f"≤ {BAR_S:g} s", f"{plain(worst)} s ({'; '.join(seen)})", worst <= BAR_S)]


def exports(bench: Bench) -> list[Row]:
    """What scripts/bench_exports.py measures: rows/s of ours and of the peer, peak memory of the process that writes."""
    if importlib.util.find_spec(EXPORTS) is None:
        return [Row("整库导出: GeoParquet、FlatGeobuf、GeoJSON", "见议题 3", "本版还没有导出的测法", False)]
    measure: Callable[..., list[dict[str, Any]]] = importlib.import_module(EXPORTS).measure
    rows = []
    for one in measure(bench.county.url, COUNTY, rounds=min(3, bench.effort.rounds)):
        detail = f"{one['ours_rows_s']:,} 行/s, 对照 {one['peer_rows_s']:,} 行/s, 内存峰值 {one['peak_mb']} MB"
        work, peer = one["name"].split(" / ", 1)
        rows.append(Row(f"整库导出 {work}", f"≥ {plain(one['bar'])} × {peer}, ≤ 300 MB", f"{plain(one['ratio'])} × ({detail})",
                        one["ratio"] >= one["bar"] and one["peak_mb"] <= 300))  # fmt: skip
    return rows
