"""Undo restores the register exactly, keeps what was known in between, and is refused by name where something was built on the import."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app import wiring
from app.core import db, events
from app.imports.apply.parcel_rows import COLUMNS
from app.imports.errors import UndoRefused

from . import makers
from .conftest import FIRST, SECOND, TestCounty, made_county
from .makers import square
from .test_apply_parcels import CASE, delivery

THIRD = SECOND.replace(month=9)
STATE = {
    "versions": f"SELECT parcel_id, valid::text, {', '.join(COLUMNS)}, ST_AsBinary(geom), area_planar_m2, area_geodesic_m2, source_row"
    " FROM parcel_version WHERE county_code = :c AND upper_inf(recorded) ORDER BY 1, 2",
    "aliases": "SELECT parcel_id, kind, value, valid_from, valid_to FROM parcel_alias WHERE county_code = :c ORDER BY 1, 2, 3",
    "lineage": "SELECT parent_id, child_id, kind, happened_on, share FROM parcel_lineage WHERE county_code = :c ORDER BY 1, 2",
    "map": "SELECT id, feature FROM map_parcel WHERE county_code = :c ORDER BY 1",
    "overlays": "SELECT * FROM parcel_overlay WHERE county_code = :c ORDER BY parcel_id, 2, 3",
}  # fmt: skip


async def state(county: TestCounty) -> dict[str, list[tuple[Any, ...]]]:
    return {name: [tuple(row) for row in await county.rows(sql)] for name, sql in STATE.items()}


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rooms hear of changes, as in the service."""
    monkeypatch.setattr(events, "_handlers", {})
    wiring.subscribe()


Delivered = tuple[frozenset[int], frozenset[int], bool, int]
_DELIVERED = st.tuples(
    st.frozensets(st.integers(1, 7), max_size=5), st.frozensets(st.integers(0, 5), max_size=2), st.booleans(), st.integers(0, 2)
)
"""Where a strip of eight fields is cut into parcels, which of them are left out, whether a redrawn parcel keeps its code, the name all bear."""


def drawn(path: Path, county: TestCounty, said: Delivered) -> Path:
    cuts, without, keeps_code, name = said
    edges = [0, *sorted(cuts), 8]
    parcels = [pair for i, pair in enumerate(pairwise(edges)) if i not in without] or [(0, 8)]
    codes = [1 + west if keeps_code else 100 + 10 * west + east for west, east in parcels]
    rows = [
        {"宗地代码": county.key(code), "乡镇代码": county.towns[0], "责任主体": "甲镇", "宗地名称": f"第{name}家" if name else None}
        for code in codes
    ]
    return makers.gpkg(path, rows, [square(100 * west, 0, 100 * (east - west)) for west, east in parcels])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_DELIVERED, min_size=1, max_size=3))
async def test_undo_restores_what_stood_before(
    seeded: None, published: None, tmp_path_factory: pytest.TempPathFactory, said: list[Delivered]
) -> None:
    """Any deliveries, with splits and merges; undone from the last to the first, and once more applied in between."""
    county, folder = await made_county(), tmp_path_factory.mktemp("deliveries")
    stood, imported = [await state(county)], []
    for number, one in enumerate(said):
        path = drawn(folder / f"{number}.gpkg", county, one)
        report = await county.load(path, on=FIRST.replace(year=2020 + number), covers="all")
        imported.append((path, report))
        stood.append(await state(county))
        ground = shapely.union_all(shapely.from_wkb([row[2 + len(COLUMNS)] for row in stood[-1]["versions"] if row[1].endswith(",)")]))
        assert ground.area == pytest.approx(
            sum(shapely.from_wkb(row[2 + len(COLUMNS)]).area for row in stood[-1]["versions"] if row[1].endswith(",)")), rel=1e-9
        )
    path, report = imported[-1]
    await county.undo(report.import_id)
    assert await state(county) == stood[-2]
    again = await county.load(path, on=report.data_on, covers="all")
    assert [row[:-1] for row in (await state(county))["versions"]] == [row[:-1] for row in stood[-1]["versions"]], (
        "the same parcels have the same codes"
    )
    imported[-1] = (path, again)
    for number in reversed(range(len(said))):
        await county.undo(imported[number][1].import_id)
        assert await state(county) == stood[number]


async def test_what_was_known_in_between_can_still_be_asked(county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0)}))
    second = await county.load(delivery(tmp_path / "b.gpkg", county, {1: square(0, 0, 150)}), on=SECOND)
    known_at = await county.value("SELECT clock_timestamp()")
    assert await county.undo(second.import_id) == {"closed": 2, "reopened": 1}
    area = "SELECT v.area_planar_m2 FROM parcel_version v WHERE v.county_code = :c AND v.valid @> CAST(:d AS date) AND v.recorded @> CAST(:at AS timestamptz)"
    now = await county.value("SELECT clock_timestamp()")
    assert [await county.value(area, d=SECOND, at=at) for at in (known_at, now)] == [12000, 8000]
    assert [r[0] for r in await county.rows("SELECT action FROM audit_record WHERE county_code = :c ORDER BY seq")] == [
        "import.apply"
    ] * 2 + ["import.undo"]


async def test_the_later_import_is_undone_first(county: TestCounty, tmp_path: Path) -> None:
    first = await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0), 2: square(200, 0)}))
    second = await county.load(delivery(tmp_path / "b.gpkg", county, {1: square(0, 0, 150), 2: square(200, 0)}), on=SECOND)
    third = await county.load(delivery(tmp_path / "c.gpkg", county, {1: square(0, 0, 150), 2: square(200, 0, 90)}), on=THIRD)
    before = await state(county)
    for early, late in ((first, second), (first, third)):
        with pytest.raises(UndoRefused, match=f"导入 {late.import_id} "):
            await county.undo(early.import_id)
    assert await state(county) == before
    await county.undo(second.import_id)  # the third left its parcel alone
    await county.undo(third.import_id)
    await county.undo(first.import_id)
    assert (await state(county))["versions"] == []


async def test_a_case_or_other_data_since_stands_against_it(county: TestCounty, tmp_path: Path) -> None:
    first = await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0), 2: square(200, 0)}))
    path = makers.xlsx(tmp_path / "b.xlsx", ["宗地代码", "幢号"], [[county.key(2), "1"]])
    await county.load(path, kind="buildings")
    with pytest.raises(UndoRefused, match=f"房屋 {county.key(2)}"):
        await county.undo(first.import_id)
    second = await county.load(delivery(tmp_path / "c.gpkg", county, {1: square(0, 0, 150), 2: square(200, 0)}), on=SECOND)
    async with db.engine().begin() as conn:
        for statement in CASE:
            await conn.execute(text(statement), {"c": county.code, "k": county.key(1), "b": county.towns[0]})
        sql = (
            "INSERT INTO case_event (county_code, case_id, step, to_state, actor_id, actor_name, actor_role, happened_on)"
            " SELECT county_code, id, 'list', 'listed', 1, '某人', 'officer', created_on FROM remediation_case WHERE county_code = :c"
        )
        await conn.execute(text(sql), {"c": county.code})
    with pytest.raises(UndoRefused, match="项目 "):
        await county.undo(second.import_id)
