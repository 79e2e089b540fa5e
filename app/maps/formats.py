"""Other forms of an answer, made from the stored texts: selected properties, GeoJSON text sequence (RFC 8142), CSV. Pure; slower."""

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import Any, Literal

import shapely

from app.maps.crs import Crs
from app.policy.registry import Column

Format = Literal["json", "geojson", "geojsonseq", "csv", "flatgeobuf"]
GEOJSON = "application/geo+json"
FLATGEOBUF = "application/vnd.flatgeobuf"
MEDIA: dict[str | None, str] = {
    None: GEOJSON, "json": GEOJSON, "geojson": GEOJSON, "geojsonseq": "application/geo+json-seq", "csv": "text/csv; charset=utf-8",
    "flatgeobuf": FLATGEOBUF,
}  # fmt: skip


OFFERED: tuple[Format, ...] = ("geojson", "geojsonseq", "csv")
"""Forms that answers name as alternates of each other."""
_FORMS: dict[str, Format] = {"text/csv": "csv", "application/geo+json-seq": "geojsonseq"}
_GENERAL = frozenset({"application/geo+json", "application/json", "application/*", "*/*"})


def negotiated(form: Format | None, accept: str) -> Format | None:
    """`f` decides; without it the best of Accept that is offered, GeoJSON where nothing else is asked for (RFC 9110 §12.5.1)."""
    if form is not None or not accept or accept == "*/*":
        return form
    best: tuple[float, Format | None] = (0.0, None)
    for part in accept.lower().split(","):
        media, _, rest = part.strip().partition(";")
        weight = re.search(r"q=([0-9.]{1,5})", rest)
        value = float(weight[1]) if weight and weight[1].count(".") < 2 and weight[1] != "." else 1.0
        if value > best[0] and (media in _GENERAL or media in _FORMS):
            best = (value, _FORMS.get(media))
    return best[1]


def selected(rows: list[bytes], names: Sequence[str]) -> list[bytes]:
    """Features with these properties only, in the order asked for."""
    found = []
    for row in rows:
        feature = json.loads(row)
        said = feature["properties"]
        feature["properties"] = {name: said[name] for name in names if name in said}
        found.append(_text(feature))
    return found


def sequence(rows: list[bytes]) -> bytes:
    """One record a feature, each begun by RS."""
    return b"".join(b"\x1e" + row + b"\n" for row in rows)


def table(rows: list[bytes], names: Sequence[str]) -> bytes:
    """CSV that spreadsheets open as UTF-8; shapes as WKT; a text that looks like a formula is kept one by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("id", *names, "wkt"))
    for row in rows:
        feature = json.loads(row)
        shape = feature["geometry"]
        wkt = shapely.to_wkt(shapely.from_geojson(json.dumps(shape)), rounding_precision=-1) if shape else ""
        writer.writerow((feature["id"], *(_cell(feature["properties"].get(name)) for name in names), wkt))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def flatgeobuf(rows: list[bytes], columns: Sequence[Column], crs: Crs, *, is_point: bool) -> bytes:
    """The page as FlatGeobuf, x = east; GDAL and Arrow load when first asked for."""
    from app.maps.exports.page import written

    return written(rows, columns, crs, is_point=is_point)


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = ";".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _text(feature: dict[str, Any]) -> bytes:
    return json.dumps(feature, ensure_ascii=False, separators=(",", ":")).encode()
