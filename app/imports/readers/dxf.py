"""DXF: closed outlines of one CAD layer as polygons, open lines where the kind takes them.

A drawing has no CRS and no rows: outlines become rows, texts inside them their names. Blocks are read where they are inserted.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import shapely

from app.imports.errors import FileUnreadable, LayerAmbiguous, LayerUnknown, asking
from app.imports.readers import encoding as encodings
from app.imports.readers.base import STATED, Delivery, Detected, ReadOptions, sha256_of
from app.imports.readers.container import Source
from app.imports.readers.locate import Declared, locate
from app.imports.readers.outlines import distinct, faces, nested, open_lines
from app.imports.readers.vector import GDAL_ERRORS, reason_of
from app.parcels.codes import parse_cadastral_code

COLUMNS = ("宗地代码", "名称", "CAD图层", "序号")
_LINES, _POLYGONS = (1, 2, 5), (3, 6)
_READING = {"DXF_ENCODING": "ISO-8859-1", "DXF_MERGE_BLOCK_GEOMETRIES": "FALSE"}
"""Texts as the bytes they are: GDAL takes those of a drawing that names no code page for Western. Entities of a block one by one."""
_CODEPAGE = re.compile(rb"\$DWGCODEPAGE\s+3\s+(?:ANSI_|DOS)?(\d+)", re.IGNORECASE)
_ESCAPE = re.compile(r"\\U\+([0-9A-Fa-f]{4})|\\M\+([25])([0-9A-Fa-f]{4})")
_PAGES = {"2": "cp950", "5": "gb18030"}
_CURVE = re.compile(rb"^(?:ARC|CIRCLE|ELLIPSE|SPLINE)\r?$|^ *42\r?\n *-?(?!0(?:\.0*)?\r?$)[\d.]+\r?\n(?! *43\r?$)", re.MULTILINE)
"""Entities that are curves, and the bulge of a polyline's edge."""


def read(source: Source, options: ReadOptions, detected: Detected) -> Delivery:
    """Closed outlines (polylines, hatches, edges that close) of one CAD layer, and its open lines where they are asked for."""
    drawn, fields = _entities(source, options, detected)
    cad = np.array([str(value or "0") for value in fields["Layer"]], dtype=object)
    shapes = _shapes_by_layer(drawn, cad, takes_lines=options.takes_lines)
    layer = _choose(source, options, {name: len(found) for name, found in shapes.items()}, detected)
    taken = shapes[layer]
    _tell(source, detected, layer, taken, drawn[cad == layer], takes_lines=options.takes_lines)
    frame = pd.DataFrame(_attributes(taken, layer, drawn, fields, detected), columns=list(COLUMNS), dtype=object)
    detected.saw(frame)
    located = locate(taken, Declared(None), options, detected, file=source.name)
    return Delivery(
        Path(source.name), sha256_of(source.parts), detected, frame, located.geometry, np.arange(1, len(frame) + 1), issues=located.issues
    )


def _entities(source: Source, options: ReadOptions, detected: Detected) -> tuple[np.ndarray, dict[str, list[Any]]]:
    try:
        with _configured():
            meta, _, wkb, values = pyogrio.raw.read(source.path)
    except GDAL_ERRORS as error:
        raise FileUnreadable(f"{source.name} 无法打开,损坏或不是 DXF:{reason_of(error)}", hint="请另存为 DXF 2010 后再交付") from error
    fields = {str(name): list(column) for name, column in zip(meta["fields"], values, strict=True)}
    if wkb is None or not len(wkb) or "Layer" not in fields:
        raise FileUnreadable(f"{source.name} 里没有任何图元")
    if any(paper := [value == 1 for value in fields.get("PaperSpace", [])]):
        detected.notes.append(f"图纸空间的 {sum(paper)} 个图元未采用")
        kept = np.flatnonzero(~np.array(paper))
        wkb, fields = wkb[kept], {name: [column[i] for i in kept] for name, column in fields.items()}
    raw = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"))
    if high := int(np.count_nonzero(np.nan_to_num(shapely.get_coordinates(raw, include_z=True)[:, 2]))):
        detected.notes.append(f"{high} 个点的高程(Z)已去掉")
    return np.asarray(shapely.force_2d(raw)), _decoded(source, fields, options, detected)


@contextmanager
def _configured() -> Iterator[None]:
    pyogrio.set_gdal_config_options(_READING)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(_READING))


def _decoded(source: Source, fields: dict[str, list[Any]], options: ReadOptions, detected: Detected) -> dict[str, list[Any]]:
    """Layer names and texts in the encoding they are in; \\U+XXXX and \\M+nXXXX as the character they stand for."""
    names = ("Layer", "Text")
    page = _CODEPAGE.search(source.path.read_bytes()[: 1 << 18])
    hint = f"cp{page[1].decode()}" if page and page[1] in (b"936", b"950", b"1252") else None
    samples = [raw for name in names for text in fields.get(name, []) if text and (raw := _bytes(text)) is not None]
    chosen = encodings.detect(samples, explicit=options.encoding, hint=hint, source=source.name)
    detected.found("encoding", chosen.name, chosen.confidence, chosen.reason)

    def decoded(text: Any) -> Any:
        raw = _bytes(text) if text else None
        return text if raw is None else _ESCAPE.sub(_escaped, chosen.decode(raw))

    return fields | {name: [decoded(text) for text in fields[name]] for name in names if name in fields}


