"""DXF: closed outlines of one CAD layer as polygons. It has no CRS and no rows: outlines become rows, texts inside them their names."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import shapely

from app.imports.errors import FileUnreadable, LayerAmbiguous, LayerUnknown, asking
from app.imports.readers.base import STATED, Delivery, Detected, ReadOptions, sha256_of
from app.imports.readers.container import Source
from app.imports.readers.locate import Declared, locate
from app.imports.readers.outlines import distinct, faces, nested
from app.imports.readers.vector import GDAL_ERRORS, reason_of
from app.parcels.codes import parse_cadastral_code

COLUMNS = ("宗地代码", "名称", "CAD图层", "序号")
_LINES, _POLYGONS = (1, 2, 5), (3, 6)


def read(source: Source, options: ReadOptions, detected: Detected) -> Delivery:
    """Closed outlines (polylines, hatches, edges that close) of one CAD layer."""
    drawn, fields = _entities(source)
    cad = np.array([str(value or "0") for value in fields["Layer"]], dtype=object)
    detected.found("encoding", "UTF-8", 0.9, "由 GDAL 按 DXF 头部代码页转换")
    rings = _rings_by_layer(drawn, cad)
    layer = _choose(source, options.layer, {name: len(shapes) for name, shapes in rings.items()}, detected)
    polygons = rings[layer]
    if (edges := len(drawn[_is_line(drawn) & (cad == layer)])) > len(polygons):
        detected.notes.append(f"图层“{layer}”有 {edges} 条线,得到 {len(polygons)} 个闭合轮廓;重复和未闭合的线未采用")
    frame = pd.DataFrame(_attributes(polygons, layer, drawn, fields), columns=list(COLUMNS), dtype=object)
    detected.saw(frame)
    located = locate(polygons, Declared(None), options, detected, file=source.name)
    return Delivery(
        Path(source.name), sha256_of(source.parts), detected, frame, located.geometry, np.arange(1, len(frame) + 1), issues=located.issues
    )


def _entities(source: Source) -> tuple[np.ndarray, dict[str, list[Any]]]:
    try:
        meta, _, wkb, values = pyogrio.raw.read(source.path, force_2d=True)
    except GDAL_ERRORS as error:
        raise FileUnreadable(f"{source.name} 无法打开,损坏或不是 DXF:{reason_of(error)}", hint="请另存为 DXF 2010 后再交付") from error
    fields = {str(name): list(column) for name, column in zip(meta["fields"], values, strict=True)}
    if wkb is None or not len(wkb) or "Layer" not in fields:
        raise FileUnreadable(f"{source.name} 里没有任何图元")
    return np.asarray(shapely.from_wkb(wkb, on_invalid="ignore")), fields


def _rings_by_layer(drawn: np.ndarray, cad: np.ndarray) -> dict[str, np.ndarray]:
    found = {}
    for name in sorted(set(cad)):
        here = drawn[cad == name]
        polygons = nested(faces(here[_is_line(here)]))
        hatched = shapely.get_parts(here[np.isin(shapely.get_type_id(here), _POLYGONS)])
        # A hatch often repeats its outline.
        shapes = distinct(np.concatenate([polygons, hatched]))
        if len(shapes):
            found[str(name)] = shapes
    return found


def _is_line(drawn: np.ndarray) -> np.ndarray:
    return np.isin(shapely.get_type_id(drawn), _LINES)


def _choose(source: Source, wanted: str | None, counts: dict[str, int], detected: Detected) -> str:
    told = [(name, name, f"{count} 个闭合轮廓") for name, count in counts.items()]
    if not counts:
        raise FileUnreadable(f"{source.name} 里没有闭合的轮廓线", hint="请在 CAD 中将界线闭合为多段线")
    if wanted is not None and wanted not in counts:
        raise LayerUnknown(f"{source.name} 的图层“{wanted}”没有闭合轮廓,有的是:{'、'.join(counts)}", **asking("layer", told))
    if wanted is None and len(counts) > 1:
        raise LayerAmbiguous(
            f"{source.name} 有 {len(counts)} 个图层含闭合轮廓:{'、'.join(counts)}", hint="请用 --layer 指定其中一个", layers=list(counts),
            **asking("layer", told),
        )  # fmt: skip
    layer = wanted or next(iter(counts))
    detected.chose_layer(layer, STATED if wanted else "唯一含闭合轮廓的图层")
    return layer


def _attributes(polygons: np.ndarray, layer: str, drawn: np.ndarray, fields: dict[str, list[Any]]) -> list[tuple[str | None, ...]]:
    """Texts that stand inside an outline: a 宗地代码 by its grammar, the rest is the name."""
    texts = fields.get("Text", [None] * len(drawn))
    placed = np.array([i for i, text in enumerate(texts) if text and drawn[i] is not None and drawn[i].geom_type == "Point"], dtype=int)
    inside: dict[int, list[str]] = {}
    if len(placed):
        points, owners = shapely.STRtree(polygons).query(drawn[placed], predicate="within")
        for point, owner in zip(points, owners, strict=True):
            inside.setdefault(int(owner), []).append(str(texts[placed[point]]).strip())
    rows: list[tuple[str | None, ...]] = []
    for position in range(len(polygons)):
        said = inside.get(position, [])
        codes = [text for text in said if parse_cadastral_code(text)]
        names = [text for text in said if text and text not in codes]
        rows.append((codes[0] if codes else None, " ".join(names) or None, layer, str(position + 1)))
    return rows
