"""Which documents have a page, and whether this request asks for it: `f=html`, or an Accept header that names HTML before JSON. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

_DOCUMENT = re.compile(
    r"/(?:(?P<conformance>conformance)|(?P<collections>collections)"
    r"|collections/(?P<id>[^/]+)(?:/(?P<part>items|queryables|sortables|schema)(?:/(?P<feature>[^/]+))?)?)?"
)
_HTML, _JSON = ("text/html", "application/xhtml+xml"), ("json",)


@dataclass(frozen=True)
class Document:
    """A document with a page: template to use, collection and feature it speaks of."""

    template: str
    collection: str = ""
    feature: str = ""
    part: str = ""


def document(path: str) -> Document | None:
    """The document at this path (without the proxy's prefix), None for what has no page."""
    found = _DOCUMENT.fullmatch(path)
    if found is None:
        return None
    collection, part, feature = found["id"], found["part"], found["feature"]
    if collection is None:
        return Document("conformance" if found["conformance"] else "collections" if found["collections"] else "landing")
    if feature is not None:
        return Document("feature", collection, feature) if part == "items" else None
    return Document({None: "collection", "items": "items"}.get(part, "fields"), collection, part=part or "")


def wants_html(query: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """`f` decides where it is given; else HTML must be named, and not after a JSON type. `*/*` asks for JSON."""
    if b"f=" in query:
        asked = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)).get("f")
        if asked is not None:
            return asked == "html"
    accept = b",".join([value for name, value in headers if name == b"accept"])
    if b"html" not in accept:
        return False
    wanted = _preferences(accept.decode("latin-1").lower())
    html = max((q for media, q in wanted if media in _HTML), default=0.0)
    json = max((q for media, q in wanted if media.endswith(_JSON)), default=0.0)
    return html > json or (html == json > 0 and next(m for m, q in wanted if q == html) in _HTML)


def _preferences(accept: str) -> list[tuple[str, float]]:
    """Media types with their weights, in the order given; a weight that is no number counts as 0."""
    found = []
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        found.append((media, float(weight) if re.fullmatch(r"[01](\.\d{0,3})?", weight) else 0.0))
    return found
