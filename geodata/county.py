"""A generated county, and how it is written: files, manifest, county.json, answer key."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geodata.key import write_key
from geodata.land import Parcel
from geodata.sheets import Delivery
from geodata.verdicts import Idle
from geodata.writers import write_sheet
from geodata.writers.plane import to_degrees


@dataclass
class County:
    """Everything a county delivers and what is expected of it."""

    code: str
    name: str
    as_of: date
    data_year: int
    towns: list[tuple[str, str]]
    bodies: list[dict[str, Any]]
    outline: BaseGeometry  # in the plane
    deliveries: list[Delivery]
    parcels: list[Parcel]  # those applied after the last delivery
    lineage: list[tuple[str, str, str]] = field(default_factory=list)
    idle_at: list[tuple[str, Parcel, Idle]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)


def write_county(county: County, out: Path) -> None:
    """Write the whole delivery and its key into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    for delivery in county.deliveries:
        for sheet in delivery.sheets:
            write_sheet(sheet, out)
    _write_json(out / "manifest.json", [_entry(delivery) for delivery in county.deliveries])
    _write_json(out / "county.json", _description(county))
    write_key(
        out / "key",
        parcels=county.parcels,
        deliveries=county.deliveries,
        lineage=county.lineage,
        idle_at=county.idle_at,
    )
    _write_json(out / "key" / "figures.json", county.figures)


def _entry(delivery: Delivery) -> dict[str, Any]:
    files = [sheet.file for sheet in delivery.sheets]
    entry: dict[str, Any] = {"files": files} if len(files) > 1 else {"file": files[0]}
    entry |= {"kind": delivery.kind, "data_date": delivery.data_date.isoformat()}
    if delivery.layer:
        entry["layer"] = delivery.layer
    if delivery.family:
        entry["family"] = delivery.family
    return entry


def _description(county: County) -> dict[str, Any]:
    outline = to_degrees([county.outline])[0]
    return {
        "code": county.code,
        "name": county.name,
        "as_of": county.as_of.isoformat(),
        "data_year": county.data_year,
        "towns": [{"code": code, "name": name} for code, name in county.towns],
        "bodies": county.bodies,
        "outline": json.loads(shapely.to_geojson(outline)),
        "synthetic": True,
    }


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
