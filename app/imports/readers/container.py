"""From the path a user names to the files a reader opens: zip archives unpacked, formats told by content and suffix, damage named."""

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.imports.errors import FileUnreadable, FormatUnknown
from app.imports.formats import SUPPORTED, TABLE_SUFFIXES, VECTOR_SUFFIXES

_LARGEST_UNPACKED, _MOST_MEMBERS = 4 << 30, 10_000
_RATIO, _RATIO_FROM = 200, 64 << 20
"""What unpacks to more than that many times its size, from that many bytes on, is no delivery: spreadsheets and shapes reach 20."""


@dataclass(frozen=True)
class Source:
    """One readable thing: its main file, all its files (hashed together), its format, and the name the user knows it by."""

    path: Path
    parts: list[Path]
    format: str
    name: str


@contextmanager
def opened(path: Path) -> Iterator[list[Source]]:
    """The readable things in `path`; an archive is unpacked for the time of the reading."""
    if not path.exists():
        raise FileUnreadable(f"没有这个文件:{path.name}")
    if path.is_file() and path.stat().st_size == 0:
        raise FileUnreadable(f"{path.name} 是空文件(0字节)", hint="请重新导出并传输")
    if path.suffix.lower() in {".xlsx", ".xlsm", ".ods"} and path.is_file() and zipfile.is_zipfile(path):
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
    return parts + _present(path, (".prj", ".cpg"))


def _present(path: Path, suffixes: tuple[str, ...]) -> list[Path]:
    return [part for suffix in suffixes if (part := _sibling(path, suffix)) is not None]


def _unpacked(archive: Path, folder: Path) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [m for m in packed.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
            if not members:
                raise FileUnreadable(f"{archive.name} 是空的压缩包")
            _refuse_bomb(members, archive.name)
            for member in members:
                target = folder / _safe_name(member, archive.name)
                target.parent.mkdir(parents=True, exist_ok=True)
                with packed.open(member) as source, target.open("wb") as kept:
                    shutil.copyfileobj(source, kept, 1 << 20)
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise FileUnreadable(f"{archive.name} 压缩包损坏或加密,无法解压", hint="请重新打包,不要加密码") from error
    yield from _sources_in(folder, archive)


def _sources_in(folder: Path, archive: Path) -> Iterator[Source]:
    found = False
    _name_bare_geodatabases(folder)
    geodatabases = [p for p in sorted(folder.rglob("*.gdb")) if p.is_dir()]
    for path in geodatabases + sorted(p for p in folder.rglob("*") if p.is_file()):
        inside_gdb = any(path != gdb and path.is_relative_to(gdb) for gdb in geodatabases)
        readable = path.suffix.lower() in {*VECTOR_SUFFIXES, *TABLE_SUFFIXES, ".parquet"} or _is_guotu(path)
        if readable and not inside_gdb and not path.name.lower().endswith(".shp.xml"):
            found = True
            yield source_of(path, name=f"{archive.name}/{path.relative_to(folder).as_posix()}")
    if not found:
        raise FileUnreadable(f"{archive.name} 里没有可以读取的数据文件", hint=SUPPORTED)


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


def _safe_name(member: zipfile.ZipInfo, archive: str) -> str:
    """Member name, one that leads out of the archive's folder is refused; names that Windows packed in GBK are read as such."""
    name = member.filename
    if not member.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = member.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or "/" in parts or "\x00" in name or any(part.endswith(":") for part in parts[:1]):
        raise FileUnreadable(f"{archive} 含有越出压缩包的路径:{name[:80]!r}", hint="请重新打包")
    return "/".join(parts)
