"""Differences by name, and what is left out of a delivery."""

from pathlib import Path

import pytest

from app.imports.apply.parcel_classes import Acceptance
from app.imports.errors import AcceptanceInconsistent

from .conftest import FIRST, SECOND, TestCounty
from .makers import square
from .test_apply_parcels import CURRENT, delivery

BEFORE = {
    1: square(0, 0), 2: square(200, 0), 3: square(400, 0), 4: square(600, 0, 200), 5: square(900, 0), 6: square(1000, 0), 7: square(1300, 0),
    8: square(1500, 0),
}  # fmt: skip
AFTER = {
    1: square(0, 0), 3: square(400, 0, 120), 41: square(600, 0), 42: square(700, 0), 51: square(900, 0, 200), 71: square(1300, 0),
    8: square(1500, 0), 9: square(1700, 0),
}  # fmt: skip
CLASSES = {
    "r0": "same", "r1": "moved", "r2": "split", "r3": "split", "r4": "merge", "r5": "renumbered", "r6": "same", "r7": "new",
}  # fmt: skip


async def test_each_difference_has_its_name(county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, BEFORE))
    differences = await county.differences(delivery(tmp_path / "b.gpkg", county, AFTER), on=SECOND, covers="all")
    assert {d.row_id: d.kind for d in differences if d.position is not None} == CLASSES
    gone = {d.known.source_key: (d.kind, d.relatives) for d in differences if d.position is None and d.known}
    key = county.key
    assert gone == {
        key(2): ("vanished", ()), key(4): ("split", (key(41), key(42))), key(5): ("merge", (key(51),)), key(6): ("merge", (key(51),)),
        key(7): ("renumbered", (key(71),)),
    }  # fmt: skip
    assert {d.row_id: d.relatives for d in differences if d.kind == "split" and d.position is not None} == {
        "r2": (key(4),),
        "r3": (key(4),),
    }


async def test_changed_columns_are_told_with_old_and_new(county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0), 2: square(200, 0)}, 地类编码="0601"))
    path = delivery(tmp_path / "b.gpkg", county, {1: square(0, 0), 2: square(200, 0, 110)}, 地类编码="0602")
    first, second = await county.differences(path, on=SECOND)
    assert (first.kind, first.changes) == ("attribute", (("land_use_code", "0601", "0602"),))
    assert (second.kind, [name for name, _, _ in second.changes][-1]) == ("moved", "geom")


@pytest.mark.parametrize(
    ("left_out", "stays"),
    [
        (Acceptance(frozenset({"moved"})), {3}),
        (Acceptance(frozenset({"vanished"})), {2}),
        (Acceptance(frozenset({"split"})), {4}),
        (Acceptance(frozenset({"split", "merge", "renumbered", "vanished", "moved", "new"})), set(BEFORE)),
        (Acceptance(except_rows=frozenset({"r4", "gone 5", "gone 6"})), {5, 6}),
    ],
)
async def test_what_is_left_out_stays_as_it_was(county: TestCounty, tmp_path: Path, left_out: Acceptance, stays: set[int]) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, BEFORE))
    before = {row.source_key: row for row in await county.rows(CURRENT)}
    ids = {row.source_key: row.id for row in await county.rows("SELECT source_key, id FROM parcel WHERE county_code = :c")}
    rows = {f"p{ids[county.key(int(r[5:]))]}" if r.startswith("gone ") else r for r in left_out.except_rows}
    wanted = Acceptance(left_out.except_classes, frozenset(rows))
    await county.load(delivery(tmp_path / "b.gpkg", county, AFTER), on=SECOND, covers="all", acceptance=wanted)
    after = {row.source_key: row for row in await county.rows(CURRENT)}
    assert {county.key(n) for n in stays} <= set(after)
    area = "SELECT p.source_key, v.area_planar_m2, v.valid_from FROM parcel p JOIN parcel_version v ON v.parcel_id = p.id AND v.is_current WHERE p.county_code = :c"
    standing = {r.source_key: r for r in await county.rows(area)}
    assert all(standing[county.key(n)].valid_from == FIRST for n in stays)
    if stays == set(BEFORE):
        assert set(after) == set(before)


async def test_a_group_is_accepted_whole_or_not_at_all(county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, BEFORE))
    path = delivery(tmp_path / "b.gpkg", county, AFTER)
    for rows in ({"r2"}, {"r4"}, {"r5"}):
        with pytest.raises(AcceptanceInconsistent):
            await county.load(path, on=SECOND, covers="all", acceptance=Acceptance(except_rows=frozenset(rows)))
    assert len(await county.rows(CURRENT)) == len(BEFORE)
