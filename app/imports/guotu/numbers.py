"""点号 of a plot: they run on from point to point; a number left out or given twice tells of points lost or added."""

import re
from collections.abc import Sequence

from app.imports.guotu.survey import Point

_NUMBER = re.compile(r"[A-Za-z]*(\d{1,9})")


def rings_of(points: Sequence[Point]) -> list[list[Point]]:
    """Points by ring: a new one begins with a new 圈号, or after a ring has closed."""
    rings: list[list[Point]] = []
    for point in points:
        last = rings[-1] if rings else []
        if not last or point.ring != last[-1].ring or (len(last) > 3 and _closes(last)):
            rings.append([])
        rings[-1].append(point)
    return rings


def irregular(rings: Sequence[Sequence[Point]]) -> str:
    """The first place where the numbers jump or repeat ('' = none). They may run through the rings or begin anew, close with the first
    one's number or the next; what is no number is not judged."""
    highest: int | None = None
    for ring in rings:
        found = [_NUMBER.fullmatch(point.number) for point in ring]
        if not all(found):
            return ""
        numbers = [int(match[1]) for match in found if match]
        if highest is not None and numbers[0] not in (1, highest + 1):
            return f"第{ring[0].ring}圈从{ring[0].number}开始"
        for place in range(1, len(ring)):
            closes = place == len(ring) - 1 and _closes(ring) and numbers[place] == numbers[0]
            if numbers[place] != numbers[place - 1] + 1 and not closes:
                repeats = numbers[place] in numbers[:place]
                return f"{ring[place - 1].number} 之后是 {ring[place].number}" + ("(重号)" if repeats else "(跳号)")
        highest = max(numbers) if highest is None else max(highest, *numbers)
    return ""


def closed(rings: Sequence[Sequence[Point]]) -> int:
    """How many rings repeat their first point."""
    return sum(len(ring) > 3 and _closes(ring) for ring in rings)


def _closes(ring: Sequence[Point]) -> bool:
    return ring[0].values == ring[-1].values
