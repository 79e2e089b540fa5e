"""Parcels into the register: codes, two time axes, split and merge, all or nothing."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app import wiring
from app.core import audit, db, events
from app.imports import queries
from app.imports.errors import CountyUnknown, DeliveryStopped
from app.imports.service import Options, import_files

from . import makers
from .conftest import FIRST, SECOND, TestCounty, stored
from .makers import square

CURRENT = (
    "SELECT p.source_key, p.id, p.land_code, v.town_code, v.responsible_body, v.area_planar_m2, v.area_geodesic_m2, v.area_registered_m2,"
    " v.ownership, v.valid_from FROM parcel p JOIN parcel_version v ON v.parcel_id = p.id AND v.is_current WHERE p.county_code = :c ORDER BY p.id"
)
AS_OF = (
    "SELECT p.source_key FROM parcel p JOIN parcel_version v ON v.parcel_id = p.id WHERE p.county_code = :c AND v.valid @> CAST(:d AS date)"
    " AND upper_inf(v.recorded) ORDER BY 1"
)

CASE = (
    "INSERT INTO remediation_case (id, county_code, code, name, responsible_body, state, campaign, created_on, state_since)"
    " VALUES (CAST(CAST(:c AS text) AS bigint) * 1000000000 + 1, :c, 'A1', '甲', :b, 'assigned', '2025', '2025-01-01', '2025-01-01')",
    "INSERT INTO case_parcel (county_code, case_id, parcel_id) SELECT r.county_code, r.id, p.id FROM remediation_case r, parcel p"
    " WHERE r.county_code = CAST(:c AS text) AND p.county_code = r.county_code AND p.source_key = :k",
)


def delivery(path: Path, county: TestCounty, shapes: dict[int, object], **columns: object) -> Path:
    rows = [{"宗地代码": county.key(n), "乡镇代码": county.towns[0], "证载面积": 8000, "责任主体": "甲镇", **columns} for n in shapes]
    return makers.gpkg(path, rows, list(shapes.values()))


async def test_codes_follow_town_and_source_key_whatever_the_order_of_rows(county: TestCounty, tmp_path: Path) -> None:
    shapes = {3: square(0, 0), 1: square(6000, 0), 2: square(200, 0), 4: square(40_000, 0)}
    report = await county.load(delivery(tmp_path / "a.gpkg", county, shapes))
    assert report.counts == {"rows": 4, "applied": 4, "new": 4, "changed": 0, "back": 0, "same": 0, "vanished": 0}
    rows = await county.rows(CURRENT)
    assert [r.land_code[6:16] for r in rows] == ["000P000001", "101P000001", "101P000002", "102P000001"]
    assert [r.source_key for r in rows] == [county.key(4), county.key(2), county.key(3), county.key(1)]
    assert [r.id for r in rows] == [int(county.code) * 10**9 + n for n in (1, 2, 3, 4)]
    assert report.issue_counts == {"outside_county": 1, "town_mismatch": 1}
    assert rows[1].area_planar_m2 == 8000
    assert rows[1].area_geodesic_m2 != rows[1].area_planar_m2
    assert rows[1].ownership == "G"


async def test_the_same_delivery_again_changes_nothing(county: TestCounty, tmp_path: Path) -> None:
    path = delivery(tmp_path / "a.gpkg", county, {1: square(0, 0), 2: square(200, 0)})
    await county.load(path)
    before = await county.rows("SELECT version_id FROM parcel_version WHERE county_code = :c")
    report = await county.load(path)
    assert report.counts["same"] == 2
    assert await county.rows("SELECT version_id FROM parcel_version WHERE county_code = :c") == before


async def test_another_format_and_starting_vertex_is_the_same_shape(county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0)}, 地类编码="0601"))
    ring = [*list(square(0, 0).exterior.coords)[2:-1], *list(square(0, 0).exterior.coords)[:3]]
    turned = type(square(0, 0))(ring)
    rows = [{"宗地代码": county.key(1), "乡镇代码": county.towns[0], "证载面积": 8000, "责任主体": "甲镇", "地类编码": "0601"}]
    report = await county.load(makers.shapefile(tmp_path / "b.shp", rows, [turned]), on=SECOND)
    assert report.counts["same"] == 1


async def test_both_states_can_be_asked_and_no_code_is_used_again(county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0), 2: square(200, 0), 3: square(400, 0)}))
    known_at = await county.value("SELECT clock_timestamp()")
    report = await county.load(
        delivery(tmp_path / "b.gpkg", county, {1: square(0, 0, 120), 2: square(200, 0), 9: square(600, 0)}), on=SECOND, covers="all"
    )
    assert {k: report.counts[k] for k in ("new", "changed", "same", "vanished")} == {"new": 1, "changed": 1, "same": 1, "vanished": 1}
    assert [r[0] for r in await county.rows(AS_OF, d=FIRST)] == [county.key(n) for n in (1, 2, 3)]
    assert [r[0] for r in await county.rows(AS_OF, d=SECOND)] == [county.key(n) for n in (1, 2, 9)]
    areas = "SELECT v.area_planar_m2 FROM parcel p JOIN parcel_version v ON v.parcel_id = p.id WHERE p.source_key = :k AND v.valid @> CAST(:d AS date) AND v.recorded @> CAST(:at AS timestamptz)"
    now = await county.value("SELECT clock_timestamp()")
    found = [await county.value(areas, k=county.key(1), d=day, at=at) for day, at in ((FIRST, now), (SECOND, now), (SECOND, known_at))]
    assert found == [8000, 9600, 8000]
    assert (await county.rows(CURRENT))[-1].land_code[6:16] == "101P000004"


async def test_a_correction_of_the_same_day_replaces_without_a_remainder(county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0)}))
    await county.load(delivery(tmp_path / "b.gpkg", county, {1: square(0, 0, 150)}))
    rows = await county.rows("SELECT valid, upper_inf(recorded) AS stands FROM parcel_version WHERE county_code = :c ORDER BY version_id")
    assert [r.stands for r in rows] == [False, True]


async def test_an_older_delivery_is_refused_and_nothing_is_written(county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0)}), on=SECOND)
    with pytest.raises(DeliveryStopped):
        await county.load(delivery(tmp_path / "b.gpkg", county, {1: square(0, 0, 150), 2: square(200, 0)}), on=FIRST)
    assert len(await county.rows(CURRENT)) == 1
    assert await county.value("SELECT count(*) FROM import_job WHERE county_code = :c") == 1


async def test_split_merge_and_return(county: TestCounty, tmp_path: Path) -> None:
    whole = {1: square(0, 0, 200), 2: square(300, 0, 100), 3: square(400, 0, 100), 4: square(600, 0)}
    await county.load(delivery(tmp_path / "a.gpkg", county, whole))
    after = {11: square(0, 0, 100), 12: square(100, 0, 100), 13: square(300, 0, 200), 4: square(600, 0)}
    await county.load(delivery(tmp_path / "b.gpkg", county, after), on=SECOND)
    lineage = "SELECT a.source_key AS parent, b.source_key AS child, l.kind FROM parcel_lineage l JOIN parcel a ON a.id = parent_id JOIN parcel b ON b.id = child_id WHERE l.county_code = :c ORDER BY 1, 2"
    key = county.key
    assert [tuple(r) for r in await county.rows(lineage)] == [
        (key(1), key(11), "split"), (key(1), key(12), "split"), (key(2), key(13), "merge"), (key(3), key(13), "merge"),
    ]  # fmt: skip
    codes = {r.source_key: r.land_code for r in await county.rows("SELECT source_key, land_code FROM parcel WHERE county_code = :c")}
    report = await county.load(delivery(tmp_path / "c.gpkg", county, whole), on=SECOND.replace(month=9))
    assert report.counts["back"] == 3
    assert {r.source_key: r.land_code for r in await county.rows(CURRENT)} == {k: codes[k] for k in (key(1), key(2), key(3), key(4))}


async def test_a_case_moves_with_its_redrawn_parcel(county: TestCounty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its layer has a new version and a note of both places; a delivery that leaves its parcels alone gives it none."""
    monkeypatch.setattr(events, "_handlers", {})
    wiring.subscribe()
    version = "SELECT coalesce(max(version), 0) FROM layer_version WHERE county_code = :c AND layer = 'cases'"
    await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0), 2: square(200, 0)}))
    async with db.engine().begin() as conn:
        for statement in CASE:
            await conn.execute(text(statement), {"c": county.code, "k": county.key(1), "b": county.towns[0]})
    before = await county.value(version)
    await county.load(delivery(tmp_path / "b.gpkg", county, {1: square(0, 0), 2: square(200, 0, 120)}), on=SECOND)
    assert await county.value(version) == before
    moved = square(0, 900)
    await county.load(delivery(tmp_path / "c.gpkg", county, {1: moved, 2: square(200, 0, 120)}), on=SECOND.replace(month=9))
    assert await county.value(version) == before + 1
    (note,) = await county.rows("SELECT version, boxes FROM map_change WHERE county_code = :c AND layer = 'cases' AND version > 0")
    assert note.version == before + 1
    places = sorted(stored(shape).bounds for shape in (square(0, 0), moved))
    assert [pytest.approx(place, abs=1e-8) for place in places] == sorted(tuple(box) for box in note.boxes)


