"""`bbox`: west,south,east,north in degrees (CRS84, RFC 7946); west > east crosses the antimeridian. Pure."""

import math
from dataclasses import dataclass

from app.core.errors import BadParameter


@dataclass(frozen=True)
class Envelope:
    """One box in degrees."""

    west: float
    south: float
    east: float
    north: float


def parse_bbox(bbox: str | None) -> tuple[Envelope, ...]:
    """No, one or (across the antimeridian) two envelopes; BadParameter for anything that is not a box on the earth."""
    if bbox is None:
        return ()
    try:
        numbers = [float(part) for part in bbox.split(",")]
    except ValueError as error:
        raise _bad("每一项都应是数字") from error
    if len(numbers) not in (4, 6):
        raise _bad(f"应有 4 或 6 个数, 收到 {len(numbers)} 个")
    if not all(math.isfinite(n) for n in numbers):
        raise _bad("不接受 NaN 或无穷大")
    half = len(numbers) // 2
    (west, south), (east, north) = numbers[:2], numbers[half : half + 2]
    if half == 3 and numbers[2] > numbers[5]:
        raise _bad("最低高程大于最高高程")
    if south > north:
        raise _bad("南边界大于北边界")
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        raise _bad("经度应在 ±180, 纬度应在 ±90 之内")
    if west > east:
        return Envelope(west, south, 180.0, north), Envelope(-180.0, south, east, north)
    return (Envelope(west, south, east, north),)


def _bad(detail: str) -> BadParameter:
    return BadParameter(detail, pointer="query:bbox", hint="bbox=西,南,东,北 (度)")
