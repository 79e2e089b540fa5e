"""Row checks survive anything and find what they should."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from app.core import crs
from app.core.errors import Problem
from app.imports.apply.parcel_rows import settle
from app.imports.checks.catalogue import CATALOGUE, issue, unexplained
from app.imports.checks.gaps import gaps
from app.imports.checks.geometry import check_shapes, polygons_of, repaired
from app.imports.checks.issue import Issue
from app.imports.checks.keys import check_unit_codes, parcel_keys, repeated_keys, said_keys
from app.imports.checks.overlaps import CELL_M, check_overlaps, hashes, overlaps
from app.imports.checks.places import Places, check_outside, check_towns, towns_by_share
from app.imports.checks.tables import check_rented_out
from app.imports.context import Context
from app.imports.errors import GeometryRequired
from app.imports.kinds import kind_of
from app.imports.packed import PackedColumn
from app.imports.readers import ReadOptions
from app.imports.stage import Origin, Staged, stage
from app.parcels.codes import parse_cadastral_code, parse_unit_code

from . import makers
from .makers import square


def parcels(folder: Path, shapes: list, codes: list | None = None, **columns: list) -> Staged:
    names = codes or [f"330282001001GB{n:05d}" for n in range(1, len(shapes) + 1)]
    rows = [{"宗地代码": name, **{k: v[i] for k, v in columns.items()}} for i, name in enumerate(names)]
    path = makers.gpkg(folder / "a.gpkg", rows, shapes)
    return stage([path], kind_of("parcels"), options=ReadOptions(), data_on=date(2025, 6, 30))


def found(staged: Staged) -> list[tuple[int, str]]:
    return sorted((i.row, i.code) for i in staged.issues)


def test_missing_collapsed_and_invalid_shapes_are_told_apart(tmp_path: Path) -> None:
    bow = Polygon([(620000, 3339000), (620100, 3339100), (620100, 3339000), (620000, 3339100)])
    thread = Polygon([(620000, 3339000), (620040, 3339000), (620080, 3339000.00002), (620000, 3339000)])
    staged = parcels(tmp_path, [square(0, 0), None, thread, bow])
    shapes = check_shapes(staged, 4549)
    assert found(staged) == [(2, "geometry_missing"), (3, "geometry_unusable"), (4, "geometry_repaired")]
    assert staged.rows() == [0, 3]
    assert shapes.area[3] == pytest.approx(5000, rel=1e-6)


def test_overlaps_are_told_once_on_the_later_row(tmp_path: Path) -> None:
    staged = parcels(tmp_path, [square(0, 0), square(99, 0), square(200, 0), square(299.995, 0), square(0, 0), square(0, 500)])
    shapes = check_shapes(staged, 4549)
    check_overlaps(staged, shapes, parcel_keys(staged), 4549)
    assert [(i.row, i.code, i.value[18:]) for i in staged.issues] == [
        (5, "duplicate_geometry", "1,图形完全相同"), (2, "overlap", "1,重叠 80.00 平方米"), (4, "overlap_sliver", "3,重叠 0.40 平方米"),
        (5, "overlap", "2,重叠 80.00 平方米"),
    ]  # fmt: skip
    (shared,) = [crs.reproject(np.array([i.geometry]), 4490, 4549)[0] for i in staged.issues if i.row == 2]
    assert shared.symmetric_difference(square(99, 0, 1)).area < 0.01


def test_pairs_across_the_grid_of_blocks_are_found_once() -> None:
    rng = np.random.default_rng(3)
    plane = np.array(
        [square(x, y, w, w) for x, y, w in zip(*rng.uniform(0, 3 * CELL_M, (2, 300)), rng.choice([50, 900], 300), strict=True)]
    )
    keys = [str(n) for n in range(300)]
    found = overlaps(shapely.bounds(plane), plane.__getitem__, hashes(plane), keys=keys, live=np.arange(300))
    wanted = {(b, str(a)) for a in range(300) for b in range(a + 1, 300) if plane[a].intersection(plane[b]).area > 0.001}
    assert sorted((f.index, f.value.partition(",")[0]) for f in found) == sorted(wanted)
    assert len(wanted) > 300


def test_keys_missing_wrong_and_doubled(tmp_path: Path) -> None:
    codes = ["330282001001GB00001", None, "33028200100100", "330282001001GB00001", "33028200100100"]
    staged = parcels(tmp_path, [square(200 * n, 0) for n in range(5)], codes)
    keys = parcel_keys(staged)
    assert keys == ["330282001001GB00001", "row:2", "33028200100100", "330282001001GB00001", "33028200100100"]
    assert found(staged) == [(2, "key_missing"), (3, "cadastral_code_invalid"), (5, "cadastral_code_invalid")]
    again = repeated_keys(keys, np.array([b"a", b"b", b"c", b"a", b"d"]), np.arange(5))
    assert [(f.index, f.code) for f in again] == [(3, "duplicate_row"), (4, "duplicate_key")]


CODES = st.from_regex(r"[0-9]{12}[GJZ][A-Z][0-9]{5}([A-Z][0-9]{8})?", fullmatch=True)
MARRED = st.sampled_from([("", ""), ("0", "O"), ("G", "g"), ("1", "1"), ("J", " J"), ("3", "3\n")])


@given(st.lists(st.tuples(CODES, MARRED).map(lambda drawn: drawn[0].replace(*drawn[1], 1) if drawn[1][0] else drawn[0]), min_size=1))
def test_codes_are_told_as_one_by_one(codes: list[str]) -> None:
    codes += [code[:14] + "00000" + code[19:] for code in codes]
    columns = {name: PackedColumn.of(codes) for name in ("cadastral_code", "real_estate_unit_code")}
    staged = Staged(
        kind_of("parcels"), date(2025, 6, 30), [Origin("a", "", n) for n in range(len(codes))], columns, None, [], [],
        ok=np.ones(len(codes), dtype=bool),
    )  # fmt: skip
    keys = said_keys(staged, codes[0][:6])
    check_unit_codes(staged)
    plots, units = [parse_cadastral_code(code) for code in codes], [parse_unit_code(code) for code in codes]
    assert keys == [plot.text if plot else code for plot, code in zip(plots, codes, strict=True)]
    assert list(columns["cadastral_code"]) == [plot and plot.text for plot in plots]
    assert list(columns["real_estate_unit_code"]) == [unit and unit.text for unit in units]
    told = [
        ("cadastral_code_invalid" if p is None else "cadastral_code_county", n)
        for n, p in enumerate(plots)
        if not p or p.county != codes[0][:6]
    ]
    assert [(i.code, i.row) for i in staged.issues] == [*told, *(("unit_code_invalid", n) for n, unit in enumerate(units) if unit is None)]


def test_the_town_is_the_one_with_the_largest_share(tmp_path: Path) -> None:
    staged = parcels(tmp_path, [square(0, 0), square(60, 0), square(900, 0)], 乡镇代码=["330282101"] * 3)
    shapes = check_shapes(staged, 4549)
    towns = {"330282101": _stored(square(-500, -500, 600, 1000)), "330282102": _stored(square(100, -500, 600, 1000)), "330282103": None}
    places = Places.of(_stored(square(-500, -500, 1300, 1000)), towns, 4549)
    shares = towns_by_share(shapes.plane, places)
    check_towns(staged, shares, shapes, places)
    check_outside(staged, shapes, places.outline)
    assert shares == ["330282101", "330282102", None]
    assert found(staged) == [(2, "town_mismatch"), (3, "outside_county")]
    assert staged.issues[0].value == "填报 330282101(占40%),图形在 330282102(占60%)"


def _stored(geom: shapely.Geometry) -> shapely.Geometry:
    return crs.reproject(np.array([geom], dtype=object), 4549, 4490)[0]


def test_a_parcel_delivery_without_geometry_is_refused(tmp_path: Path) -> None:
    path = makers.xlsx(tmp_path / "a.xlsx", ["宗地代码"], [["330282001001GB00001"]])
    with pytest.raises(GeometryRequired):
        stage([path], kind_of("parcels"), options=ReadOptions(), data_on=date(2025, 6, 30))


def test_letting_out_more_than_held_is_told_beyond_rounding(tmp_path: Path) -> None:
    code = "91330100799655058B"
    header = ["统一社会信用代码", "宗地代码", "关系", "面积(亩)"]
    rows = [
        [code, "1", "自有", 6.5653],
        [code, "1", "出租", 2.2424],
        [code, "1", "出租", 4.3230],
        [code, "2", "自有", 1],
        [code, "2", "出租", 1.1],
    ]
    staged = stage([makers.xlsx(tmp_path / "a.xlsx", header, rows)], kind_of("occupancy"), options=ReadOptions(), data_on=date(2025, 6, 30))
    check_rented_out(staged)
    assert found(staged) == [(5, "rented_out_exceeds_held")]


def test_mu_become_square_metres_exactly(tmp_path: Path) -> None:
    path = makers.gpkg(tmp_path / "a.gpkg", [{"宗地代码": "1", "证载面积（亩）": "50", "批准面积(公顷)": "3.3333"}], [square(0, 0)])
    staged = stage([path], kind_of("parcels"), options=ReadOptions(), data_on=date(2025, 6, 30))
    assert [str(staged.columns[c][0]) for c in ("area_registered", "area_contract")] == ["33333.33", "33333.00"]


def test_the_catalogue_is_whole() -> None:
    assert not set(CATALOGUE) & set(Problem.catalogue), "one list at /api/errors"
    for code, kind in CATALOGUE.items():
        assert kind.said.count("{") == len(kind.tolerance), code
        assert all(str(t) in kind.message for t in kind.tolerance), code
        assert {*kind.explained_by, *kind.explained_in_cell} <= set(CATALOGUE) - {code}
        assert kind.apply == kind.stage or (kind.stage == "warning" and kind.apply in ("notice", "error")), code


def test_what_another_issue_explains_is_not_told() -> None:
    def at(code: str, row: int, field: str) -> Issue:
        return issue(code, file="a", row=row, field=field)

    told = [at("number_invalid", 1, "证载面积"), at("area_registered_missing", 1, "证载面积"), at("area_registered_missing", 2, "证载面积"),
            at("number_invalid", 2, "批准面积"), at("area_declared_pair_differs", 3, "证载面积"), at("area_contract_differs", 3, "批准面积")]  # fmt: skip
    assert [(i.code, i.row) for i in unexplained(told)] == [
        ("number_invalid", 1), ("area_registered_missing", 2), ("number_invalid", 2), ("area_contract_differs", 3),
    ]  # fmt: skip


COORDINATES = st.tuples(st.floats(-200, 200), st.floats(-200, 200))
RINGS = st.lists(COORDINATES, min_size=3, max_size=9)


@settings(max_examples=150, deadline=None)
@given(st.lists(RINGS, min_size=1, max_size=4), st.sampled_from(["polygon", "multi", "collection", "line", "point"]), st.booleans())
def test_any_geometry_ends_valid_or_refused(rings: list, kind: str, nan: bool) -> None:
    made = [Polygon(r) for r in rings]
    geom = {
        "polygon": made[0], "multi": MultiPolygon(made), "collection": GeometryCollection([*made, LineString(rings[0])]),
        "line": LineString(rings[0]), "point": Point(rings[0][0]),
    }[kind]  # fmt: skip
    if nan and kind in ("polygon", "line"):
        geom = shapely.transform(geom, lambda xy: np.where(np.arange(len(xy))[:, None] == len(xy) // 2, np.nan, xy))
    shape, why = repaired(geom)
    if shape is None:
        assert why
    else:
        assert shape.is_valid
        assert shape.geom_type == "MultiPolygon"
        assert shape.area > 0


def test_nested_collections_give_their_polygons() -> None:
    inner = GeometryCollection([square(0, 0), Point(0, 0)])
    assert polygons_of(GeometryCollection([inner, square(200, 0)])).area == pytest.approx(16000)
    assert polygons_of(Point(0, 0)) is None


NASTY = st.sampled_from(
    ["empty", "collapsed", "nan", "infinite", "bow", "spike", "many", "nested", "tiny", "huge", "line", "point", "none"]
)


def nasty(kind: str, n: int) -> shapely.Geometry | None:
    """One of the shapes that break checks; `n` varies its place and form. Degrees."""
    x, y = 121.2 + n * 1e-4, 30.15 + n * 1e-5
    turn = np.linspace(0, 2 * np.pi, 2000 + n, endpoint=False)
    return {
        "empty": lambda: Polygon(), "none": lambda: None, "point": lambda: Point(x, y), "line": lambda: LineString([(x, y), (x, y + 1e-3)]),
        "collapsed": lambda: Polygon([(x, y), (x + 1e-3, y), (x, y), (x + 1e-3, y)]),
        "nan": lambda: Polygon([(x, y), (np.nan, y), (x, y + 1e-3)]), "infinite": lambda: Polygon([(x, y), (np.inf, y), (x, y + 1e-3)]),
        "bow": lambda: Polygon([(x, y), (x + 1e-3, y + 1e-3), (x + 1e-3, y), (x, y + 1e-3)]),
        "spike": lambda: Polygon([(x, y), (x + 1e-3, y), (x + 20, y + 1e-9), (x + 1e-3, y + 1e-9), (x + 1e-3, y + 1e-3)]),
        "many": lambda: Polygon(np.column_stack([x + 1e-3 * np.cos(turn * (1 + n % 3)), y + 1e-3 * np.sin(turn * 2)])),
        "nested": lambda: GeometryCollection([GeometryCollection([MultiPolygon([square(n, n).buffer(0)]), Point(x, y)]), LineString()]),
        "tiny": lambda: Polygon([(x, y), (x + 1e-9, y), (x, y + 1e-9)]),
        "huge": lambda: Polygon([(-1e300, -1e300), (1e300, -1e300), (n * 1e298, 1e300)]),
    }[kind]()  # fmt: skip


@settings(max_examples=60, deadline=None)
@example([("empty", 0), ("empty", 0), ("bow", 15), ("many", 24)])
@given(st.lists(st.tuples(NASTY, st.integers(0, 40)), min_size=1, max_size=12))
def test_a_delivery_of_any_shapes_is_checked_to_the_end(wanted: list[tuple[str, int]]) -> None:
    given_shapes = np.empty(len(wanted), dtype=object)
    given_shapes[:] = [nasty(*one) for one in wanted]
    kind = kind_of("parcels")
    columns = {column.name: [None] * len(wanted) for column in kind.columns}
    staged = Staged(kind, date(2025, 6, 30), [Origin("a", "", n) for n in range(1, len(wanted) + 1)], columns, given_shapes, [], [])
    staged.ok = np.ones(len(wanted), dtype=bool)
    outline = Polygon([(121, 30), (121.5, 30), (121.5, 30.5), (121, 30.5)])
    county = Context("330282", 4549, Places.of(outline, {"330282101": outline}, 4549), {}, {}, "330282000", frozenset({"330282101"}))
    rows = settle(staged, county)
    plane, names = rows.shapes.plane, [str(n) for n in range(len(wanted))]
    assert gaps(plane, names, np.array(rows.index, dtype=int), codes=["Q"], blocks=county.places.town_shapes) is not None
    assert all(plane[i].is_valid and plane[i].area > 0 for i in rows.index)
    assert all(staged.ok[i] or any(found.row == i + 1 and found.severity == "error" for found in staged.issues) for i in range(len(wanted)))


def test_twenty_thousand_points_and_spikes_are_one_parcel() -> None:
    turn = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    far = 1 + 0.3 * (np.arange(len(turn)) % 2)
    star = Polygon(np.column_stack([121.2 + 1e-3 * far * np.cos(turn), 30.15 + 1e-3 * far * np.sin(turn)]))
    crossed = Polygon(np.asarray(star.exterior.coords)[:-1][np.r_[0:10_000, 10_001, 10_000, 10_002:20_000]])
    for shape in (star, crossed):
        fixed, why = repaired(shape)
        assert fixed is not None, why
        assert fixed.is_valid


@pytest.mark.parametrize("shape", [box(121, 300, 121.1, 300.1), box(500, 30, 500.1, 30.1)])
def test_a_shape_beyond_the_earth_is_unusable(shape: Polygon) -> None:
    fixed, why = repaired(shape)
    assert fixed is None
    assert "±90" in why
