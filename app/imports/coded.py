"""Columns that say few things again and again: each word looked at once, not once a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.imports.packed import PackedColumn, packed_values


@dataclass(frozen=True)
class Coded:
    """What is said in a column (`words`, any values), and which of it each row says."""

    words: list[Any]
    which: NDArray[np.intp]

    @classmethod
    def of(cls, column: Sequence[str | None]) -> "Coded":
        """A column of texts."""
        texts = column.texts() if isinstance(column, PackedColumn) else None
        if texts is not None:
            encoded = texts.dictionary_encode()
            words = [*encoded.dictionary.to_pylist(), None]
            return cls(words, encoded.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False))
        numbers: dict[str | None, int] = {}
        which = [numbers.setdefault(value, len(numbers)) for value in column]
        return cls(list(numbers), np.array(which, dtype=np.intp))

    @classmethod
    def made(cls, work: Callable[..., Any], *columns: "Coded") -> "Coded":
        """What `work` makes of a row's values in these columns, found once for each of their combinations."""
        mixed = np.zeros(len(columns[0].which), dtype=np.intp)
        for column in columns:
            mixed = mixed * len(column.words) + column.which
        _, first, which = np.unique(mixed, return_index=True, return_inverse=True)
        said = ([column.words[column.which[row]] for column in columns] for row in first.tolist())
        return cls([work(*values) for values in said], which)

    def mask(self) -> NDArray[np.bool_]:
        """The rows whose word is true."""
        return np.array(self.words, dtype=bool)[self.which]

    def column(self) -> PackedColumn:
        """Packed again, of words that are texts or None."""
        try:
            return PackedColumn([packed_values(pa.array(self.words, pa.string()).take(pa.array(self.which)))])
        except UnicodeEncodeError:  # half a surrogate pair
            return PackedColumn.of(np.array(self.words, dtype=object)[self.which].tolist())
