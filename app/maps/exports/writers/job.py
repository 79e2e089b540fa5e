"""What a writer gets: the order, what the transaction saw, the rows, where progress is told."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

from app.maps.exports import batches
from app.maps.exports.ahead import ahead
from app.maps.exports.columns import Table, table_of
from app.maps.exports.order import Head, Order, Target
from app.maps.exports.source import Batch, Rows


@dataclass
class Job:
    """Rows on their way into a file; `notes` are told to whoever asked (lost letters, cut texts)."""

    order: Order
    head: Head
    rows: Rows
    target: Target
    told: Callable[[int, int], None]
    done: int = 0
    failure: Exception | None = None
    notes: list[str] = field(default_factory=list)

    @cached_property
    def table(self) -> Table:
        """The columns of the file."""
        return table_of(self.order.columns, self.target.shift)

    def texts(self) -> Iterator[Batch]:
        """Batches as they are read."""
        return self._counted(ahead(self.rows))

    def arrow(self) -> Iterator[pa.RecordBatch]:
        """The same as record batches in the file's system: one is read and one is made while one is written."""
        return self._counted(ahead(batches.batches(ahead(self.rows), self.table, self.target)))

    def _counted(self, made: Iterator[Any]) -> Iterator[Any]:
        try:
            for batch in made:
                yield batch
                self.done += len(batch)
                self.told(self.done, self.head.rows)
        except Exception as error:
            self.failure = error
            raise

    @property
    def about(self) -> dict[str, str]:
        """What the file says of itself, where its format can."""
        day = self.head.facts_as_of.isoformat() if self.head.facts_as_of else ""
        said = {"title": self.order.title, "county": self.order.county_code, "layer_version": str(self.head.version), "facts_as_of": day}
        if self.table.coordinates:
            said["coordinates"] = self.table.coordinates
        return said
