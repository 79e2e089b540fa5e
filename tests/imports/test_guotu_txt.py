"""国土 TXT: axis order, zone, rings by containment, what is refused."""

from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import crs
from app.core.errors import Problem
from app.imports.readers import ReadOptions, read
from app.imports.readers.rings import polygon_of

from . import makers

E, N = makers.EAST, makers.NORTH
OUTER = [(E, N), (E + 100, N), (E + 100, N + 80), (E, N + 80), (E, N)]
HOLE = [(E + 20, N + 20), (E + 40, N + 20), (E + 40, N + 40), (E + 20, N + 40), (E + 20, N + 20)]
ISLAND = [(x - 5, y - 5) for x, y in [(E + 30, N + 30), (E + 40, N + 30), (E + 40, N + 40), (E + 30, N + 40), (E + 30, N + 30)]]
APART = [(x + 300, y) for x, y in OUTER]


def area_of(path: Path, options: ReadOptions | None = None) -> float:
    (delivery,) = read(path, options)
    return float(crs.planar_area_m2(delivery.geometry, 4549)[0])


def write(folder: Path, text: str, codec: str = "gbk") -> Path:
    path = folder / "地块.txt"
    path.write_bytes(text.encode(codec))
    return path


@pytest.mark.parametrize("codec", ["gbk", "utf-8", "utf-8-sig", "utf-16"])
def test_it_reads_every_encoding(tmp_path: Path, codec: str) -> None:
    (delivery,) = read(write(tmp_path, makers.txt([OUTER]), codec))
    assert delivery.frame["名称"][0] == "试验地块"
    assert delivery.frame["勘测面积(公顷)"][0] == "0.8000"


@pytest.mark.parametrize(("prefix", "crs_name"), [(40, "EPSG:4528"), (0, "EPSG:4549")])
def test_zone_prefix_decides_the_crs(tmp_path: Path, prefix: int, crs_name: str) -> None:
    path = write(tmp_path, makers.txt([OUTER], prefix=prefix))
    assert read(path)[0].detected.crs == crs_name
    assert area_of(path) == pytest.approx(8000, abs=0.01)
    assert area_of(path, ReadOptions(crs="EPSG:4549")) == pytest.approx(8000, abs=0.01)


def test_the_point_of_the_specification_lands_where_it_should(tmp_path: Path) -> None:
    ring = [(620406.516, 3339618.711), (620506.516, 3339618.711), (620506.516, 3339718.711), (620406.516, 3339618.711)]
    (delivery,) = read(write(tmp_path, makers.txt([ring])))
    x, y = shapely.get_coordinates(delivery.geometry[0])[0]
    assert (x, y) == (pytest.approx(121.25, abs=1e-8), pytest.approx(30.17, abs=1e-8))


def test_rings_are_holes_or_parts_by_containment(tmp_path: Path) -> None:
    assert area_of(write(tmp_path, makers.txt([OUTER, HOLE]))) == pytest.approx(8000 - 400, abs=0.01)
    assert area_of(write(tmp_path, makers.txt([HOLE, OUTER]))) == pytest.approx(8000 - 400, abs=0.01)
    assert area_of(write(tmp_path, makers.txt([OUTER, APART]))) == pytest.approx(16000, abs=0.01)
    assert area_of(write(tmp_path, makers.txt([OUTER, HOLE, ISLAND]))) == pytest.approx(8000 - 400 + 100, abs=0.01)


def test_rings_of_one_number_are_parted_where_they_close(tmp_path: Path) -> None:
    text = makers.txt([OUTER + HOLE])
    assert area_of(write(tmp_path, text)) == pytest.approx(8000 - 400, abs=0.01)


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"crs": "1980西安坐标系"}, "datum_unsupported"), ({"crs": "1954北京坐标系"}, "datum_unsupported"), ({"crs": ""}, "crs_missing"),
     ({"zone": "", "prefix": 0}, "crs_missing"), ({"zone": "41"}, "crs_invalid")],
)  # fmt: skip
def test_what_the_head_leaves_open_is_refused(tmp_path: Path, changes: dict, code: str) -> None:
    with pytest.raises(Problem) as caught:
        read(write(tmp_path, makers.txt([OUTER], **changes)))
    assert caught.value.code == code


def test_a_vertex_that_cannot_be_read_spoils_its_plot_only(tmp_path: Path) -> None:
    good = makers.txt([OUTER])
    plots = good.split("[地块坐标]\r\n")[1]
    path = write(tmp_path, good + plots.replace("J2,1,", "J2,1,x"))
    (delivery,) = read(path)
    assert [g is None for g in delivery.geometry] == [False, True]
    assert [(i.code, i.row) for i in delivery.issues] == [("geometry_unusable", 2)]


@settings(max_examples=40)
@given(st.permutations([OUTER, HOLE, APART]), st.booleans())
def test_the_order_and_direction_of_rings_do_not_matter(rings: list, turned: bool) -> None:
    shape = polygon_of([list(reversed(r)) if turned else r for r in rings])
    assert shape.area == pytest.approx(16000 - 400)


def told(folder: Path, text: str) -> list[tuple[str, int, str]]:
    (delivery,) = read(write(folder, text))
    return [(i.code, i.row, i.value) for i in delivery.issues]


@pytest.mark.parametrize("hectares", ["0.8000", "0.80005", "0.8", "", "/", "约8亩"])
def test_an_area_that_is_the_shapes_own_up_to_rounding_is_fine(tmp_path: Path, hectares: str) -> None:
    assert told(tmp_path, makers.txt([OUTER]).replace("0.8000", hectares)) == []


@pytest.mark.parametrize("hectares", ["0.8001", "0.7999", "8000", "12", "0"])
def test_an_area_beyond_rounding_is_told(tmp_path: Path, hectares: str) -> None:
    found = told(tmp_path, makers.txt([OUTER]).replace("0.8000", hectares))
    assert found == [("area_declared_differs", 1, f"申报 {hectares} 公顷,图形 0.8000 公顷")]


def test_holes_are_no_area(tmp_path: Path) -> None:
    assert told(tmp_path, makers.txt([OUTER, HOLE]).replace("0.8000", "0.7600")) == []
    assert [code for code, *_ in told(tmp_path, makers.txt([OUTER, HOLE]))] == ["area_declared_differs"]


def test_points_left_out_are_told(tmp_path: Path) -> None:
    """A file cut off, a point lost in the middle, a point given twice; the closing point may be counted or not."""
    lines = makers.txt([OUTER]).splitlines()
    middle = next(n for n, line in enumerate(lines) if line.startswith("J3,"))
    text = "\r\n".join([*lines[:middle], *lines[middle + 1 :]])
    assert told(tmp_path, text.replace("5,0.8000", "4,0.4000")) == [("point_numbers_irregular", 1, "J2 之后是 J4(跳号)")]
    assert told(tmp_path, text.replace("0.8000", "0.4000")) == [
        ("point_count_differs", 1, "写明 5,实有 4"), ("point_numbers_irregular", 1, "J2 之后是 J4(跳号)")
    ]  # fmt: skip
    assert told(tmp_path, "\r\n".join(lines).replace("5,0.8000", "4,0.8000")) == []
    twice = "\r\n".join([*lines[: middle + 1], *lines[middle:]])
    assert told(tmp_path, twice.replace("5,0.8000", "6,0.8000")) == [("point_numbers_irregular", 1, "J3 之后是 J3(重号)")]
