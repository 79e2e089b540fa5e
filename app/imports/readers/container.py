"""From the path a user names to the files a reader opens: zip archives unpacked, formats told by content and suffix, damage named."""

import hashlib
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from app.core.errors import StorageFull
from app.imports.errors import EncodingUnknown, FileUnreadable, FormatUnknown
from app.imports.formats import BESIDE_SHP, SUPPORTED, TABLE_SUFFIXES, VECTOR_SUFFIXES
from app.imports.readers import encoding as encodings

_LARGEST_UNPACKED, _MOST_MEMBERS = 4 << 30, 10_000
_RATIO, _RATIO_FROM = 200, 64 << 20
"""What unpacks to more than that many times its size, from that many bytes on, is no delivery: spreadsheets and shapes reach 20."""


_DEEPEST = 3
"""An archive in an archive in an archive."""
_LONGEST_NAME = 200
"""Bytes of a file's name; Windows packs longer ones than a Linux folder can hold."""
_WORKBOOKS = {".xlsx", ".xlsm", ".ods", ".xls"}
"""Archives of their own, .xls by another name."""
_ARCHIVES = {".zip", ".kmz"}
_UNTOLD = {*BESIDE_SHP, ".xml", ".lock", ".qml", ".sld", ".lyr", ".lyrx", ".db"}
"""Companions of data that nobody misses."""


@dataclass(frozen=True)
class Source:
    """One readable thing: its main file, all its files (hashed together), its format, and the name the user knows it by."""

    path: Path
    parts: list[Path]
    format: str
    name: str
    left: tuple[str, ...] = ()
    """Files of the same archive that no reader takes."""


@contextmanager
def opened(path: Path) -> Iterator[list[Source]]:
    """The readable things in `path`; an archive is unpacked for the time of the reading."""
    if not path.exists():
        raise FileUnreadable(f"没有这个文件:{path.name}")
    if path.is_file() and path.stat().st_size == 0:
        raise FileUnreadable(f"{path.name} 是空文件(0字节)", hint="请重新导出并传输")
    if path.suffix.lower() in _WORKBOOKS and path.is_file() and zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as packed:
                members = packed.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise FileUnreadable(f"{path.name} 不是有效的表格文件(损坏或不完整)", hint="请另存为 .xlsx 后再交付") from error
        _refuse_bomb(members, path.name)
        yield [source_of(path)]
    elif path.is_file() and zipfile.is_zipfile(path):
        with tempfile.TemporaryDirectory(prefix="yima-import-") as folder:
            yield list(_unpacked(path, Path(folder)))
    elif path.suffix.lower() == ".zip":
        raise FileUnreadable(f"{path.name} 不是有效的 zip 压缩包(损坏或不完整)", hint="请重新打包")
    else:
        yield [source_of(path)]


def parts_of(path: Path) -> list[Path]:
    """All files that are read for `path`: a Shapefile's parts, a folder's files, else the file itself."""
    return [path] if path.is_file() and zipfile.is_zipfile(path) else source_of(path).parts


def source_of(path: Path, *, name: str | None = None) -> Source:
    """The source whose main file is `path`; refuses by name what is not supported."""
    suffix, shown = path.suffix.lower(), name or path.name
    if suffix in {".dbf", ".shx", ".prj", ".cpg"} and (main := _sibling(path, ".shp")) is not None:
        path, suffix = main, ".shp"
    if suffix == ".dbf":
        return Source(path, [path, *_present(path, (".cpg",))], VECTOR_SUFFIXES[".shp"], shown)
    if suffix == ".shp":
        return Source(path, _shapefile_parts(path, shown), VECTOR_SUFFIXES[suffix], shown)
    if suffix in VECTOR_SUFFIXES:
        parts = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        return Source(path, parts, VECTOR_SUFFIXES[suffix], shown)
    if suffix in TABLE_SUFFIXES:
        return Source(path, [path], TABLE_SUFFIXES[suffix], shown)
    if suffix == ".txt":
        return Source(path, [path], "guotu_txt", shown)
    if suffix in {".parquet", ".geoparquet"}:
        return Source(path, [path], "parquet", shown)
    raise FormatUnknown(f"不支持 {suffix or '没有后缀的'} 文件:{shown}", hint=SUPPORTED)


