"""What the process that writes a file is told: statements with their values, columns, system, form. Light: imports nothing of the house.

The process must stay small (a spatial index of a million shapes is 130 MB already), so all that needs the registry, the filters or the
rights is decided before it starts.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

DEGREES = frozenset({4490, 4326})


@dataclass(frozen=True)
class Field:
    """A column of the file: type as the registry names it, Chinese label, unit, source."""

    name: str
    type: str
    label: str
    source: str
    unit: str | None = None

    @property
    def title(self) -> str:
        """The label with its unit."""
        return f"{self.label}({self.unit})" if self.unit else self.label


@dataclass(frozen=True)
class Target:
    """The system of the file: an EPSG code (x = east), a shift of the stored degrees without a code, or (neither) the county's plane."""

    srid: int | None
    uri: str
    shift: str | None = None

    @property
    def moves(self) -> bool:
        """Stored numbers have to be changed."""
        return self.srid not in DEGREES

    @property
    def is_degrees(self) -> bool:
        """Longitude and latitude, shifted or not."""
        return self.srid in (None, *DEGREES)


@dataclass(frozen=True)
class Head:
    """What the transaction sees: version of the layer, day of the facts, rows, the county's plane."""

    version: int
    facts_as_of: date | None
    rows: int
    meridian: int
    forms: tuple[str, ...] = ("MultiPolygon",)
    """What the chosen shapes are, where a layer may hold several: MultiPolygon, MultiLineString, MultiPoint."""


@dataclass(frozen=True)
class Order:
    """One file to write. `ids` chooses; `rows` gives (id, text, WKB in stored degrees) of a batch of them, which are bound last: the
    first and the last id where the whole collection is written, else all of them. The text is the stored feature or its properties only.
    """

    county_code: str
    collection: str
    title: str
    format: str
    columns: tuple[Field, ...]
    target: Target
    ids: tuple[str, tuple[Any, ...]]
    rows: tuple[str, tuple[Any, ...]]
    head: tuple[str, tuple[Any, ...]]
    forms: str | None = None
    """Statement that tells the forms of chosen shapes ($1 county, $2 ids), of a layer that may hold several."""
    is_whole: bool = False
    is_point: bool = False
    is_ready: bool = False
    """The stored texts go out as they are."""
    encoding: str = "UTF-8"


def geometry_type(forms: tuple[str, ...]) -> str:
    """As GDAL names it: one form, else Unknown."""
    return forms[0] if len(forms) == 1 else "Unknown" if forms else "MultiPolygon"


@dataclass(frozen=True)
class Made:
    """A finished file and the state of the data it shows; `notes` are told to whoever asked (lost letters, cut texts)."""

    rows: int
    size: int
    sha256: str
    layer_version: int
    facts_as_of: str | None
    notes: list[str] = field(default_factory=list)
