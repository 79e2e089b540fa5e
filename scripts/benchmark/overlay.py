"""Row of whole answers: 范围套合 of 10 km²."""

import json
import math
from statistics import median

from scripts.benchmark.bench import Bench
from scripts.benchmark.land import Box, ring
from scripts.benchmark.report import Row, plain

BAR_S = 3.0
METRES_X, METRES_Y = 96_490.0, 110_860.0
"""Metres of a degree at 30° north."""


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