def _sibling(path: Path, suffix: str) -> Path | None:
    for other in path.parent.glob("*"):
        if other.stem == path.stem and other.suffix.lower() == suffix:
            return other
    return None


def _shapefile_parts(path: Path, shown: str) -> list[Path]:
    """The parts of a Shapefile; a missing or empty .dbf would import rows without a single attribute, unseen."""
    parts = [path]
    for suffix in (".shx", ".dbf"):
        part = _sibling(path, suffix)
        if part is None:
            raise FileUnreadable(f"Shapefile 不完整:{shown} 缺少 {suffix} 文件", hint="请连同 .shp .shx .dbf .prj 一起交付")
        if part.stat().st_size == 0:
            raise FileUnreadable(f"Shapefile 不完整:{shown} 的 {suffix} 文件是空的(0字节)", hint="请重新导出")
        parts.append(part)
    shapes, rows = (parts[1].stat().st_size - 100) // 8, _dbf_rows(parts[2])
    if rows is not None and shapes != rows:
        raise FileUnreadable(f"Shapefile 不一致:{shown} 有 {shapes} 个图形、{rows} 行属性", hint="请重新导出,不要单独改动 .dbf")
    return parts + _present(path, (".prj", ".cpg"))


def _dbf_rows(path: Path) -> int | None:
    """Rows that the table's head states; None where it has no head."""
    with path.open("rb") as handle:
        head = handle.read(8)
    return int.from_bytes(head[4:8], "little") if len(head) == 8 else None


def _present(path: Path, suffixes: tuple[str, ...]) -> list[Path]:
    return [part for suffix in suffixes if (part := _sibling(path, suffix)) is not None]


def _unpacked(archive: Path, folder: Path) -> Iterator[Source]:
    _extract(archive, folder, archive.name, [], depth=1)
    yield from _sources_in(folder, archive)


def _extract(archive: Path, folder: Path, shown: str, counted: list[zipfile.ZipInfo], *, depth: int) -> None:
    """Unpack an archive, and each that it holds into a folder of its name; `counted` are the members of all of them."""
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [m for m in packed.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
            if not members:
                raise FileUnreadable(f"{shown} 是空的压缩包")
            counted += members
            _refuse_bomb(counted, shown)
            for member, name in zip(members, _safe_names(members, shown), strict=True):
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with packed.open(member) as source, target.open("xb") as kept:
                    shutil.copyfileobj(source, kept, 1 << 20)
    except FileExistsError as error:
        raise FileUnreadable(f"{shown} 里有重名的文件:{Path(str(error.filename)).name}", hint="请重新打包") from error
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        if StorageFull.is_told_by(error):
            raise StorageFull(f"{shown} 无法解压:磁盘已满", hint="请联系管理员清理磁盘后重试") from error
        raise FileUnreadable(f"{shown} 压缩包损坏或加密,无法解压", hint="请重新打包,不要加密码") from error
    for inner in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix.lower() in _ARCHIVES):
        if depth == _DEEPEST:
            raise FileUnreadable(f"{shown} 里压缩包套压缩包超过 {_DEEPEST} 层", hint="请解开后再交付")
        moved = inner.rename(inner.with_name(inner.name + ".packed"))
        inner.mkdir()
        _extract(moved, inner, f"{shown}/{inner.relative_to(folder).as_posix()}", counted, depth=depth + 1)
        moved.unlink()


