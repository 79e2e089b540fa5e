"""GeoPackage (EPSG:4490) and Shapefile (GBK without .cpg, EPSG:4549), byte for byte the same on every run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

from geodata.sheets import Cell, Sheet
from geodata.writers.plane import to_degrees
from geodata.writers.units import cell

FIXED_CLOCK = "2025-09-30T00:00:00.000Z"
SHAPEFILE_NAMES = {"不动产单元号": "不动产单元"}  # a name is cut at 10 bytes of GBK
NUMBERS = ("证载面积", "批准面积")


def write_geopackage(sheet: Sheet, path: Path) -> None:
    """One layer, degrees."""
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_CLOCK})
    geometries = to_degrees([row.geometry for row in sheet.rows])
    names = [sheet.header(column) for column in sheet.columns]
    _write(sheet, path, geometries, names, "GPKG", geometry_type="MultiPolygon", promote_to_multi=True,
           layer=sheet.layer or path.stem)  # fmt: skip


def write_shapefile(sheet: Sheet, path: Path) -> None:
    """GBK attributes and nothing that says so: no .cpg, language driver 0."""
    geometries = np.array([row.geometry for row in sheet.rows], dtype=object)
    names = [SHAPEFILE_NAMES.get(sheet.header(column), sheet.header(column)) for column in sheet.columns]
    _write(sheet, path, geometries, names, "ESRI Shapefile", geometry_type="Polygon", encoding="GBK",
           dataset_options={}, layer_options={"DBF_DATE_LAST_UPDATE": FIXED_CLOCK[:10]})  # fmt: skip
    path.with_suffix(".cpg").unlink()
    with path.with_suffix(".dbf").open("r+b") as dbf:
        dbf.seek(29)  # language driver id
        dbf.write(b"\x00")


def _write(sheet: Sheet, path: Path, geometries: np.ndarray, names: list[str], driver: str, **options: Any) -> None:
    crs = "EPSG:4490" if driver == "GPKG" else f"EPSG:{sheet.crs}"
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(geometries),
        field_data=[_column(sheet, column) for column in sheet.columns],
        fields=np.array(names, dtype=object),
        driver=driver,
        crs=crs,
        **options,
    )


def _column(sheet: Sheet, column: str) -> np.ndarray:
    values = [cell(sheet, column, row.values.get(column)) for row in sheet.rows]
    if column in NUMBERS or column.endswith(("(亩)", "(家)")):
        return np.array([np.nan if v is None else v for v in values], dtype=float)
    return np.array([_text(v) for v in values], dtype=object)


def _text(value: Cell) -> str | None:
    return None if value is None else str(value)
