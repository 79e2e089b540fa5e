"""PMTiles: read back by its own reader, tile by tile equal to what the service gives a viewer, whoever asked."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from pmtiles.reader import Reader, all_tiles
from pmtiles.tile import Compression, TileType

from app.core.principal import Role
from app.maps.exports.errors import FormatUnfit
from app.maps.exports.spec import plan_of, spec_of
from tests.maps.conftest import OWN, client_of, person


def opened(file: Path) -> tuple[dict[str, Any], dict[str, Any], dict[tuple[int, int, int], bytes]]:
    """Header, metadata, tiles by (zoom, column, row)."""
    content = file.read_bytes()

    def read(offset: int, length: int) -> bytes:
        return content[offset : offset + length]

    tiles = dict(all_tiles(read))
    reader = Reader(read)
    for (z, x, y), body in tiles.items():
        assert reader.get(z, x, y) == body
    return reader.header(), reader.metadata(), tiles


@pytest.mark.parametrize(("role", "body"), [(Role.viewer, None), (Role.planner, None), (Role.officer, OWN)])
async def test_tiles_are_those_of_a_viewer(role: Role, body: str | None, made: Callable[..., Any]) -> None:
    file, said = made("pmtiles", person(role, body))
    header, meta, tiles = opened(file)
    assert said.rows == 60
    assert (header["tile_type"], header["tile_compression"], header["clustered"]) == (TileType.MVT, Compression.GZIP, True)
    assert (header["min_zoom"], header["max_zoom"]) == (6, 15)
    assert header["min_lon_e7"] <= 1_210_000_000 < 1_210_090_000 <= header["max_lon_e7"]
    assert header["min_lat_e7"] <= 300_000_000 < 300_060_000 <= header["max_lat_e7"]
    assert [(v["id"], v["minzoom"], v["maxzoom"]) for v in meta["vector_layers"]] == [("parcels", 13, 15), ("parcel_cells", 6, 12)]
    assert not {"display_class", "tax_band", "name"} & set(meta["vector_layers"][0]["fields"])
    assert meta["facts_as_of"] == "2025-09-30"
    async with client_of(person(Role.viewer)) as viewer:
        for (z, x, y), packed in tiles.items():
            served = await viewer.get(f"/collections/parcels/tiles/WebMercatorQuad/{z}/{y}/{x}")
            assert mapbox_vector_tile.decode(gzip.decompress(packed)) == mapbox_vector_tile.decode(served.content)
    for z in range(6, 16):
        drawn = [mapbox_vector_tile.decode(gzip.decompress(packed)) for place, packed in tiles.items() if place[0] == z]
        if z < 13:
            assert sum(f["properties"]["n"] for tile in drawn for f in tile["parcel_cells"]["features"]) == 60
        else:
            features = [f for tile in drawn for f in tile["parcels"]["features"]]
            assert len({f["id"] for f in features}) == 60
            assert {f["geometry"]["type"] for f in features} <= {"Point"}
            assert set().union(*(f["properties"] for f in features)) <= {"land_code", "responsible_body", "grade", "standard_land"}


async def test_a_small_layer(made: Callable[..., Any]) -> None:
    _, meta, tiles = opened(made("pmtiles", collection="control-lines")[0])
    assert {v["id"] for v in meta["vector_layers"]} == {"control-lines", "control-lines_labels"}
    assert {z for z, _, _ in tiles} == set(range(6, 16))
    assert "control-lines" in mapbox_vector_tile.decode(gzip.decompress(next(iter(tiles.values()))))
    with pytest.raises(FormatUnfit):
        made("pmtiles", collection="towns")  # none drawn in this county


@pytest.mark.parametrize(
    "asked",
    [{"collection": "cases"}, {"filter": "grade = 'A'"}, {"bbox": "1,2,3,4"}, {"properties": ("grade",)},
     {"crs": "http://www.opengis.net/def/crs/EPSG/0/4549"}, {"encoding": "GBK"}],
)  # fmt: skip
def test_only_a_whole_public_layer(asked: dict[str, Any]) -> None:
    with pytest.raises(FormatUnfit) as refused:
        plan_of(spec_of(person(Role.planner), **({"collection": "parcels", "format": "pmtiles"} | asked)))
    assert refused.value.pointer == f"/{next(iter(asked))}"
    assert json.dumps(refused.value.body(), ensure_ascii=False)
