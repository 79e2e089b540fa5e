"""Bodies of the classification room."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class DeterminationIn(BaseModel):
    """认定: what the authority decided, by its document."""

    model_config = ConfigDict(extra="forbid")
    land_code: Annotated[str, StringConstraints(min_length=17, max_length=17)]
    kind: Literal["inefficient", "idle"]
    document: Text
    decided_on: date
    decided_by: Text


class RevocationIn(BaseModel):
    """撤销认定: the document that ends it."""

    model_config = ConfigDict(extra="forbid")
    document: Text
    revoked_on: date
