"""Documents of tiles: the members the standards require, addresses that work, also below a sub-path and with ?tk=."""

from itertools import pairwise
from typing import Any

import httpx
import mapbox_vector_tile
import pytest

from app.maps.tiles import styles as styling
from tests.maps.conftest import client_of
from tests.maps.test_tiles import tile_at

LAYERS = ("parcels", "control-lines", "towns", "blocks", "cases", "freed-land")
GRIDS = {"WebMercatorQuad": "http://www.opengis.net/def/crs/EPSG/0/3857", "CGCS2000Quad": "http://www.opengis.net/def/crs/EPSG/0/4490"}
REL = "http://www.opengis.net/def/rel/ogc/1.0/"


def by_rel(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {link["rel"]: link for link in document["links"]}


async def test_tile_matrix_sets(planner: httpx.AsyncClient) -> None:
    listed = (await planner.get("/tileMatrixSets")).json()
    assert [m["id"] for m in listed["tileMatrixSets"]] == list(GRIDS)
    for entry in listed["tileMatrixSets"]:
        found = (await planner.get(by_rel(entry)["self"]["href"])).json()
        assert (found["id"], found["crs"]) == (entry["id"], GRIDS[entry["id"]])
        assert len(found["orderedAxes"]) == 2
        for level in found["tileMatrices"]:
            assert {"id", "scaleDenominator", "cellSize", "pointOfOrigin", "tileWidth", "tileHeight", "matrixWidth", "matrixHeight"} <= set(
                level
            )
            assert isinstance(level["id"], str)
        for above, below in pairwise(found["tileMatrices"]):
            assert below["matrixWidth"] == 2 * above["matrixWidth"]
            assert below["cellSize"] == pytest.approx(above["cellSize"] / 2)
    assert (await planner.get("/tileMatrixSets/Mars")).status_code == 404


async def test_the_grids_are_the_published_ones(planner: httpx.AsyncClient) -> None:
    """17-083r4 D.1 for WebMercatorQuad; 天地图 _c: level 1 is 2 × 1 tiles of 180°, level 10 1,024 × 512."""
    mercator = (await planner.get("/tileMatrixSets/WebMercatorQuad")).json()
    assert mercator["uri"] == "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
    assert mercator["tileMatrices"][0]["pointOfOrigin"] == pytest.approx([-20037508.3427892, 20037508.3427892])
    assert mercator["tileMatrices"][0]["scaleDenominator"] == pytest.approx(559082264.028717)
    degrees = {m["id"]: m for m in (await planner.get("/tileMatrixSets/CGCS2000Quad")).json()["tileMatrices"]}
    assert "0" not in degrees
    assert (degrees["1"]["matrixWidth"], degrees["1"]["matrixHeight"], degrees["1"]["cellSize"]) == (2, 1, 0.703125)
    assert (degrees["10"]["matrixWidth"], degrees["10"]["matrixHeight"]) == (1024, 512)
    assert degrees["1"]["pointOfOrigin"] == [90, -180], "latitude first, as EPSG:4490 has it"
    assert degrees["1"]["scaleDenominator"] == pytest.approx(279541132.014358)


@pytest.mark.parametrize("layer", LAYERS)
async def test_tile_sets_of_a_collection(planner: httpx.AsyncClient, layer: str) -> None:
    said = by_rel((await planner.get(f"/collections/{layer}")).json())
    listed = (await planner.get(said[f"{REL}tilesets-vector"]["href"])).json()
    assert len(listed["tilesets"]) == len(GRIDS)
    for entry in listed["tilesets"]:
        assert (entry["dataType"], entry["crs"] in GRIDS.values(), bool(entry["title"])) == ("vector", True, True)
        tileset = (await planner.get(by_rel(entry)["self"]["href"])).json()
        links = by_rel(tileset)
        assert {"dataType", "crs", "links", "layers", "boundingBox", "tileMatrixSetLimits"} <= set(tileset)
        assert (await planner.get(links[f"{REL}tiling-scheme"]["href"])).json()["crs"] == tileset["crs"]
        assert links["item"]["templated"] is True
        assert links["item"]["type"] == "application/vnd.mapbox-vector-tile"
        for limits in tileset["tileMatrixSetLimits"]:
            assert limits["minTileRow"] <= limits["maxTileRow"]
            assert limits["minTileCol"] <= limits["maxTileCol"]
        for inner in tileset["layers"]:
            assert {"id", "dataType", "geometryDimension", "minTileMatrix", "maxTileMatrix"} <= set(inner)
            assert inner["propertiesSchema"]["type"] == "object"
            assert inner["propertiesSchema"]["properties"]


@pytest.mark.parametrize("grid", list(GRIDS))
async def test_limits_and_template_lead_to_every_parcel(planner: httpx.AsyncClient, grid: str) -> None:
    tileset = (await planner.get(f"/collections/parcels/tiles/{grid}")).json()
    template = by_rel(tileset)["item"]["href"]
    limits = next(x for x in tileset["tileMatrixSetLimits"] if x["tileMatrix"] == "14")
    schema = {x["id"]: x["propertiesSchema"]["properties"] for x in tileset["layers"]}
    ids = set()
    for row in range(limits["minTileRow"], limits["maxTileRow"] + 1):
        for col in range(limits["minTileCol"], limits["maxTileCol"] + 1):
            path = template.replace("{tileMatrix}", "14").replace("{tileRow}", str(row)).replace("{tileCol}", str(col))
            answer = await planner.get(path)
            for name, inner in mapbox_vector_tile.decode(answer.content).items() if answer.status_code == 200 else ():
                for feature in inner["features"]:
                    ids.add(feature["id"])
                    assert set(feature["properties"]) <= set(schema[name]), "no property that the schema does not name"
    assert len(ids) == 60


@pytest.mark.parametrize("layer", LAYERS)
async def test_tilejson(planner: httpx.AsyncClient, layer: str) -> None:
    said = (await planner.get(f"/collections/{layer}/tiles/WebMercatorQuad/tilejson.json")).json()
    assert said["tilejson"] == "3.0.0"
    assert 0 <= said["minzoom"] <= said["maxzoom"] <= 30
    west, south, east, north = said["bounds"]
    assert -180 <= west < east <= 180
    assert -90 <= south < north <= 90
    for inner in said["vector_layers"]:
        assert inner["id"]
        assert isinstance(inner["fields"], dict)
    row, col = tile_at(121.0012, 30.0004, 14)
    url = said["tiles"][0].replace("{z}", "14").replace("{y}", str(row)).replace("{x}", str(col))
    assert (await planner.get(url)).status_code in ((200,) if layer in ("parcels", "control-lines", "cases") else (200, 204, 404))


async def test_addresses_below_a_sub_path_and_with_a_key_in_the_query(planner: httpx.AsyncClient) -> None:
    proxied = {"x-forwarded-prefix": "/yima", "x-forwarded-proto": "https", "x-forwarded-host": "map.example.gov.cn"}
    root = "https://map.example.gov.cn/yima/collections/parcels"
    said = (await planner.get("/collections/parcels/tiles/WebMercatorQuad/tilejson.json?theme=grade&tk=abc", headers=proxied)).json()
    assert "private" in (await planner.get("/collections/parcels/tiles/WebMercatorQuad/tilejson.json?tk=abc")).headers["cache-control"]
    assert said["tiles"] == [root + "/tiles/WebMercatorQuad/{z}/{y}/{x}?theme=grade&tk=abc"]
    style = (await planner.get("/collections/parcels/styles/grade", headers=proxied)).json()
    assert style["sources"]["parcels"]["tiles"] == [root + "/tiles/WebMercatorQuad/{z}/{y}/{x}?theme=grade"]
    tileset = (await planner.get("/collections/parcels/tiles/CGCS2000Quad", headers=proxied)).json()
    assert by_rel(tileset)["item"]["href"] == root + "/tiles/CGCS2000Quad/{tileMatrix}/{tileRow}/{tileCol}"
    assert all(link["href"].startswith("https://map.example.gov.cn/yima/") for link in tileset["links"])


@pytest.mark.parametrize("layer", LAYERS)
async def test_styles_speak_the_colours_of_meta(planner: httpx.AsyncClient, layer: str) -> None:
    words = (await planner.get("/api/meta")).json()
    listed = (await planner.get(f"/collections/{layer}/styles")).json()
    assert listed["default"] == listed["styles"][0]["id"]
    tilejson = (await planner.get(f"/collections/{layer}/tiles/WebMercatorQuad/tilejson.json")).json()
    inner = {x["id"] for x in tilejson["vector_layers"]}
    for entry in listed["styles"]:
        answer = await planner.get(by_rel(entry)["stylesheet"]["href"])
        assert answer.headers["content-type"].startswith("application/vnd.mapbox.style+json")
        style = answer.json()
        assert style["version"] == 8
        assert "glyphs" not in style, "names are drawn with the reader's own fonts"
        assert len({x["id"] for x in style["layers"]}) == len(style["layers"])
        for drawn in style["layers"]:
            if drawn["type"] != "background":
                assert drawn["source"] in style["sources"]
                assert drawn["source-layer"] in inner
        if entry["id"] == "display_class":
            fill = next(x for x in style["layers"] if x["id"] == "parcels-fill")["paint"]["fill-color"]
            told = dict(zip(fill[2:-1:2], fill[3:-1:2], strict=True))
            assert told == {key: said["colour"] for key, said in words["classes"].items()}
            assert {x["label"] for x in style["metadata"]["yima:legend"]} >= {said["label"] for said in words["classes"].values()}
    assert (await planner.get(f"/collections/{layer}/styles/nothing")).status_code == 404


async def test_a_combined_style_draws_every_layer_of_the_caller(planner: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    listed = (await planner.get(by_rel((await planner.get("/")).json())[f"{REL}styles"]["href"])).json()
    assert [x["id"] for x in listed["styles"]] == [x["id"] for x in (await planner.get("/collections/parcels/styles")).json()["styles"]]
    for entry in listed["styles"]:
        style = (await planner.get(by_rel(entry)["stylesheet"]["href"])).json()
        assert set(style["sources"]) == set(LAYERS)
        drawn = [x["id"] for x in style["layers"]]
        assert len(set(drawn)) == len(drawn)
        for layer in LAYERS:
            alone = (await planner.get(f"/collections/{layer}/styles/{entry['id'] if layer == 'parcels' else 'default'}")).json()
            assert style["sources"][layer] == alone["sources"][layer]
            assert all(part in style["layers"] for part in alone["layers"])
            assert all(told in style["metadata"]["yima:legend"] for told in alone["metadata"]["yima:legend"])
        order = ["towns-fill", "parcels-fill", "cases-fill", "control-lines-line", "towns-name"]
        assert sorted(order, key=drawn.index) == order
    assert set((await viewer.get("/styles/standard_land")).json()["sources"]) == {"parcels", "control-lines", "towns", "blocks"}
    for path in ("/styles/tax_band", "/styles/display_class", "/styles/default"):
        assert (await viewer.get(path)).status_code == 404, path


async def test_documents_of_a_viewer_name_public_things_only(viewer: httpx.AsyncClient) -> None:
    tileset = (await viewer.get("/collections/parcels/tiles/WebMercatorQuad")).json()
    parcels = next(x for x in tileset["layers"] if x["id"] == "parcels")
    assert (parcels["geometryDimension"], set(parcels["propertiesSchema"]["properties"])) == (
        0,
        {"land_code", "responsible_body", "grade", "standard_land"},
    )
    assert [x["id"] for x in (await viewer.get("/collections/parcels/styles")).json()["styles"]] == ["standard_land", "grade"]
    assert (await viewer.get("/collections/parcels/styles/tax_band")).status_code == 404
    for path in ("/collections/cases/tiles", "/collections/cases/tiles/WebMercatorQuad", "/collections/freed-land/styles",
                 "/collections/cases/tiles/WebMercatorQuad/tilejson.json"):  # fmt: skip
        assert (await viewer.get(path)).status_code == 404, path


async def test_nobody_unsigned_reads_them(county: None) -> None:
    async with client_of(None) as client:
        for path in ("/tileMatrixSets", "/collections/parcels/tiles", "/collections/parcels/tiles/WebMercatorQuad", "/collections/parcels/styles",
                     "/collections/parcels/tiles/WebMercatorQuad/tilejson.json", "/collections/parcels/tiles/WebMercatorQuad/9/210/428"):  # fmt: skip
            assert (await client.get(path)).status_code == 401, path


def test_an_unknown_value_has_a_colour_in_every_theme() -> None:
    from app.maps.tiles.themes import THEMES

    words = {"classes": {}, "grades": {}, "far_bands": {}, "tax_bands": {"le5": "5万元以下"}}
    for theme in THEMES.values():
        assert styling.legend(theme, words)["unknown"][1] == styling.GREY
