"""Readers: one module a format; each gives a Delivery or a Problem that names the fault."""

from collections.abc import Callable
from pathlib import Path

from app.imports.readers import container, guotu_txt, parquet, table, vector
from app.imports.readers.base import Delivery, Detected, ReadOptions, sha256_of

_READERS: dict[str, Callable[[container.Source, ReadOptions], Delivery]] = {
    "guotu_txt": guotu_txt.read,
    "parquet": parquet.read,
    **dict.fromkeys(container.VECTOR_SUFFIXES.values(), vector.read),
    **dict.fromkeys(container.TABLE_SUFFIXES.values(), table.read),
}


def read(path: Path, options: ReadOptions | None = None) -> list[Delivery]:
    """Every readable thing in the file (an archive may hold several)."""
    stated = options or ReadOptions()
    with container.opened(path) as sources:
        return [_READERS[source.format](source, stated) for source in sources]


def hashes(path: Path) -> list[str]:
    """SHA-256 of every readable thing in the file, without reading it."""
    with container.opened(path) as sources:
        return [sha256_of(source.parts) for source in sources]


__all__ = ["Delivery", "Detected", "ReadOptions", "hashes", "read"]
