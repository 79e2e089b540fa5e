"""Bodies of /api/cases."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Area = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]
AcceptedArea = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
Line = Annotated[str, Field(min_length=1, max_length=200)]
Prose = Annotated[str, Field(min_length=1, max_length=4000)]
StepName = Literal["list", "assign", "plan", "rectify", "remediate", "submit", "return", "accept", "delist", "reverse", "dismiss"]


class Body(BaseModel):
    """No unknown fields; blanks are trimmed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ParcelIn(Body):
    """A parcel of a new case, whole or the drawn part."""

    land_code: Line
    claimed_m2: Area | None = None
    part: dict[str, Any] | None = None


class CaseIn(Body):
    """入库: a new case."""

    name: Line
    responsible_body: Annotated[str, Field(pattern=r"^\d{9}$")]
    parcels: Annotated[list[ParcelIn], Field(min_length=1, max_length=500)]
    enterprises: Annotated[list[Line], Field(max_length=500)] = []
    category: Line | None = None
    method: Line | None = None
    deadline_on: date | None = None
    person_in_charge: Line | None = None


class Claimed(Body):
    """申报面积 of one parcel."""

    land_code: Line
    claimed_m2: Area


class Accepted(Body):
    """核定面积 of one parcel."""

    land_code: Line
    accepted_m2: AcceptedArea


class Detail(Body):
    """What a step may bring along."""

    plan_text: Prose | None = None
    method: Line | None = None
    category: Line | None = None
    deadline_on: date | None = None
    person_in_charge: Line | None = None
    opinion: Prose | None = None
    claimed: list[Claimed] = []
    accepted: list[Accepted] = []


class TransitionIn(Body):
    """A step."""

    step: StepName
    reason: Prose | None = None
    document: Line | None = None
    detail: Detail = Detail()


class EvidenceIn(BaseModel):
    """Form fields beside the file."""

    kind: str = "photo"
    lon: Decimal | None = None
    lat: Decimal | None = None
    coord_source: str | None = None
    filename: str = ""
