"""A clean parcel delivery of 甲镇, and for every issue code a defect at a random place and of a random size."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from .makers import EAST, NORTH, square

WIDTH, HEIGHT, AREA = 100.0, 80.0, 8000.0
SINGLES, MIDDLE = range(9, 21), 4
BLOCK = square(-50, -50, 600, 600)
BESIDE, VANISHED = square(5000, 0), square(3000, 0)
"""What the register holds: a parcel of 乙镇 at the border, and one of 甲镇 that the delivery no longer brings."""

Expected = tuple[int, str]
Plant = Callable[["Ground", Random], Expected]


@dataclass
class Ground:
    """Rows and their shapes: nine parcels edge to edge within the block, twelve that stand alone."""

    county: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    shapes: list[BaseGeometry | None] = field(default_factory=list)

    def add(self, shape: BaseGeometry | None, code: str | None = None, **values: Any) -> int:
        """One more row; returns its number in the file."""
        number = len(self.rows) + 1
        code = code or f"{self.county}001001GB{number:05d}"
        area = AREA if shape is None else round(shape.area, 2)
        row = {"宗地代码": code, "不动产单元号": f"{code}F00010001", "乡镇代码": f"{self.county}101", "责任主体": "甲镇", "证载面积": area,
               "批准面积": area, "权属性质": "国有", "合法性": "有证", "地类编码": "0601"}  # fmt: skip
        self.rows.append(row | values)
        self.shapes.append(shape)
        return number


def clean(county: str) -> Ground:
    ground = Ground(county)
    for n in range(9):
        ground.add(square(WIDTH * (n % 3), HEIGHT * (n // 3)))
    for n in range(12):
        ground.add(square(200 * (n % 6), 1000 + 200 * (n // 6)))
    return ground


def _set(name: str, *values: Any, code: str) -> Plant:
    """A value of a random row replaced."""

    def plant(ground: Ground, rng: Random) -> Expected:
        index = rng.randrange(len(ground.rows))
        value = rng.choice(values)
        ground.rows[index][name] = value(ground.rows[index][name], rng) if callable(value) else value
        return index + 1, code

    return plant


def _redraw(change: Callable[[BaseGeometry, Random], BaseGeometry | None], code: str) -> Plant:
    """The shape of a random parcel that stands alone replaced."""

    def plant(ground: Ground, rng: Random) -> Expected:
        index = rng.choice(SINGLES)
        ground.shapes[index] = change(ground.shapes[index], rng)
        return index + 1, code

    return plant


def _beside(change: Callable[[BaseGeometry, Random], BaseGeometry], code: str, *, same_code: bool = False) -> Plant:
    """One more row, drawn from a random parcel that stands alone."""

    def plant(ground: Ground, rng: Random) -> Expected:
        index = rng.choice(SINGLES)
        known = ground.rows[index]["宗地代码"] if same_code else None
        return ground.add(change(ground.shapes[index], rng), known), code

    return plant


def _loop(shape: BaseGeometry, rng: Random) -> Polygon:
    """The ring crosses itself near a random point of its upper edge."""
    x, y, right, top = shape.bounds
    at = x + rng.uniform(10, 90)
    return Polygon([(x, y), (right, y), (right, top), (at + 1, top), (at, top + 1), (at + 1, top + 1), (at, top), (x, top)])


def _few(shape: BaseGeometry, rng: Random) -> BaseGeometry:
    """A ring of two points, alone or beside the good part."""
    x, y = shape.bounds[:2]
    thread = Polygon([(x, y + 200), (x + rng.uniform(1, 90), y + 230), (x, y + 200), (x, y + 200)])
    return thread if rng.random() < 0.5 else MultiPolygon([shape, thread])


def _line(shape: BaseGeometry, rng: Random) -> Polygon:
    x, y, right, _ = shape.bounds
    return Polygon([(x, y), (x + rng.uniform(20, 80), y), (right, y), (x + rng.uniform(20, 80), y), (x, y)])


def _turned(shape: BaseGeometry, rng: Random) -> BaseGeometry:
    """The same ring from another vertex, or a few centimetres off."""
    if rng.random() < 0.5:
        start = rng.randrange(4)
        ring = list(shape.exterior.coords)[:-1]
        return Polygon(ring[start:] + ring[:start])
    return affinity.translate(shape, rng.uniform(-0.2, 0.2), rng.uniform(-0.1, 0.1))


def _inside(shape: BaseGeometry, rng: Random) -> Polygon:
    x, y = shape.bounds[:2]
    return square(x - EAST + rng.uniform(1, 40), y - NORTH + rng.uniform(1, 30), rng.uniform(5, 50), rng.uniform(5, 40))


def _gap(ground: Ground, rng: Random) -> Expected:
    """The middle parcel of nine drawn back from one of its sides; the hole is told on the last parcel around it."""
    x, y, right, top = ground.shapes[MIDDLE].bounds
    by = rng.uniform(0.05, 0.45)
    side = rng.randrange(4)
    drawn = ((x + by, y, right, top), (x, y + by, right, top), (x, y, right - by, top), (x, y, right, top - by))[side]
    ground.shapes[MIDDLE] = box(*drawn)
    return (8, 6, 9, 9)[side], "gap_in_block"


def _pair(ground: Ground, rng: Random) -> Expected:
    """证载 and 批准 off to both sides, each within its own tolerance."""
    index = rng.randrange(len(ground.rows))
    sign = rng.choice((1, -1))
    ground.rows[index] |= {
        "证载面积": AREA * (1 + sign * rng.uniform(0.007, 0.0095)),
        "批准面积": AREA * (1 - sign * rng.uniform(0.027, 0.0295)),
    }
    return index + 1, "area_declared_pair_differs"


def _off(least: float, most: float) -> Callable[[float, Random], float]:
    return lambda value, rng: round(value * (1 + rng.choice((1, -1)) * rng.uniform(least, most)), 2)


PLANTS: dict[str, Plant] = {
    "geometry_missing": _redraw(lambda _shape, _rng: None, "geometry_missing"),
    "too_few_points": _redraw(_few, "too_few_points"),
    "geometry_unusable": _redraw(_line, "geometry_unusable"),
    "geometry_repaired": _redraw(_loop, "geometry_repaired"),
    "overlap": _beside(lambda s, r: affinity.translate(s, r.choice((1, -1)) * r.uniform(60, 99.9), r.uniform(-5, 5)), "overlap"),
    "overlap_contained": _beside(_inside, "overlap_contained"),
    "overlap_sliver": _beside(lambda s, r: affinity.translate(s, r.choice((1, -1)) * (WIDTH - r.uniform(0.001, 0.012))), "overlap_sliver"),
    "overlap_register": _redraw(lambda _s, r: square(5000 - WIDTH + r.uniform(1, 40), r.uniform(-40, 40)), "overlap_register"),
    "duplicate_geometry": _beside(_turned, "duplicate_geometry"),
    "duplicate_key": _beside(lambda s, r: affinity.translate(s, 0, r.uniform(2000, 3000)), "duplicate_key", same_code=True),
    "duplicate_row": _beside(lambda s, _r: s, "duplicate_row", same_code=True),
    "gap_in_block": _gap,
    "outside_county": _redraw(lambda _s, r: square(-1000 - r.uniform(51, 90), r.uniform(0, 900)), "outside_county"),
    "town_mismatch": lambda ground, rng: _set("乡镇代码", f"{ground.county}102", code="town_mismatch")(ground, rng),
    "successor_unclear": _beside(lambda _s, r: affinity.translate(VANISHED, r.choice((1, -1)) * r.uniform(10, 85)), "successor_unclear"),
    "key_missing": _set("宗地代码", None, "—", "无", code="key_missing"),
    "cadastral_code_invalid": _set(
        "宗地代码", lambda v, _r: v[:-1], lambda v, _r: v.replace("GB", "GA"), lambda v, _r: v + "1", code="cadastral_code_invalid"
    ),
    "cadastral_code_county": _set("宗地代码", lambda v, r: f"3302{r.randrange(10, 99)}" + v[6:], code="cadastral_code_county"),
    "unit_code_invalid": _set("不动产单元号", lambda v, _r: v[:19] + "X" + v[20:], lambda v, _r: v[:-1], code="unit_code_invalid"),
    "number_invalid": lambda ground, rng: _set(rng.choice(("证载面积", "批准面积")), "约8000", "8千", "八亩", code="number_invalid")(ground, rng),
    "value_unknown": lambda ground, rng: _set(
        rng.choice(("合法性", "权属性质", "责任主体", "乡镇代码")), "待定", "丙", code="value_unknown"
    )(ground, rng),
    "area_registered_missing": _set("证载面积", None, "", "无", code="area_registered_missing"),
    "area_differs": _set("证载面积", _off(0.012, 0.5), code="area_differs"),
    "area_contract_differs": _set("批准面积", _off(0.035, 0.5), code="area_contract_differs"),
    "area_declared_pair_differs": _pair,
    "area_unit_slip": lambda ground, rng: _set(
        rng.choice(("证载面积", "批准面积")), lambda v, _r: round(v * 0.0015, 4), lambda v, _r: round(v / 10_000, 4), code="area_unit_slip"
    )(ground, rng),
}  # fmt: skip
