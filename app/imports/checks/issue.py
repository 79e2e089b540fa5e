"""One finding about one row; code, severity, Chinese message and hint come from the catalogue."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "notice"]


@dataclass(frozen=True)
class Issue:
    """Row problem: `row` is the 1-based data row of the file (0 = the whole file)."""

    file: str
    layer: str
    row: int
    code: str
    severity: Severity
    field: str = ""
    value: str = ""
    hint: str = ""
