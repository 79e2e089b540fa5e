"""One finding about one row; severity, Chinese message, hint and tolerance come from the catalogue."""

from dataclasses import dataclass
from dataclasses import field as member
from typing import Any, Literal

from shapely.geometry.base import BaseGeometry

Severity = Literal["error", "warning", "notice"]


@dataclass(frozen=True)
class Issue:
    """Row problem: `row` is the 1-based data row of the file (0 = the whole file); `geometry` (4490) shows where, if it can be shown."""

    file: str
    layer: str
    row: int
    code: str
    severity: Severity
    field: str = ""
    value: str = ""
    hint: str = ""
    geometry: BaseGeometry | None = member(default=None, compare=False, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """For --json and HTTP; the geometry itself is downloaded apart."""
        return {name: value for name, value in vars(self).items() if name != "geometry"} | {"has_geometry": self.geometry is not None}


@dataclass(frozen=True)
class Finding:
    """What a check of arrays found at a position of the delivery; `place` is in the county's plane."""

    index: int
    code: str
    value: str = ""
    field: str = ""
    place: BaseGeometry | None = member(default=None, compare=False, repr=False)
