"""Writes sheets as the files a county really sends."""

from __future__ import annotations

from pathlib import Path

from geodata.sheets import Sheet
from geodata.writers.excel import write_excel
from geodata.writers.geojson import write_geojson
from geodata.writers.survey_text import write_survey_text
from geodata.writers.vector import write_geopackage, write_shapefile

WRITERS = {
    ".xlsx": write_excel,
    ".geojson": write_geojson,
    ".txt": write_survey_text,
    ".gpkg": write_geopackage,
    ".shp": write_shapefile,
}


def write_sheet(sheet: Sheet, folder: Path) -> None:
    """Write one sheet into a folder, in the format its file name says."""
    path = folder / sheet.file
    path.parent.mkdir(parents=True, exist_ok=True)
    WRITERS[path.suffix](sheet, path)