def _escaped(match: re.Match[str]) -> str:
    """The character of an escape: a code point, or the two bytes of a code page."""
    point, page, double = match.groups()
    return chr(int(point, 16)) if point else bytes.fromhex(double).decode(_PAGES[page], "replace")


def _bytes(text: Any) -> bytes | None:
    try:
        return str(text).encode("latin-1")
    except UnicodeEncodeError:
        return None


def _shapes_by_layer(drawn: np.ndarray, cad: np.ndarray, *, takes_lines: bool) -> dict[str, np.ndarray]:
    found = {}
    for name in sorted(set(cad)):
        here = drawn[cad == name]
        lines = here[_is_line(here)]
        hatched = shapely.get_parts(here[np.isin(shapely.get_type_id(here), _POLYGONS)])
        # A hatch often repeats its outline.
        shapes = distinct(np.concatenate([nested(faces(lines)), hatched]))
        if takes_lines:
            shapes = np.concatenate([shapes, open_lines(lines)])
        if len(shapes):
            found[str(name)] = shapes
    return found


def _is_line(drawn: np.ndarray) -> np.ndarray:
    return np.isin(shapely.get_type_id(drawn), _LINES)


def _choose(source: Source, options: ReadOptions, counts: dict[str, int], detected: Detected) -> str:
    what, wanted = "闭合轮廓或线" if options.takes_lines else "闭合轮廓", options.layer
    told = [(name, name, f"{count} 个{what}") for name, count in counts.items()]
    if not counts:
        raise FileUnreadable(f"{source.name} 里没有闭合的轮廓线", hint="请在 CAD 中将界线闭合为多段线")
    if wanted is not None and wanted not in counts:
        raise LayerUnknown(f"{source.name} 的图层“{wanted}”没有{what},有的是:{'、'.join(counts)}", **asking("layer", told))
    if wanted is None and len(counts) > 1:
        raise LayerAmbiguous(
            f"{source.name} 有 {len(counts)} 个图层含{what}:{'、'.join(counts)}", hint="请用 --layer 指定其中一个", layers=list(counts),
            **asking("layer", told),
        )  # fmt: skip
    layer = wanted or next(iter(counts))
    detected.chose_layer(layer, STATED if wanted else f"唯一含{what}的图层")
    return layer


def _tell(source: Source, detected: Detected, layer: str, taken: np.ndarray, here: np.ndarray, *, takes_lines: bool) -> None:
    """What was left out or changed."""
    edges, outlines = int(_is_line(here).sum()), int(np.isin(shapely.get_type_id(taken), _POLYGONS).sum())
    if takes_lines and outlines < len(taken):
        detected.notes.append(f"图层“{layer}”有 {edges} 条线,得到 {outlines} 个闭合轮廓、{len(taken) - outlines} 条未闭合的线")
    elif edges > len(taken):
        detected.notes.append(f"图层“{layer}”有 {edges} 条线,得到 {len(taken)} 个闭合轮廓;重复和未闭合的线未采用")
    if _CURVE.search(source.path.read_bytes()):
        detected.notes.append("图中有圆弧或曲线,已折成直线段")


def _attributes(
    shapes: np.ndarray, layer: str, drawn: np.ndarray, fields: dict[str, list[Any]], detected: Detected
) -> list[tuple[str | None, ...]]:
    """Texts that stand inside an outline: a 宗地代码 by its grammar (none where there are several), the rest is the name."""
    texts = fields.get("Text", [None] * len(drawn))
    placed = np.array([i for i, text in enumerate(texts) if text and drawn[i] is not None and drawn[i].geom_type == "Point"], dtype=int)
    inside: dict[int, list[str]] = {}
    if len(placed):
        points, owners = shapely.STRtree(shapes).query(drawn[placed], predicate="within")
        for point, owner in zip(points, owners, strict=True):
            inside.setdefault(int(owner), []).append(str(texts[placed[point]]).strip())
    rows: list[tuple[str | None, ...]] = []
    for position in range(len(shapes)):
        said = inside.get(position, [])
        codes = list(dict.fromkeys(text for text in said if parse_cadastral_code(text)))
        if len(codes) > 1:
            detected.notes.append(f"第 {position + 1} 个轮廓内有 {len(codes)} 个宗地代码,没有采用:{'、'.join(codes)}")
            codes = []
        names = [text for text in said if text and text not in codes]
        rows.append((codes[0] if codes else None, " ".join(names) or None, layer, str(position + 1)))
    return rows
