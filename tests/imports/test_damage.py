"""Files cut short or with flipped bytes, in every format: a named refusal or issues, never another error. Seeds are fixed."""

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest

from app.core.errors import Problem
from app.imports.checks.geometry import check_shapes
from app.imports.kinds import kind_of
from app.imports.readers import ReadOptions
from app.imports.stage import stage

from . import makers
from .conftest import stored
from .makers import square

SHAPES = [square(200 * i, 0) for i in range(6)]
ROWS = [{"宗地代码": f"330282001001GB{n:05d}", "宗地名称": "慈溪工业用地", "证载面积": 8000.0} for n in range(1, 7)]
MUTATIONS = 10


def _gpkg(folder: Path) -> Path:
    return makers.gpkg(folder / "a.gpkg", ROWS, SHAPES)


def _shapefile(folder: Path) -> Path:
    return makers.shapefile(folder / "a.shp", ROWS, SHAPES)


def _driver(name: str, suffix: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        pyogrio.write_dataframe(makers.frame(ROWS, SHAPES), folder / f"a{suffix}", driver=name)
        return folder / f"a{suffix}"

    return make


def _parquet(folder: Path) -> Path:
    makers.frame(ROWS, SHAPES).to_parquet(folder / "a.parquet")
    return folder / "a.parquet"


def _geojson(folder: Path) -> Path:
    return makers.geojson(folder / "a.geojson", [(r, stored(g)) for r, g in zip(ROWS, SHAPES, strict=True)])


def _txt(folder: Path) -> Path:
    (folder / "a.txt").write_bytes(makers.txt([list(SHAPES[0].exterior.coords)]).encode("gbk"))
    return folder / "a.txt"


def _csv(folder: Path) -> Path:
    lines = [f'{r["宗地代码"]},"SRID=4549;{g.wkt}"' for r, g in zip(ROWS, SHAPES, strict=True)]
    (folder / "a.csv").write_bytes("\n".join(["宗地代码,范围线", *lines]).encode("gbk"))
    return folder / "a.csv"


def _xlsx(folder: Path) -> Path:
    return makers.xlsx(folder / "a.xlsx", ["宗地代码", "WKT"], [[r["宗地代码"], g.wkt] for r, g in zip(ROWS, SHAPES, strict=True)])


def _kml(folder: Path) -> Path:
    frame = gpd.GeoDataFrame([{"Name": r["宗地代码"]} for r in ROWS], geometry=[stored(g) for g in SHAPES], crs="EPSG:4326")
    pyogrio.write_dataframe(frame, folder / "a.kml", driver="KML")
    return folder / "a.kml"


def _dxf(folder: Path) -> Path:
    gpd.GeoDataFrame({"Layer": ["ZD"] * 6}, geometry=[g.exterior for g in SHAPES]).to_file(folder / "a.dxf", driver="DXF", engine="pyogrio")
    return folder / "a.dxf"


MAKERS = {
    "gpkg": _gpkg, "shp": _shapefile, "fgb": _driver("FlatGeobuf", ".fgb"), "parquet": _parquet, "geojson": _geojson, "txt": _txt,
    "csv": _csv, "xlsx": _xlsx, "kml": _kml, "dxf": _dxf,
}  # fmt: skip


def damaged(content: bytes, seed: int) -> bytes:
    """Cut short, some octets flipped, or a stretch blanked."""
    chance = random.Random(seed)
    how = seed % 3
    if how == 0:
        return content[: chance.randrange(1, len(content))]
    changed = bytearray(content)
    if how == 1:
        for _ in range(chance.randrange(1, 30)):
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    else:
        start = chance.randrange(len(changed))
        changed[start : start + chance.randrange(1, 400)] = b"\x00" * 8
    return bytes(changed)


@pytest.mark.parametrize("name", list(MAKERS))
def test_damage_ends_with_a_named_refusal_or_issues(tmp_path: Path, name: str) -> None:
    path = MAKERS[name](tmp_path)
    parts = {part: part.read_bytes() for part in path.parent.iterdir() if part.stem == "a"}
    ended = {"refused": 0, "staged": 0}
    for seed in range(MUTATIONS):
        victim = sorted(parts)[seed % len(parts)]
        victim.write_bytes(damaged(parts[victim], seed))
        for options in (ReadOptions(), ReadOptions(crs="EPSG:4549", encoding="GBK")):
            try:
                staged = stage([path], kind_of("parcels"), options=options, data_on=date(2025, 6, 30))
                check_shapes(staged, 4549)
                ended["staged"] += 1
            except Problem:
                ended["refused"] += 1
        victim.write_bytes(parts[victim])
    assert sum(ended.values()) == 2 * MUTATIONS
    assert ended["refused"]


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".txt", ".csv", ".xlsx", ".parquet", ".dxf", ".zip", ".gdb", ".fgb"])
def test_a_file_under_another_name_ends_with_a_named_refusal_or_issues(tmp_path: Path, suffix: str) -> None:
    for name in ("gpkg", "geojson", "xlsx", "txt"):
        path = MAKERS[name](tmp_path)
        if path.suffix == suffix:
            continue
        renamed = path.rename(tmp_path / f"b{suffix}")
        try:
            staged = stage([renamed], kind_of("parcels"), options=ReadOptions(), data_on=date(2025, 6, 30))
        except Problem:
            pass
        else:
            assert len(staged), f"{name} as {suffix}: a file of which nothing is understood is no empty delivery"
        renamed.unlink()
