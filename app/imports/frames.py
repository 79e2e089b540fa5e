"""Tables of texts as readers hand them on: columns of Arrow where they have that form, and their cells some thousand at a time."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from app.imports.packed import PART


def framed(columns: Mapping[str, pa.ChunkedArray | Sequence[str | None]], rows: int) -> pd.DataFrame:
    """A table of these columns, each as long as it has rows."""
    return pd.DataFrame({name: _series(column) for name, column in columns.items()}, index=range(rows))


def _series(column: pa.ChunkedArray | Sequence[str | None]) -> pd.Series:
    try:
        texts = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([pa.array(column, pa.large_string())])
        return pd.Series(pd.array(texts, dtype="str"))
    except UnicodeEncodeError:  # half a surrogate pair
        return pd.Series(column, dtype=object)


def cells(column: pd.Series) -> list[str | None]:
    """All its cells, None where one is empty."""
    found: list[str | None] = column.astype(object).where(column.notna(), None).tolist()
    return found


def parts(column: pd.Series) -> Iterator[pa.Array | list[str | None]]:
    """Some thousand cells at a time, as Arrow has them where it does."""
    if not isinstance(column.dtype, pd.StringDtype):
        for start in range(0, len(column), PART):
            yield cells(column.iloc[start : start + PART])
        return
    texts = pa.array(column)
    for chunk in texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]:
        for start in range(0, len(chunk), PART):
            yield chunk.slice(start, PART)


def words(some: pa.Array | list[str | None]) -> tuple[list[str], NDArray[np.intp]]:
    """What cells say, and which of it each says (-1: nothing)."""
    if isinstance(some, pa.Array):
        encoded = some.dictionary_encode()
        return encoded.dictionary.to_pylist(), encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    which, said = pd.factorize(np.array(some, dtype=object))
    return list(said), which
