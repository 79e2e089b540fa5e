"""Draws a document as HTML: what a template needs, then the template (every value is escaped by Jinja2)."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.maps import formats, links, schema
from app.maps.crs import CRS84
from app.maps.layers import LAYERS
from app.maps.pages import cells
from app.maps.pages.drawing import drawing
from app.maps.pages.form import Document
from app.policy.registry import Column

_FORMS = {"json": "GeoJSON", "geojsonseq": "GeoJSON 文本序列", "csv": "CSV", "fgb": "FlatGeobuf", "flatgeobuf": "FlatGeobuf"}
_MEDIA = {"items": links.GEOJSON, "feature": links.GEOJSON, "fields": schema.MEDIA}
_TITLES = {"landing": "一码管地", "conformance": "符合的标准", "collections": "图层"}
_PARTS = {"queryables": "可筛选字段", "sortables": "可排序字段", "schema": "字段说明"}
_LONGEST_TRAIL = 20


@lru_cache
def templates() -> Environment:
    """The room's templates; a name that is missing is a mistake, not an empty text."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass
class Page:
    """A document as the routes answered it, and how it was asked for."""

    document: Document
    base: str
    given: dict[str, str]
    status: int
    said: dict[str, Any]
    trail: str = ""
    words: dict[str, Any] = field(default_factory=dict)
    matched: int | None = None

    @property
    def path(self) -> str:
        """Address of the document without its query."""
        d = self.document
        if d.template in ("landing", "conformance", "collections"):
            return f"{self.base}/{'' if d.template == 'landing' else d.template}"
        return "/".join(
            (f"{self.base}/collections/{quote(d.collection)}", *(("items", quote(d.feature)) if d.feature else (d.part,) if d.part else ()))
        )

    def to(self, path: str, **query: Any) -> str:
        """An address of another page, in the form this one was asked for."""
        return links.with_query(path, {"f": "html"} if self.given.get("f") == "html" else {}, **query)

    def here(self, **changed: Any) -> str:
        """This document's address with some of its query changed; a key in the query is never repeated."""
        dropped = {"tk": None, "trail": None}
        return links.with_query(self.path, self.given, **{**dropped, **changed})

    @property
    def json(self) -> str:
        """The same document as JSON."""
        return self.here(f="json")

    @property
    def media(self) -> str:
        """Media type of the document's JSON."""
        return _MEDIA.get(self.document.template, links.JSON)

    @property
    def link_header(self) -> dict[str, str]:
        """`Link`: where the JSON is."""
        return {"Link": f'<{self.json}>; rel="alternate"; type="{self.media}"'} if self.status == 200 else {}

    @property
    def layer(self) -> str:
        """What the collection is called."""
        known = LAYERS.get(self.document.collection)
        return known.title if known else self.document.collection

    @property
    def title(self) -> str:
        """Heading of the page."""
        d = self.document
        return _TITLES.get(d.template) or f"{self.layer} {_PARTS.get(d.part, '要素' if d.part else '')}".strip()


def page(page: Page) -> str:
    """The whole HTML text."""
    if page.status != 200:
        name, more = "sign-in" if page.status == 401 else "problem", {"problem": page.said}
    else:
        name = page.document.template
        more = {"items": _items, "feature": _feature, "fields": _fields}.get(name, lambda _: {})(page)
    return templates().get_template(f"{name}.html").render(page=page, said=page.said, base=page.base, **more)


def _degrees(page: Page) -> bool:
    return page.given.get("crs", CRS84) == CRS84


def _items(page: Page) -> dict[str, Any]:
    rows = page.said["features"]
    said = [row.get("properties") or {} for row in rows]
    columns = cells.columns(page.document.collection, said)
    table = [
        {"id": row.get("id"), "cells": [cells.cell(column, values, page.words) for column in columns]}
        for row, values in zip(rows, said, strict=True)
    ]
    hidden = {k: v for k, v in page.given.items() if k not in ("bbox", "filter", "limit", "cursor", "offset", "trail", "tk")}
    return {
        "columns": columns, "table": table, "drawing": drawing(rows, page.words) if _degrees(page) else None, "counted": _counted(page),
        "hidden": hidden, "forms": [(label, page.here(f=form)) for form, label in _FORMS.items() if form in formats.MEDIA], **_turns(page),
    }  # fmt: skip


def _counted(page: Page) -> str:
    """How many match, where that is known."""
    matched = page.said.get("numberMatched", page.matched)
    if matched is not None:
        return f"共 {matched:,} 条"
    return "超过一万条" if page.document.collection == "parcels" else ""


def _turns(page: Page) -> dict[str, str | None]:
    """Addresses of the next, previous and first page. A cursor goes forward only, so a page carries the cursors that led to it."""
    cursor = page.given.get("cursor")
    past = [part for part in page.trail.split(".") if part][-_LONGEST_TRAIL:]
    following = next((one["href"] for one in page.said.get("links", ()) if one.get("rel") == "next"), None)
    after = None
    if following is not None:
        trail = ".".join([*past, cursor or "0"][-_LONGEST_TRAIL:])
        after = page.here(cursor=_cursor(following), offset=None, trail=trail)
    before = None
    if past:
        before = page.here(cursor=None if past[-1] == "0" else past[-1], trail=".".join(past[:-1]) or None)
    return {"after": after, "before": before, "first": page.here(cursor=None, offset=None) if cursor else None}


def _cursor(address: str) -> str | None:
    return dict(links.query_of(address)).get("cursor")


def _feature(page: Page) -> dict[str, Any]:
    values = page.said.get("properties") or {}
    columns = cells.columns(page.document.collection, [values])
    return {
        "rows": [(column, cells.cell(column, values, page.words)) for column in columns],
        "drawing": drawing([page.said], page.words) if _degrees(page) else None,
        "land_code": values.get("land_code"),
    }


def _fields(page: Page) -> dict[str, Any]:
    def shown(name: str, said: dict[str, Any]) -> dict[str, Any]:
        words = [cells.cell(Column(name, "text", "", ""), {name: value}, page.words).text for value in said.get("enum", ())]
        values = [f"{value} {word}" if word != value else value for value, word in zip(said.get("enum", ()), words, strict=True)]
        kind = said.get("format") or said.get("type") or ""
        return {"name": name, "label": said.get("title", ""), "type": kind, "unit": said.get("x-ogc-unit", ""), "values": values}

    return {"fields": [shown(name, said) for name, said in page.said["properties"].items()], "heading": _PARTS[page.document.part]}
