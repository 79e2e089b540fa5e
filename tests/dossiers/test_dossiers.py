"""Archive and portrait per role, over time, and the page of the QR code."""

from decimal import Decimal

import pytest
from sqlalchemy import text

from app.core import db
from app.core.principal import Role
from app.description import forms
from app.dossiers.areas import area_rows, sentence
from tests.dossiers.conftest import BASE, CADASTRAL, CODES, COUNTY, OTHER, OTHER_USCC, OWN, USCC, client_of


def test_the_areas_say_their_difference() -> None:
    rows = area_rows({"area_registered_m2": Decimal("1276.40"), "area_contract_m2": None, "area_planar_m2": Decimal("1279.00"),
                      "area_geodesic_m2": Decimal("1279.20")})  # fmt: skip
    registered, contract, planar, geodesic = rows
    assert registered["sentence"] == "证载 1,276.40 / 图形 1,279.00, 差 0.2 %"
    assert (registered["mu"], registered["diff_to_planar_pct"]) == (Decimal("1.91"), Decimal("-0.20"))
    assert (contract["m2"], contract["mu"], contract["sentence"]) == (None, None, None)
    assert (planar["diff_to_planar_pct"], planar["sentence"]) == (0, None)
    assert geodesic["diff_to_planar_pct"] == Decimal("0.02")
    assert sentence("registered", Decimal(10), Decimal(10)).endswith("差 0.0 %")


@pytest.mark.parametrize("key", [CODES[1], CODES[1].lower(), CADASTRAL, str(BASE + 1)])
async def test_a_parcel_is_found_by_each_of_its_numbers(county: None, key: str) -> None:
    async with client_of(Role.planner) as client:
        found = (await client.get(f"/api/parcels/{key}")).json()
    assert found["parcel"]["id"] == BASE + 1
    assert found["parcel"]["responsible_body"] == {"code": OWN, "name": "甲镇"}


async def test_the_archive_holds_every_section(county: None) -> None:
    async with client_of(Role.planner) as client:
        found = (await client.get(f"/api/parcels/{CODES[1]}")).json()
    assert [a["m2"] for a in found["areas"]] == [1276.40, None, 1279.00, 1279.20]
    (user,) = found["occupants"]
    assert (user["name"], user["area_mu"], user["grade"], user["tax_per_mu"]) == ("甲厂", 3.0, "C", 4.1152)
    assert found["contract"]["supplements"][0]["number"] == "补1"
    assert [(o["label"], o["ratio"]) for o in found["overlays"]] == [("工业区块控制线", 0)], "checked, none"
    assert [c["code"] for c in found["cases"]] == ["ZZ-1"]
    assert found["lineage"] == {"parents": [CODES[2]], "children": []}
    assert [v["area_planar_m2"] for v in found["versions"]] == [1200.0, 1279.0]
    async with db.engine().connect() as conn:
        logged = await conn.execute(
            text("SELECT layer, fields FROM read_log WHERE county_code = :c AND object_id = :o"), {"c": COUNTY, "o": CODES[1]}
        )
        assert set(logged) == {("parcels", "tax_per_mu")}


async def test_both_time_axes(county: None) -> None:
    async with client_of(Role.planner) as client:
        planar = {}
        for name, params in {
            "then": {"as_of": "2024-03-01"},
            "now": {},
            "as known": {"as_of": "2024-07-15", "known_at": "2024-07-20"},
        }.items():
            answer = await client.get(f"/api/parcels/{CODES[1]}", params=params)
            planar[name] = answer.json()["areas"][2]["m2"] if answer.status_code == 200 else answer.status_code
        assert planar == {"then": 1200.0, "now": 1279.0, "as known": 404}
        assert (await client.get(f"/api/parcels/{CODES[1]}", params={"as_of": "2020-01-01"})).status_code == 404
        assert (await client.get(f"/api/parcels/{CODES[1]}", params={"known_at": "x"})).status_code == 400
        old = (await client.get(f"/api/parcels/{CODES[1]}", params={"as_of": "2024-03-01"})).json()
        assert (old["verdicts"], old["hidden"]) == ([], ["verdicts"])


