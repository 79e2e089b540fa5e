"""接入说明 `/clients`: three map libraries' examples as text and as pages that run, and the steps for desktop software.

Open to everybody: it holds no data and no key. The libraries come with our own console build (app/console/swap.mjs).
"""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse

from app.maps import links
from app.maps.pages import render
from app.maps.pages.form import Document

router = APIRouter(prefix="/clients", include_in_schema=False)
GUIDE = Path(__file__).parents[1] / "CLIENTS.md"
LIBRARIES = {"openlayers": "OpenLayers", "maplibre": "MapLibre GL JS", "leaflet": "Leaflet"}
Library = Literal["openlayers", "maplibre", "leaflet"]
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; worker-src blob:; child-src blob:; connect-src 'self'; base-uri 'none'",
    "Content-Language": "zh-CN",
    "X-Content-Type-Options": "nosniff",
}


@router.get("")
async def clients(request: Request) -> HTMLResponse:
    """The page."""
    base = links.base(request)
    at = urlsplit(base)
    page = render.Page(Document("clients"), base, {}, 200, {})
    code = [(name, title, _code(name, base)) for name, title in LIBRARIES.items()]
    template = render.templates().get_template("clients.html")
    text = template.render(page=page, base=base, base_origin=f"{at.scheme}://{at.netloc}", examples=code)
    return HTMLResponse(text, headers=HEADERS)


@router.get("/guide.md")
async def guide() -> PlainTextResponse:
    """Steps for QGIS, SuperMap, ArcGIS Pro, GDAL and Python."""
    return PlainTextResponse(GUIDE.read_text("utf-8"), headers={"X-Content-Type-Options": "nosniff"})


@router.get("/{library}.html")
async def example(library: Library, request: Request) -> HTMLResponse:
    """The same text as on the page, running."""
    return HTMLResponse(_code(library, links.base(request)), headers=HEADERS)


def _code(library: str, base: str) -> str:
    return render.templates().get_template(f"clients/{library}.html").render(base=base)
