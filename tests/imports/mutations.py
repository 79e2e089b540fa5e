"""Small deliveries of every format, and what a bad line, a full disk or a malicious hand makes of their bytes. Seeds are fixed."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePath
from random import Random

import geopandas as gpd
import pyogrio

from . import makers
from .conftest import stored
from .makers import square

SHAPES = [square(200 * i, 0) for i in range(6)]
Files = dict[str, bytes]
FORMATS = ("shp", "shp.zip", "gpkg", "geojson", "fgb", "parquet", "kml", "dxf", "txt", "csv", "xlsx", "gdb.zip")
_SUFFIXES = (".shp", ".gpkg", ".txt", ".csv", ".xlsx", ".parquet", ".dxf", ".zip", ".gdb", ".fgb", ".kml", ".geojson", ".dbf", ".xls", "")
_TEXTS = frozenset({".geojson", ".kml", ".dxf", ".txt", ".csv", ".prj", ".cpg"})
_ODD = (b"NaN", b"-1e309", b"1" * 400, b"\x00", b'"', b"\xff\xfe", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>", b"[" * 3000,
        b"\xed\xa0\x80", "𠮷".encode(), b"9999-99-99", b"\r", b"=cmd|'/c calc'!A0", b"../../../etc/passwd", b"\xe2\x80\xae")  # fmt: skip


def rows(county: str) -> list[dict[str, object]]:
    return [
        {
            "宗地代码": f"{county}001001GB{n:05d}",
            "宗地名称": "慈溪工业用地",
            "证载面积": 8000.0,
            "乡镇代码": f"{county}101",
            "权属性质": "国有",
        }
        for n in range(1, 7)
    ]


def delivery(name: str, county: str, folder: Path) -> Files:
    """The files of a clean delivery in that format, by name."""
    plain = name.removesuffix(".zip")
    _MAKERS[plain](county, folder / f"a.{plain}")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _shp(county: str, path: Path) -> None:
    makers.shapefile(path, rows(county), SHAPES)


def _txt(county: str, path: Path) -> None:
    plots = [makers.txt([list(g.exterior.coords)], head=str(r["宗地代码"])) for r, g in zip(rows(county), SHAPES, strict=True)]
    path.write_bytes((plots[0] + "".join(p.partition("[地块坐标]\r\n")[2] for p in plots[1:])).encode("gbk"))


def _csv(county: str, path: Path) -> None:
    lines = [f'{r["宗地代码"]},8000,2024/6/30,"SRID=4549;{g.wkt}"' for r, g in zip(rows(county), SHAPES, strict=True)]
    path.write_bytes("\r\n".join(["宗地代码,证载面积(㎡),登记日期,范围线", *lines]).encode("gbk"))


def _xlsx(county: str, path: Path) -> None:
    makers.xlsx(
        path,
        ["宗地代码", "证载面积", "WKT"],
        [[r["宗地代码"], 8000, f"SRID=4549;{g.wkt}"] for r, g in zip(rows(county), SHAPES, strict=True)],
    )


def _kml(county: str, path: Path) -> None:
    frame = gpd.GeoDataFrame([{"宗地代码": r["宗地代码"]} for r in rows(county)], geometry=[stored(g) for g in SHAPES], crs="EPSG:4326")
    pyogrio.write_dataframe(frame, path, driver="KML")


def _dxf(_: str, path: Path) -> None:
    gpd.GeoDataFrame({"Layer": ["ZD"] * 6}, geometry=[g.exterior for g in SHAPES]).to_file(path, driver="DXF", engine="pyogrio")


def _driver(driver: str) -> Callable[[str, Path], None]:
    return lambda county, path: pyogrio.write_dataframe(makers.frame(rows(county), list(SHAPES)), path, driver=driver)


_MAKERS: dict[str, Callable[[str, Path], None]] = {
    "shp": _shp, "txt": _txt, "csv": _csv, "xlsx": _xlsx, "kml": _kml, "dxf": _dxf, "fgb": _driver("FlatGeobuf"),
    "gdb": _driver("OpenFileGDB"),
    "gpkg": lambda county, path: makers.gpkg(path, rows(county), list(SHAPES)) and None,
    "parquet": lambda county, path: makers.frame(rows(county), list(SHAPES)).to_parquet(path),
    "geojson": lambda county, path: makers.geojson(path, [(r, stored(g)) for r, g in zip(rows(county), SHAPES, strict=True)]) and None,
}  # fmt: skip


def mutated(name: str, files: Files, rng: Random) -> tuple[str, Files]:
    """What was done, and the files it left. A packed delivery is hurt within (a whole archive of damaged files) or without."""
    is_packed = name.endswith(".zip")
    if is_packed and rng.random() < 0.4:
        return "outer", {"a.zip": _hurt(packed(files), rng)}
    if name == "xlsx" and rng.random() < 0.6:  # also within: a changed octet of the archive is mostly a wrong checksum
        how, inner = _members(unpacked(files["a.xlsx"]), rng)
        return f"inner {how}", {"a.xlsx": packed(inner)}
    how, left = _members(files, rng, can_rename=not is_packed)
    return how, {"a.zip": packed(left)} if is_packed else left


def _members(files: Files, rng: Random, *, can_rename: bool = False) -> tuple[str, Files]:
    way = rng.choice(["hurt"] * 4 + ["rename", "drop", "swap"])
    victim = rng.choice(sorted(files))
    if way == "drop" and len(files) > 1:
        return f"drop {victim}", {name: content for name, content in files.items() if name != victim}
    if way == "swap" and len(files) > 1:
        other = rng.choice(sorted(files))
        return f"swap {victim} {other}", files | {victim: files[other], other: files[victim]}
    if way == "rename" and can_rename:
        suffix = rng.choice(_SUFFIXES)
        kept = {name: content for name, content in files.items() if name != victim}
        return f"rename {victim} {suffix}", kept | {f"{PurePath(victim).stem}{suffix}": files[victim]}
    return f"hurt {victim}", files | {victim: _hurt(files[victim], rng, is_text=PurePath(victim).suffix in _TEXTS)}


def _hurt(content: bytes, rng: Random, *, is_text: bool = False) -> bytes:
    """Cut short, octets flipped, a stretch blanked, doubled or filled with chance, a number made extreme, odd words put in."""
    changed, at = bytearray(content), rng.randrange(max(len(content), 1))
    way = rng.choice(("cut", "flip", "flip", "blank", "double", "noise", "extreme", *(("word",) * 4 if is_text else ())))
    stretch = rng.randrange(1, 400)
    if way == "cut" or not content:
        return content[:at]
    if way == "flip":
        for _ in range(rng.randrange(1, 30)):
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    elif way == "blank":
        changed[at : at + stretch] = bytes(min(stretch, len(changed) - at))
    elif way == "double":
        changed[at:at] = content[at : at + stretch] * rng.choice((1, 1, 50))
    elif way == "noise":
        changed[at : at + stretch] = rng.randbytes(stretch)
    elif way == "extreme":
        changed[at : at + 4] = rng.choice(
            (b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00\x00\x00\x40", b"\x7f\xff\xff\xff")
        )
    else:
        changed[at : at + rng.choice((0, 1, 8))] = rng.choice(_ODD)
    return bytes(changed)


def packed(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # the moment of packing is not part of it
    return buffer.getvalue()


def unpacked(content: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
