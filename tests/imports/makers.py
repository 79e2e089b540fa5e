"""Small deliveries written on the spot: rows of parcels as GeoJSON, GBK Shapefile, TXT, Excel."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import shapely
import xlsxwriter
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

EAST, NORTH = 620_000.0, 3_339_000.0
"""A corner in 慈溪, EPSG:4549."""


def square(x: float, y: float, width: float = 100.0, height: float = 80.0) -> BaseGeometry:
    """A rectangle in the plane, metres from the corner."""
    return box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def frame(rows: list[dict[str, Any]], geometry: list[BaseGeometry | None]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry=geometry, crs="EPSG:4549")


def gpkg(path: Path, rows: list[dict[str, Any]], geometry: list[BaseGeometry | None], *, layer: str = "宗地", append: bool = False) -> Path:
    pyogrio.write_dataframe(frame(rows, geometry), path, layer=layer, driver="GPKG", append=append)
    return path


def shapefile(path: Path, rows: list[dict[str, Any]], geometry: list[BaseGeometry], *, encoding: str = "GBK", cpg: bool = False) -> Path:
    pyogrio.write_dataframe(frame(rows, geometry), path, driver="ESRI Shapefile", encoding=encoding)
    if not cpg:
        path.with_suffix(".cpg").unlink(missing_ok=True)
        raw = bytearray(path.with_suffix(".dbf").read_bytes())
        raw[29] = 0
        path.with_suffix(".dbf").write_bytes(raw)
    return path


def geojson(path: Path, features: list[tuple[dict[str, Any], BaseGeometry | None]], *, crs: str | None = None) -> Path:
    members: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": p, "geometry": None if g is None else json.loads(shapely.to_geojson(g))} for p, g in features
        ],
    }
    if crs:
        members["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(members, ensure_ascii=False), encoding="utf-8")
    return path


def xlsx(path: Path, header: list[str], rows: list[list[Any]], *, title: str | None = None, sheets: tuple[str, ...] = ("Sheet1",)) -> Path:
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name in sheets:
            sheet = book.add_worksheet(name)
            first = 0
            if title:
                sheet.write(0, 0, title)
                first = 1
            sheet.write_row(first, 0, header)
            for r, row in enumerate(rows, first + 1):
                for c, cell in enumerate(row):
                    if hasattr(cell, "isoformat"):
                        sheet.write_datetime(r, c, cell, day)
                    elif cell is not None:
                        sheet.write(r, c, cell)
    return path


def zipped(*files: Path) -> bytes:
    """The files side by side in an archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    return buffer.getvalue()


def txt(
    rings: list[list[tuple[float, float]]],
    *,
    head: str = "330282001001GB00042",
    crs: str = "2000国家大地坐标系",
    zone: str = "40",
    prefix: int = 40,
) -> str:
    """One plot; rings are (x, y) in the plane without prefix."""
    lines = ["[属性描述]", f"坐标系={crs}", "几度分带=3", f"带号={zone}", "[地块坐标]"]
    lines.append(f"{sum(map(len, rings))},0.8000,{head},试验地块,面,,工业用地,0601,@")
    for number, ring in enumerate(rings, 1):
        lines += [f"J{i},{number},{y:.3f},{x + prefix * 1e6:.3f}" for i, (x, y) in enumerate(ring, 1)]
    return "\r\n".join(lines) + "\r\n"
