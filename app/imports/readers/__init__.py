"""Readers: one module a format; each gives a Delivery or a Problem that names the fault."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.core.errors import Problem
from app.imports.errors import CrsMixed, FileUnreadable
from app.imports.formats import TABLE_SUFFIXES, VECTOR_SUFFIXES
from app.imports.readers import container, dxf, guotu_txt, parquet, table, vector
from app.imports.readers.base import EVERY_FILE, Delivery, Detected, ReadOptions, sha256_of
from app.imports.readers.look import Look

log = logging.getLogger(__name__)
_FORMATS = {"guotu_txt": "国土TXT", "parquet": "GeoParquet"}
_READERS: dict[str, Callable[[container.Source, ReadOptions, Detected], Delivery]] = {
    "guotu_txt": guotu_txt.read,
    "parquet": parquet.read,
    **dict.fromkeys(VECTOR_SUFFIXES.values(), vector.read),
    "DXF": dxf.read,
    **dict.fromkeys(TABLE_SUFFIXES.values(), table.read),
}


def read(path: Path, options: ReadOptions | None = None, look: Look | None = None) -> list[Delivery]:
    """Every readable thing in the file (an archive may hold several); `look` hears what is found as it is found."""
    stated, heard = options or ReadOptions(), Look() if look is None else look
    with container.opened(path) as sources:
        sources, stated = _chosen(sources, stated)
        deliveries = [_read_one(source, stated, heard) for source in sources]
    left = [name for source in sources for name in source.left]
    if left:
        deliveries[0].detected.notes.append(f"压缩包里还有 {len(left)} 个文件没有读取:{'、'.join(left[:9])}")
    _refuse_mixed_crs(path, deliveries, stated)
    return deliveries


def _chosen(sources: list[container.Source], options: ReadOptions) -> tuple[list[container.Source], ReadOptions]:
    """The file of an archive that `layer` names, or every one; another layer is one within the files."""
    named = [source for source in sources if "/" in source.name and Path(source.name).name == options.layer]
    return (named or sources, replace(options, layer=None)) if named or options.layer == EVERY_FILE else (sources, options)


def _read_one(source: container.Source, options: ReadOptions, look: Look) -> Delivery:
    """Whatever a damaged file makes a decoder do, the user hears which file it is."""
    detected = Detected(format=_FORMATS.get(source.format, source.format))
    seen = look.begun(source.name, detected)
    try:
        delivery = _READERS[source.format](source, options, detected)
        seen.sha256 = delivery.sha256
        return delivery
    except Problem:
        seen.sha256 = sha256_of(source.parts)
        raise
    except Exception as error:
        log.exception("reading %s", source.name)
        raise FileUnreadable(f"{source.name} 读取失败,文件损坏或格式异常({type(error).__name__})", hint="请重新导出后再交付") from error
    except BaseException as error:
        # Rust decoders (Excel) turn their own faults into a BaseException of this name.
        if type(error).__name__ != "PanicException":
            raise
        raise FileUnreadable(f"{source.name} 读取失败,文件损坏", hint="请重新导出后再交付") from error


def _refuse_mixed_crs(path: Path, deliveries: list[Delivery], options: ReadOptions) -> None:
    """One archive, one CRS: a stray file in another zone is more often a mistake than a wish."""
    found = {d.detected.crs: d.file for d in deliveries if d.geometry is not None and d.detected.crs}
    if len(found) > 1 and not options.crs:
        told = "、".join(f"{file} 为 {crs}" for crs, file in found.items())
        raise CrsMixed(f"{path.name} 里混有几种坐标系:{told}", hint="请按坐标系分开交付")


def hashes(path: Path) -> list[str]:
    """SHA-256 of every readable thing in the file, without reading it."""
    with container.opened(path) as sources:
        return [sha256_of(source.parts) for source in sources]


__all__ = ["Delivery", "Detected", "Look", "ReadOptions", "hashes", "read"]