async def test_only_towns_that_were_delivered_lose_parcels(county: TestCounty, tmp_path: Path) -> None:
    rows = [{"宗地代码": county.key(n), "乡镇代码": county.towns[n - 1]} for n in (1, 2)]
    await county.load(makers.gpkg(tmp_path / "a.gpkg", rows, [square(0, 0), square(6000, 0)]))
    report = await county.load(makers.gpkg(tmp_path / "b.gpkg", [rows[0]], [square(0, 0)]), on=SECOND)
    assert (report.counts["same"], report.counts["vanished"]) == (1, 0)


async def test_a_row_in_error_is_left_out_but_its_parcel_has_not_vanished(county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0), 2: square(200, 0)}))
    report = await county.load(delivery(tmp_path / "b.gpkg", county, {1: square(0, 0), 2: None}), on=SECOND)
    assert report.counts["vanished"] == 0
    assert report.issue_counts == {"geometry_missing": 1}


async def test_a_dry_run_says_the_same_and_writes_nothing(county: TestCounty, tmp_path: Path) -> None:
    path = delivery(tmp_path / "a.gpkg", county, {1: square(0, 0), 2: square(99, 0)})
    dry = await county.load(path, dry_run=True)
    assert (dry.import_id, await county.rows(CURRENT)) == (None, [])
    wet = await county.load(path)
    assert (dry.counts, dry.issue_counts) == (wet.counts, wet.issue_counts)