async def test_each_role_sees_its_part_of_the_archive(county: None) -> None:
    async with client_of(Role.officer, OWN) as officer:
        own = (await officer.get(f"/api/parcels/{CODES[1]}")).json()
        assert (own["access"], own["occupants"][0]["tax_per_mu"]) == ("full", 4.1152)
        other = (await officer.get(f"/api/parcels/{CODES[2]}")).json()
        assert (other["access"], other["parcel"]) == ("outline", {"id": BASE + 2, "land_code": CODES[2]})
        assert other["geometry"]["type"] == "MultiPolygon"
        assert (other["occupants"], other["areas"]) == ([], [])
        assert "occupants" in other["hidden"]
    async with client_of(Role.viewer) as viewer:
        public = (await viewer.get(f"/api/parcels/{CODES[1]}")).json()
        assert set(public["parcel"]) == {"id", "land_code", "town", "responsible_body", "block"}
        assert "geometry" not in public
        assert public["occupants"] == []
        assert len(public["areas"]) == 4
    for role in (Role.admin, Role.auditor):
        async with client_of(role) as client:
            banded = (await client.get(f"/api/parcels/{CODES[1]}")).json()["occupants"][0]
            assert "tax_per_mu" not in banded
            assert "band" in banded
    async with client_of(Role.planner, county="330683") as stranger:
        assert (await stranger.get(f"/api/parcels/{CODES[1]}")).status_code == 404
    async with client_of(None) as nobody:
        assert (await nobody.get(f"/api/parcels/{CODES[1]}")).status_code == 401
        assert (await nobody.get(f"/api/enterprises/{USCC}")).status_code == 401


async def test_the_portrait_and_who_sees_its_figures(county: None) -> None:
    async with client_of(Role.leader) as client:
        found = (await client.get(f"/api/enterprises/{USCC}")).json()
        assert [(y["year"], y["tax_wan"], y["used_mu"], y["tax_per_mu"]) for y in found["indicators"]] == [
            (2024, 12.3456, 3.0, 4.1152),
            (2023, None, 3.0, None),
        ]
        assert found["occupancy"][0]["land_code"] == CODES[1]
        assert (await client.get("/api/enterprises/91330282MA2NOTHERE")).status_code == 404
    async with client_of(Role.officer, OWN) as officer:
        assert (await officer.get(f"/api/enterprises/{USCC}")).json()["access"] == "full"
        assert (await officer.get(f"/api/enterprises/{OTHER_USCC}")).status_code == 404
    async with client_of(Role.officer, OTHER) as other:
        assert (await other.get(f"/api/enterprises/{USCC}")).status_code == 404
    async with client_of(Role.auditor) as auditor:
        banded = (await auditor.get(f"/api/enterprises/{USCC}")).json()
        assert banded["access"] == "bands"
        assert set(banded["indicators"][0]) == {"year", "source_department", "data_on", "used_mu", "band"}
    async with client_of(Role.viewer) as viewer:
        public = (await viewer.get(f"/api/enterprises/{USCC}")).json()
        assert (set(public["enterprise"]), public["indicators"], len(public["grades"])) == ({"uscc", "name"}, [], 1)
    for answer in (found, banded, public):
        assert set(answer) == set(forms.SCHEMAS["Portrait"]["required"]), "as /api tells it"


async def test_the_qr_page_says_the_code_and_nothing_else() -> None:
    async with client_of(None) as nobody:
        page = await nobody.get(f"/c/{CODES[1]}")
        assert page.headers["content-type"].startswith("text/html")
        assert CODES[1] in page.text
        assert f"#/parcel/{CODES[1]}" in page.text
        assert "http" not in page.text.replace("http-equiv", ""), "no outside resource"
        assert (await nobody.get("/c/<script>")).status_code == 404
