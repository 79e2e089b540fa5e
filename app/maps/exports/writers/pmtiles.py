"""PMTiles v3: the tiles of a collection that a viewer gets, zooms 6 to 15, in one file that any web server can serve as a map.

The tiles are the service's own (overview cells below the zoom where parcels can be read), each at its place on the Hilbert curve, so the
file is clustered; those of a zoom are looked for only under the tiles of the zoom above that hold something.
"""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from app.core import clock
from app.core.principal import Principal, Role
from app.maps import queries
from app.maps.exports.errors import FormatUnfit
from app.maps.exports.writers.job import Job
from app.maps.layers import LAYERS
from app.maps.tiles import documents
from app.maps.tiles import queries as tiles
from app.maps.tiles.grids import GRIDS
from app.maps.tiles.themes import offered

FIRST, LAST = 6, 15
GRID = GRIDS["WebMercatorQuad"]
BOUNDS = ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
NOTHING = "图层里没有可画的图形"
Place = tuple[int, int]
"""Row and column of a tile."""
Tile = Callable[[int, int, int], bytes | None]
"""Zoom, row and column to its content."""


def write(file: Path, job: Job) -> None:
    """The file. Errors: FormatUnfit when no tile holds anything."""
    (extent,) = job.rows.fetch(queries.extent("$1"), job.order.county_code)
    if extent["west"] is None:
        raise FormatUnfit(NOTHING)
    bbox, tile = [float(side) for side in extent], _tile(job)
    (top, left), (bottom, right) = GRID.at(FIRST, bbox[0], bbox[3]), GRID.at(FIRST, bbox[2], bbox[1])
    places = [(row, col) for row in range(top, bottom + 1) for col in range(left, right + 1)]
    with file.open("wb") as out:
        made = Writer(out)
        for z in range(FIRST, LAST + 1):
            places = [below for place in _written(made, tile, z, places) for below in _below(place)]
            job.told(job.head.rows * (z - FIRST) // (LAST - FIRST + 1), job.head.rows)
        if not made.tile_entries:
            raise FormatUnfit(NOTHING)
        made.finalize(_header(bbox), _metadata(job, bbox))
    job.done = job.head.rows


def _written(made: Writer, tile: Tile, z: int, places: list[Place]) -> Iterator[Place]:
    """Write the tiles of a zoom that hold something, in the order of the curve; their places."""
    for number, row, col in sorted((zxy_to_tileid(z, col, row), row, col) for row, col in places):
        if body := tile(z, row, col):
            made.write_tile(number, gzip.compress(body, 6, mtime=0))
            yield row, col


def _below(place: Place) -> list[Place]:
    row, col = place
    return [(2 * row + down, 2 * col + right) for down in (0, 1) for right in (0, 1)]


def _tile(job: Job) -> Tile:
    """The service's tile for a viewer, in the export's transaction."""
    layer, view = job.order.collection, queries.view_of(Principal(0, "", Role.viewer, job.order.county_code))
    theme, today = offered(is_public=True)[0], clock.today()
    statement, bound = tiles.values(view, GRID, theme)
    known = tuple(row["value"] for row in job.rows.fetch(statement, *bound)) if layer == "parcels" else ()

    def one(z: int, row: int, col: int) -> bytes | None:
        place = (view, GRID, z, row, col)
        if layer != "parcels":
            statement, bound = tiles.places(layer, *place, today)
        elif z < tiles.READABLE:
            statement, bound = tiles.cells(*place, theme, known)
        else:
            statement, bound = tiles.parcels(*place, theme)
        rows = job.rows.fetch(statement, *bound)
        return rows[0][0] if rows else None

    return one


def _header(bbox: list[float]) -> dict[str, Any]:
    """What the fixed head says; zooms, offsets and counts are the writer's."""
    middle = {"center_zoom": 10, "center_lon_e7": round((bbox[0] + bbox[2]) * 5e6), "center_lat_e7": round((bbox[1] + bbox[3]) * 5e6)}
    kind = {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP}
    return kind | {name: round(side * 1e7) for name, side in zip(BOUNDS, bbox, strict=True)} | middle


def _metadata(job: Job, bbox: list[float]) -> dict[str, Any]:
    """Name, origin, day, and the layers as TileJSON lists them."""
    said = documents.tilejson("", LAYERS[job.order.collection], GRID, bbox, "", is_public=True)
    shown = [{**layer, "minzoom": max(layer["minzoom"], FIRST), "maxzoom": min(layer["maxzoom"], LAST)} for layer in said["vector_layers"]]
    return {"name": job.order.title, "description": said["description"], "type": "overlay", "vector_layers": shown, **job.about}
