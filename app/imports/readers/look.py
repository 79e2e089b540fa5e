"""A look at the files of one delivery: what was found so far in each, also when a question or a refusal ends it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.imports.columns import ColumnMap, matched
from app.imports.kinds import Kind
from app.imports.readers.base import Detected

_SHAPEFILE = "ESRI Shapefile"
"""Its column names are cut at ten bytes."""


@dataclass
class Seen:
    """A readable thing; `mapping` is None until its columns were looked at."""

    name: str
    detected: Detected
    sha256: str = ""
    mapping: ColumnMap | None = None

    def as_dict(self, kind: Kind) -> dict[str, Any]:
        """As the import keeps it; columns nobody looked at yet are told as they would be understood."""
        headers = self.detected.preview.headers if self.detected.preview else []
        mapping = self.mapping or matched(headers, kind, short_headers=self.detected.format == _SHAPEFILE)
        return {"name": self.name, "sha256": self.sha256, "rows": self.detected.rows, **self.detected.as_dict(),
                "mapping": mapping.as_dict()}  # fmt: skip


@dataclass
class Look:
    """All that were opened, in order."""

    files: list[Seen] = field(default_factory=list)

    def begun(self, name: str, detected: Detected) -> Seen:
        """A file is opened; `detected` is filled while it is read."""
        self.files.append(Seen(Path(name).name, detected))
        return self.files[-1]

    def as_dicts(self, kind: Kind) -> list[dict[str, Any]]:
        """All of them."""
        return [seen.as_dict(kind) for seen in self.files]
