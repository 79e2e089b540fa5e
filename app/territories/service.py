"""Use-cases of territories: load the reference tables, add a county with its outline."""

import csv
import json
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy.ext.asyncio import AsyncConnection

from app.territories import queries

TABLES = Path(__file__).parents[2] / "geodata" / "territories"
UNASSIGNED = "000"
"""Suffix of the explicit row 未归属 that closes every total."""


def _rows(name: str) -> list[dict[str, Any]]:
    with (TABLES / name).open(encoding="utf-8") as file:
        return [{key: value or None for key, value in row.items()} for row in csv.DictReader(file)]


async def seed(conn: AsyncConnection) -> None:
    """Load counties, towns, responsible bodies and calibres of the five jurisdictions; may be repeated."""
    for county in _rows("counties.csv"):
        await queries.upsert_county(conn, county | {"meridian_epsg": int(county["meridian_epsg"]), "is_test": False})
        await _unassigned(conn, county["code"])
    for town in _rows("towns.csv"):
        await queries.upsert_town(conn, town)
        await queries.upsert_body(conn, _town_body(town["county_code"], town["code"], town["name"]))
    for body in _rows("bodies.csv"):
        await queries.upsert_body(conn, body | {"town_code": None, "sort": int(body["code"][-3:])})
    for county in _rows("counties.csv"):
        await queries.upsert_calibre(conn, county["code"], "whole_city", "全市", without=[], note=None)
    for calibre in _rows("calibres.csv"):
        without = (calibre["without"] or "").split(";")
        await queries.upsert_calibre(conn, calibre["county_code"], calibre["code"], calibre["name"], without=without, note=calibre["note"])


async def load_county(conn: AsyncConnection, path: Path, *, is_test: bool) -> str:
    """Add or complete a county from county.json {code, name, towns, bodies, outline}; returns its code.

    Towns and bodies that the reference tables already hold stay as they are; the outline is EPSG:4490 GeoJSON.
    """
    said = json.loads(path.read_text(encoding="utf-8"))
    code = said["code"]
    outline = shapely.from_geojson(json.dumps(said["outline"])) if said.get("outline") else None
    county = {"code": code, "name": said["name"], "prefecture_code": None, "meridian_epsg": said.get("meridian_epsg", 4549)}
    await queries.upsert_county(conn, county | {"valid_from": None, "valid_to": None, "is_test": is_test})
    if outline is not None:
        await queries.set_outline(conn, code, shapely.to_wkt(outline, rounding_precision=9))
    await _unassigned(conn, code)
    for town in said.get("towns", []):
        if not await queries.has_town(conn, code, town["code"]):
            row = {"county_code": code, "scheme": "NBS2023", "kind": "town", "valid_from": None, "valid_to": None}
            await queries.upsert_town(conn, row | {"code": town["code"], "name": town["name"]})
            await queries.upsert_body(conn, _town_body(code, town["code"], town["name"]))
    known = await queries.body_names(conn, code)
    for body in said.get("bodies", []):
        if body["name"] not in known and body["code"] not in known.values():
            row = {"county_code": code, "code": body["code"], "name": body["name"], "kind": body.get("kind", "functional_area")}
            await queries.upsert_body(conn, row | {"town_code": None, "sort": 900, "valid_from": None, "valid_to": None})
    if is_test:
        await queries.upsert_calibre(conn, code, "whole_city", "全市", without=[], note=None)
        await queries.upsert_calibre(conn, code, "city_level", "市级", without=[], note="测试县: 与全市相同")
    return str(code)


async def body_of(conn: AsyncConnection, county_code: str) -> dict[str, str]:
    """Responsible body by name and by code of a county, for resolving what a delivery says."""
    names = await queries.body_names(conn, county_code)
    return names | {code: code for code in names.values()}


def _town_body(county_code: str, code: str, name: str) -> dict[str, Any]:
    return {"county_code": county_code, "code": code, "name": name, "kind": "town", "town_code": code, "sort": int(code[-3:]),
            "valid_from": None, "valid_to": None}  # fmt: skip


async def _unassigned(conn: AsyncConnection, code: str) -> None:
    row = {"county_code": code, "code": code + UNASSIGNED, "name": "未归属", "kind": "unassigned", "town_code": None, "sort": 999}
    await queries.upsert_body(conn, row | {"valid_from": None, "valid_to": None})
