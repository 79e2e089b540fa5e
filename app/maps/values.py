"""Values of a statement while it is composed: each bound once, so that its text is the same for any of them."""

from dataclasses import dataclass, field
from typing import Any

from app.maps.extent import Envelope


@dataclass
class Values:
    """Bound values of a statement being composed."""

    bound: list[Any] = field(default_factory=list)
    places: dict[Any, str] = field(default_factory=dict)

    def __call__(self, value: Any) -> str:
        if isinstance(value, float):  # corners of an extent come again and again
            if value in self.places:
                return self.places[value]
            self.places[value] = f"${len(self.bound) + 1}"
        self.bound.append(value)
        return f"${len(self.bound)}"

    def box(self, extent: Envelope) -> str:
        """The extent as one value: made of four in the statement it would be made anew for every row."""
        if extent not in self.places:
            self.places[extent] = self(extent.box)
        return self.places[extent]


class Named(Values):
    """The same with SQLAlchemy's names, for numbers: `named` is what they stand for."""

    def __call__(self, value: Any) -> str:
        return f"CAST(:b{super().__call__(value)[1:]} AS float8)"

    @property
    def named(self) -> dict[str, Any]:
        """Name → value."""
        return {f"b{number}": value for number, value in enumerate(self.bound, 1)}
