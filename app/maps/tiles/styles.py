"""MapLibre styles (style spec 8) of the collections: colours and labels are those of /api/meta, nothing loads from outside. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from app.maps.analysis.industries import DIVISIONS
from app.maps.layers import Layer
from app.maps.tiles.grids import GRIDS
from app.maps.tiles.queries import READABLE
from app.maps.tiles.themes import UNKNOWN, Theme

Legend = dict[str, tuple[str, str]]
"""Value → label, colour."""
GREY, INK = "#9aa0a6", "#44505c"
_TAX = ("#d0342c", "#f08a24", "#f2c230", "#8bc34a", "#2e7d4f", "#1b5e3a")
_HUES = (
    "#4e79a7", "#f28e2b", "#e15759", "#76b7b2", "#59a14f", "#edc948", "#b07aa1", "#ff9da7", "#9c755f", "#86bcb6", "#d37295", "#a0cbe8",
    "#ffbe7d", "#8cd17d", "#b6992d", "#499894", "#fabfd2", "#d4a6c8", "#d7b5a6", "#79706e", "#2f6fd0", "#c77b3b", "#6b4c9a", "#3d8f5f",
    "#a83232", "#5aa0c8", "#c0a030", "#7c5295", "#3f7f7f", "#b85c8a", "#667a2c",
)  # fmt: skip
"""Colours of industry divisions: the pack has none."""
_LINE = {"control-lines": "#7a4a21", "towns": "#6b7785", "blocks": "#2f6fd0", "cases": "#f08a24", "freed-land": "#2e9e5b"}

_OVER = ("cases", "freed-land")
"""Layers that are drawn over the parcels they cover."""


def legend(theme: Theme, words: dict[str, Any]) -> Legend:
    """Values of a theme in the order of the legend, from what /api/meta says."""
    unknown = {UNKNOWN: ("资料不全", GREY)}
    if theme.id == "display_class":
        return {key: (said["label"], said["colour"]) for key, said in words["classes"].items()} | unknown
    if theme.id == "grade":
        return {key: (said["label"], said["colour"]) for key, said in words["grades"].items()} | unknown
    if theme.id == "far_band":
        return {key: (said["label"], said["colour"]) for key, said in words["far_bands"].items()} | unknown
    if theme.id == "tax_band":
        return {key: (label, _TAX[min(n, len(_TAX) - 1)]) for n, (key, label) in enumerate(words["tax_bands"].items())} | unknown
    if theme.id == "industry":
        return {key: (label, _HUES[n % len(_HUES)]) for n, (key, label) in enumerate(DIVISIONS.items())} | unknown
    return {"true": ("标准地", "#3b82d0"), "false": ("非标准地", "#c4c7cc")} | unknown


def _matched(field: str, shown: Legend) -> Any:
    pairs = [part for value, (_, colour) in shown.items() if value != UNKNOWN for part in (value, colour)]
    return ["match", ["get", field], *pairs, GREY] if pairs else GREY


@dataclass(frozen=True)
class Source:
    """Where the tiles of a style are and what they cover."""

    tiles: str
    bbox: list[float] | None
    finest: int

    def said(self) -> dict[str, Any]:
        """The source as the style spec writes it."""
        bounds = {"bounds": self.bbox} if self.bbox else {}
        return {"type": "vector", "tiles": [self.tiles], "minzoom": 0, "maxzoom": self.finest, **bounds}


def _document(name: str, sources: dict[str, Source], layers: list[dict[str, Any]], shown: Legend) -> dict[str, Any]:
    told = [{"value": value, "label": label, "colour": colour} for value, (label, colour) in shown.items()]
    bbox = next(iter(sources.values())).bbox
    view = {"center": [(bbox[0] + bbox[2]) / 2, (bbox[1] + bbox[3]) / 2], "zoom": 9} if bbox else {}
    return {
        "version": 8,
        "name": name,
        "metadata": {"yima:legend": told},
        **view,
        "sources": {source_id: source.said() for source_id, source in sources.items()},
        "layers": [{"id": "background", "type": "background", "paint": {"background-color": "#f4f6f8"}}, *layers],
    }


def parcels(layer: Layer, theme: Theme, words: dict[str, Any], source: Source) -> dict[str, Any]:
    """A theme of the parcels: cells as circles by their largest value, then shapes; sub-pixel and public ones as points."""
    shown = legend(theme, words)
    return _document(f"{layer.title}·{theme.title}", {"parcels": source}, _of_parcels(theme, shown), shown)


def _of_parcels(theme: Theme, shown: Legend) -> list[dict[str, Any]]:
    colour, of_cell = _matched(theme.field, shown), _matched("top", shown)
    shape: dict[str, Any] = {"source": "parcels", "source-layer": "parcels"}
    return [
        {
            "id": "parcel-cells", "type": "circle", "source": "parcels", "source-layer": "parcel_cells", "maxzoom": READABLE,
            "paint": {
                "circle-color": of_cell, "circle-opacity": 0.8,
                "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "n"]], 1, 2, 40, 8],
            },
        },
        {
            **shape, "id": "parcels-fill", "type": "fill", "filter": ["==", ["geometry-type"], "Polygon"],
            "paint": {"fill-color": colour, "fill-opacity": 0.65},
        },
        {
            **shape, "id": "parcels-line", "type": "line", "filter": ["==", ["geometry-type"], "Polygon"],
            "paint": {"line-color": INK, "line-width": ["interpolate", ["linear"], ["zoom"], 13, 0.2, 17, 1.2]},
        },
        {
            **shape, "id": "parcels-point", "type": "circle", "filter": ["==", ["geometry-type"], "Point"],
            "paint": {"circle-color": colour, "circle-radius": ["interpolate", ["linear"], ["zoom"], 13, 1.5, 17, 5]},
        },
    ]  # fmt: skip


def places(layer: Layer, source: Source) -> dict[str, Any]:
    """A small layer: outline in its colour, names at their label points."""
    return _document(layer.title, {layer.id: source}, _of_places(layer), {layer.id: (layer.title, _LINE[layer.id])})


def together(layers: Sequence[Layer], theme: Theme, words: dict[str, Any], sources: dict[str, Source]) -> dict[str, Any]:
    """All collections of a caller on one map, the parcels in a theme: areas below them, cases and freed land over them, lines, names."""
    shown = legend(theme, words)
    drawn = [(1, one) for one in _of_parcels(theme, shown)]
    for layer in layers:
        if layer.id != "parcels":
            shown = {**shown, layer.id: (layer.title, _LINE[layer.id])}
            drawn += [(_above(layer, one), one) for one in _of_places(layer)]
    drawn.sort(key=itemgetter(0))
    return _document(f"一张图·{theme.title}", sources, [one for _, one in drawn], shown)


def _above(layer: Layer, drawn: dict[str, Any]) -> int:
    """Place of a small layer's part among the parts of the combined map; the parcels have 1."""
    if drawn["type"] == "fill":
        return 2 if layer.id in _OVER else 0
    return 4 if drawn["type"] == "symbol" else 3