def _sources_in(folder: Path, archive: Path) -> Iterator[Source]:
    found: list[Source] = []
    left: list[str] = []
    _name_bare_geodatabases(folder)
    geodatabases = [p for p in sorted(folder.rglob("*.gdb")) if p.is_dir()]
    for path in geodatabases + sorted(p for p in folder.rglob("*") if p.is_file()):
        inside_gdb = any(path != gdb and path.is_relative_to(gdb) for gdb in geodatabases)
        readable = path.suffix.lower() in {*VECTOR_SUFFIXES, *TABLE_SUFFIXES, ".parquet", ".geoparquet"} or _is_guotu(path)
        name = path.relative_to(folder).as_posix()
        if readable and not inside_gdb:
            found.append(source_of(path, name=f"{archive.name}/{name}"))
        elif not inside_gdb and path.suffix.lower() not in _UNTOLD and not path.name.startswith("."):
            left.append(name)
    if not found:
        raise FileUnreadable(
            f"{archive.name} 里没有可以读取的数据文件" + (f",有的是:{'、'.join(left[:9])}" if left else ""), hint=SUPPORTED
        )
    found[0] = replace(found[0], left=tuple(left))
    yield from found


def _name_bare_geodatabases(folder: Path) -> None:
    """A geodatabase packed without its own folder: GDAL knows one by the folder's name."""
    for table in sorted(folder.rglob("a00000001.gdbtable")):
        if table.parent.suffix.lower() == ".gdb":
            continue
        target = table.parent / "数据.gdb"
        target.mkdir(exist_ok=True)
        for part in [p for p in table.parent.iterdir() if p.is_file()]:
            part.rename(target / part.name)


def _is_guotu(path: Path) -> bool:
    return path.suffix.lower() == ".txt" and b"," in path.read_bytes()[:4000] and b"[" in path.read_bytes()[:4000]


def _refuse_bomb(members: list[zipfile.ZipInfo], name: str) -> None:
    """Refuse what unpacks to too much; a reader stops at the size that a member declares, so declaring less helps nobody."""
    size, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    if size > _LARGEST_UNPACKED or len(members) > _MOST_MEMBERS:
        raise FileUnreadable(f"{name} 解压后过大({size >> 20} MB,{len(members)} 个文件)", hint="请分开交付")
    if size > _RATIO_FROM and size > _RATIO * max(packed, 1):
        raise FileUnreadable(f"{name} 的压缩比异常({size // max(packed, 1)} 倍),可能是压缩炸弹", hint="请重新打包")


def _safe_names(members: list[zipfile.ZipInfo], archive: str) -> list[str]:
    """Names of the members, one that leads out of the folder is refused; those that Windows packed in GBK or Big5 read as such."""
    raw = [None if m.flag_bits & 0x800 else _bytes(m.filename) for m in members]
    try:
        found = encodings.detect([r for r in raw if r is not None], source=archive).name
    except EncodingUnknown:
        found = "gb18030"
    names = [m.filename if r is None else r.decode(found, "replace") for m, r in zip(members, raw, strict=True)]
    return [_safe_name(name, archive) for name in names]


def _bytes(name: str) -> bytes | None:
    """What stood in the archive: Python takes names without the UTF-8 mark for cp437."""
    try:
        return name.encode("cp437")
    except UnicodeEncodeError:
        return None


def _safe_name(name: str, archive: str) -> str:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or "/" in parts or "\x00" in name or any(part.endswith(":") for part in parts[:1]):
        raise FileUnreadable(f"{archive} 含有越出压缩包的路径:{name[:80]!r}", hint="请重新打包")
    return "/".join(_short(re.sub(r"[\x00-\x1f\x7f]", " ", part)) for part in parts)


def _short(part: str) -> str:
    """A name that a folder can hold; parts of one Shapefile keep one name."""
    raw = part.encode()
    if len(raw) <= _LONGEST_NAME:
        return part
    stem, dot, suffix = part.rpartition(".")
    stem, suffix = (stem, dot + suffix) if dot and len(suffix) < 12 else (part, "")
    return stem.encode()[: _LONGEST_NAME - 40].decode("utf-8", "ignore") + hashlib.sha256(stem.encode()).hexdigest()[:8] + suffix
