"""Generates a county into a folder."""

from __future__ import annotations

from pathlib import Path

from geodata.county import write_county
from geodata.proving.ground import proving_ground

DEFAULT_SEED = 20250930


def generate(county: str, out: str | Path, seed: int = DEFAULT_SEED) -> Path:
    """Write the files, manifest, county.json and key of a county; the same seed gives the same bytes."""
    if county == "999001":
        made = proving_ground(seed)
    elif county == "330282":
        from geodata.demo.county import demo_county  # its outline takes half a second to read

        made = demo_county(seed)
    else:
        raise ValueError(f"no generated county {county}")
    write_county(made, Path(out))
    return Path(out)
