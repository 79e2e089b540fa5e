"""A clean 国土 TXT and a clean CSV of parcels, and for every issue code that their readers tell a defect at a random place."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import shapely

from .conftest import stored
from .makers import EAST, NORTH, square

Expected = tuple[int, str]


@dataclass
class Text:
    """Plots of a survey text: what each says of itself, and its points as (number, ring, north, east)."""

    heads: list[list[str]] = field(default_factory=list)
    points: list[list[tuple[str, int, float, float]]] = field(default_factory=list)

    def content(self) -> bytes:
        lines = ["[属性描述]", "坐标系=2000国家大地坐标系", "几度分带=3", "带号=40", "[地块坐标]"]
        for head, points in zip(self.heads, self.points, strict=True):
            lines.append(",".join([*head, "@"]))
            lines += [f"{number},{ring},{north:.3f},{east:.3f}" for number, ring, north, east in points]
        return ("\r\n".join(lines) + "\r\n").encode("gbk")


def clean(county: str) -> Text:
    """Twelve plots of several sizes, every third one with a hole."""
    text = Text()
    for n in range(1, 13):
        width, height = 60.0 + 7 * n, 50.0 + 3 * n
        rings = [square(200 * n, 0, width, height), *([square(200 * n + 10, 10, 20, 20)] if n % 3 == 0 else [])]
        points, number = [], 0
        for ring, shape in enumerate(rings, 1):
            corners = list(shape.exterior.coords)
            for east, north in corners[:-1]:
                number += 1
                points.append((f"J{number}", ring, north, east + 40e6))
            points.append((f"J{number - len(corners) + 2}", ring, corners[0][1], corners[0][0] + 40e6))
        area = width * height - (400 if n % 3 == 0 else 0)
        head = [str(len(points)), f"{area / 10_000:.4f}", f"{county}001001GB{n:05d}", f"第{n}地块", "面", "", "工业用地", "0601"]
        text.heads.append(head)
        text.points.append(points)
    return text


def _declared(text: Text, rng: Random) -> Expected:
    index = rng.randrange(len(text.heads))
    hectares = float(text.heads[index][1])
    text.heads[index][1] = f"{hectares * rng.choice((rng.uniform(1.01, 1.6), rng.uniform(0.5, 0.99))):.4f}"
    return index + 1, "area_declared_differs"


def _in_mu(text: Text, rng: Random) -> Expected:
    """亩 or m² among hectares: told as that, not as another area too."""
    index = rng.randrange(len(text.heads))
    text.heads[index][1] = f"{float(text.heads[index][1]) * rng.choice((15, 10_000)):.4f}"
    return index + 1, "area_unit_slip"


def _count(text: Text, rng: Random) -> Expected:
    index = rng.randrange(len(text.heads))
    said = int(text.heads[index][0])
    text.heads[index][0] = str(rng.choice((said + rng.randrange(1, 20), said - rng.randrange(3, said))))
    return index + 1, "point_count_differs"


def _number(text: Text, rng: Random) -> Expected:
    """A number left out or given twice, at any but the first and the closing point of the outer ring."""
    index = rng.randrange(len(text.heads))
    place = rng.randrange(1, 4)
    number, ring, north, east = text.points[index][place]
    wrong = int(number[1:]) + rng.choice((-1, rng.randrange(1, 9)))
    text.points[index][place] = (f"J{wrong}", ring, north, east)
    return index + 1, "point_numbers_irregular"


PLANTS: dict[str, Callable[[Text, Random], Expected]] = {
    "area_declared_differs": _declared, "area_unit_slip": _in_mu, "point_count_differs": _count, "point_numbers_irregular": _number,
}  # fmt: skip


def points(county: str) -> list[list[object]]:
    """Rows of a CSV with degrees: code, east, north."""
    found = shapely.get_coordinates([stored(shapely.Point(EAST + 200 * n, NORTH)) for n in range(1, 13)])
    return [[f"{county}001001GB{n:05d}", round(x, 7), round(y, 7)] for n, (x, y) in enumerate(found, 1)]


def turned(rows: list[list[object]], rng: Random) -> Expected:
    index = rng.randrange(len(rows))
    rows[index][1:] = rows[index][:0:-1]
    return index + 1, "axes_swapped"
