"""Pages of items as FlatGeobuf, and in shifted coordinates where they are switched on."""

import io

import geopandas
import numpy as np
import pytest
import shapely
from sqlalchemy import text

from app.core import db
from app.core.principal import Role
from app.core.shift import gcj02
from tests.maps.conftest import COUNTY, client_of, person

ITEMS = "/collections/parcels/items"
GCJ = {"crs": "urn:yima:crs:GCJ02", "limit": 5}


async def test_flatgeobuf_equals_geojson(coded: None) -> None:
    async with client_of(person(Role.planner)) as client:
        plain = (await client.get(ITEMS, params={"limit": 5})).json()["features"]
        for crs, srid in ((None, 4490), ("http://www.opengis.net/def/crs/EPSG/0/4549", 4549)):
            said = await client.get(ITEMS, params={"limit": 5, "f": "flatgeobuf", **({"crs": crs} if crs else {})})
            assert said.headers["content-type"] == "application/vnd.flatgeobuf"
            frame = geopandas.read_file(io.BytesIO(said.content)).sort_values("row_no")
            assert frame.crs.to_epsg() == srid
            assert list(frame["id"]) == [f["id"] for f in plain]
            assert list(frame["grade"]) == [f["properties"]["grade"] for f in plain]
            areas = geopandas.GeoDataFrame.from_features(plain, crs=4490).to_crs(4549).area
            assert np.allclose(frame.to_crs(4549).area, areas, rtol=1e-3)
        none = await client.get(ITEMS, params={"f": "flatgeobuf", "filter": "land_code = 'x'"})
        assert len(geopandas.read_file(io.BytesIO(none.content))) == 0
    async with client_of(person(Role.viewer)) as viewer:
        said = await viewer.get(ITEMS, params={"limit": 5, "f": "flatgeobuf"})
        frame = geopandas.read_file(io.BytesIO(said.content))
        assert set(frame.geom_type) == {"Point"}
        assert "tax_band" not in frame.columns


async def test_shifted_only_where_it_is_switched_on(coded: None) -> None:
    async with client_of(person(Role.planner)) as client:
        refused = await client.get(ITEMS, params=GCJ)
        assert (refused.status_code, refused.json()["code"]) == (403, "shifted_crs_off")
        async with db.engine().begin() as conn:
            await conn.execute(text("INSERT INTO shifted_crs VALUES (:c, true, 1, '测试')"), {"c": COUNTY})
        plain, moved = [(await client.get(ITEMS, params=asked)).json()["features"] for asked in ({"limit": 5}, GCJ)]
        for true, shifted in zip(plain, moved, strict=True):
            assert shifted["properties"]["coordinates"] == "GCJ-02 (偏移坐标, 不得用于量算)"
            expected = gcj02(shapely.get_coordinates(shapely.geometry.shape(true["geometry"])))
            assert np.allclose(shapely.get_coordinates(shapely.geometry.shape(shifted["geometry"])), expected, atol=2e-7)
        one = await client.get(f"{ITEMS}/{plain[0]['id']}", params={"crs": GCJ["crs"]})
        assert one.headers["content-crs"] == "<urn:yima:crs:GCJ02>"
        assert one.json()["geometry"] == moved[0]["geometry"]
        table = (await client.get(ITEMS, params={**GCJ, "f": "csv", "properties": "land_code"})).text
        assert table.count("偏移坐标, 不得用于量算") == 5
        for name in ("bbox-crs", "filter-crs"):
            said = await client.get(ITEMS, params={name: GCJ["crs"], "bbox": "1,2,3,4"})
            assert said.status_code == 400


@pytest.fixture(autouse=True)
async def off_again(coded: None) -> None:
    async with db.engine().begin() as conn:
        await conn.execute(text("DELETE FROM shifted_crs WHERE county_code = :c"), {"c": COUNTY})