def _of_places(layer: Layer) -> list[dict[str, Any]]:
    line = _LINE[layer.id]
    here: dict[str, Any] = {"source": layer.id, "source-layer": layer.id}
    is_polygon = ["==", ["geometry-type"], "Polygon"]
    dash = {"line-dasharray": [3, 2]} if layer.id == "control-lines" else {}
    layers: list[dict[str, Any]] = [
        {
            **here, "id": f"{layer.id}-fill", "type": "fill", "filter": is_polygon,
            "paint": {"fill-color": line, "fill-opacity": 0.35 if layer.id in _OVER else 0.06},
        },
        {
            **here, "id": f"{layer.id}-line", "type": "line", "filter": ["!=", ["geometry-type"], "Point"],
            "paint": {"line-color": line, "line-width": 2 if layer.id == "control-lines" else 1.2, **dash},
        },
        {
            **here, "id": f"{layer.id}-point", "type": "circle", "filter": ["==", ["geometry-type"], "Point"],
            "paint": {"circle-color": line, "circle-radius": 3},
        },
    ]  # fmt: skip
    if layer.id != "freed-land":
        layers.append(
            {
                "id": f"{layer.id}-name", "type": "symbol", "source": layer.id, "source-layer": f"{layer.id}_labels",
                "minzoom": 0 if layer.id == "towns" else 12,
                "layout": {"text-field": ["get", "name"], "text-font": ["sans-serif"], "text-size": 12},
                "paint": {"text-color": INK, "text-halo-color": "#ffffff", "text-halo-width": 1.2},
            }
        )  # fmt: skip
    return layers


MERCATOR = GRIDS["WebMercatorQuad"]
"""MapLibre draws nothing else."""