async def test_one_import_is_one_audit_record_with_its_issues_as_rows(county: TestCounty, tmp_path: Path) -> None:
    report = await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0), 2: square(99, 0)}))
    assert await county.rows("SELECT action, object_id FROM audit_record WHERE county_code = :c") == [
        ("import.apply", str(report.import_id))
    ]
    issues = await county.rows("SELECT row_no, code, severity, value FROM import_issue WHERE county_code = :c")
    assert [tuple(r) for r in issues] == [(2, "overlap", "warning", f"{county.key(1)},重叠 80.00 平方米")]
    async with db.engine().connect() as conn:
        assert (await audit.verify(conn, county.code)).broken_at is None


async def test_a_fault_while_writing_leaves_nothing(county: TestCounty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(conn, *_args) -> None:
        from sqlalchemy import text

        await conn.execute(text("SELECT 1/0"))

    monkeypatch.setattr(queries, "insert_issues", broken)
    with pytest.raises(DBAPIError):
        await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0)}))
    for table in ("parcel", "parcel_version", "parcel_alias", "import_job", "code_counter", "audit_record"):
        assert await county.value(f"SELECT count(*) FROM {table} WHERE county_code = :c") == 0


async def test_an_unknown_county_is_named(seeded: None, tmp_path: Path) -> None:
    from app.core.principal import system

    path = makers.gpkg(tmp_path / "a.gpkg", [{"宗地代码": "1"}], [square(0, 0)])
    with pytest.raises(CountyUnknown):
        await import_files([path], kind="parcels", county_code="110101", options=Options(), principal=system("110101"))


async def test_several_files_are_one_delivery(county: TestCounty, tmp_path: Path) -> None:
    first = delivery(tmp_path / "a.gpkg", county, {1: square(0, 0)})
    second = tmp_path / "b.txt"
    second.write_bytes(makers.txt([list(square(99, 0).exterior.coords)], head=county.key(2)).encode("gbk"))
    report = await county.load(first, second)
    assert report.counts["new"] == 2
    assert [(i.file, i.row, i.code) for i in report.issues if i.code == "overlap"] == [("b.txt", 1, "overlap")]
    row = (await county.rows(CURRENT))[1]
    assert (row.town_code, row.responsible_body) == (county.towns[0], county.towns[0])
