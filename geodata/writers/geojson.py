"""GeoJSON in CRS84, as a web map sends it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import shapely

from geodata.sheets import Sheet
from geodata.writers.plane import to_degrees


def write_geojson(sheet: Sheet, path: Path) -> None:
    """A FeatureCollection without a crs member (RFC 7946)."""
    geometries = to_degrees([row.geometry for row in sheet.rows])
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "properties": {sheet.header(c): _plain(row.values.get(c)) for c in sheet.columns},
            "geometry": None if geometry is None else json.loads(shapely.to_geojson(geometry)),
        }
        for row, geometry in zip(sheet.rows, geometries, strict=True)
    ]
    collection = {"type": "FeatureCollection", "name": path.stem, "features": features}
    path.write_text(json.dumps(collection, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
