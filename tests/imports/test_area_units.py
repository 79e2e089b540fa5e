"""Units of declared areas against the shapes: a header that the shapes contradict is asked about, a slipped row is told."""

from datetime import date
from pathlib import Path

import pytest

from app.core.errors import Problem
from app.imports.checks.areas import check_areas
from app.imports.checks.geometry import check_shapes
from app.imports.columns import Known, headers_hash
from app.imports.kinds import kind_of
from app.imports.readers import ReadOptions
from app.imports.stage import Staged, stage

from . import makers
from .makers import square

M2 = [100.0 * (80 + n) for n in range(10)]


def delivered(folder: Path, header: str, numbers: list, **options) -> Staged:
    rows = [{"宗地代码": f"330282001001GB{n:05d}", header: str(v)} for n, v in enumerate(numbers, 1)]
    path = makers.gpkg(folder / "a.gpkg", rows, [square(200 * n, 0, 100, 80 + n) for n in range(len(numbers))])
    return stage([path], kind_of("parcels"), options=ReadOptions(**options), data_on=date(2025, 6, 30))


def unit_of(staged: Staged) -> tuple[str, float, str]:
    (told,) = [f for f in staged.deliveries[0].detected.findings if f.fact == "unit"]
    return told.value, told.confidence, told.column


@pytest.mark.parametrize(
    ("header", "factor", "unit"),
    [("证载面积", 1, "平方米"), ("证载面积(亩)", 0.0015, "亩"), ("证载面积(公顷)", 1e-4, "公顷"), ("证载面积(万平方米)", 1e-4, "公顷")],
)
def test_a_header_that_the_shapes_confirm_is_sure(tmp_path: Path, header: str, factor: float, unit: str) -> None:
    staged = delivered(tmp_path, header, [round(m2 * factor * 1.004, 4) for m2 in M2])
    told = unit_of(staged)
    assert (told[0], told[2]) == (unit, header)
    assert told[1] > 0.98
    assert not staged.issues


@pytest.mark.parametrize(
    ("header", "factor", "unit"),
    [("证载面积", 0.0015, "亩"), ("证载面积", 1e-4, "公顷"), ("证载面积(亩)", 1, "平方米"), ("证载面积(公顷)", 0.0015, "亩")],
)
def test_a_header_that_the_shapes_contradict_is_asked_about(tmp_path: Path, header: str, factor: float, unit: str) -> None:
    numbers = [round(m2 * factor, 4) for m2 in M2]
    with pytest.raises(Problem) as caught:
        delivered(tmp_path, header, numbers)
    assert (caught.value.code, caught.value.extra["question"], caught.value.extra["column"]) == ("unit_doubtful", "unit", header)
    assert caught.value.extra["choices"][0]["value"] == unit
    staged = delivered(tmp_path, header, numbers, units={header: unit})
    assert unit_of(staged)[:2] == (unit, 1)
    assert [float(v) for v in staged.columns["area_registered"]] == pytest.approx(M2, rel=1e-3)


def test_single_rows_in_another_unit_are_told_and_unknown(tmp_path: Path) -> None:
    numbers = [*M2]
    numbers[3] = round(M2[3] * 0.0015, 4)
    staged = delivered(tmp_path, "证载面积", numbers)
    shapes = check_shapes(staged, 4549)
    check_areas(staged, shapes.area)
    assert [(i.row, i.code, i.field) for i in staged.issues] == [(4, "area_unit_slip", "证载面积")]
    assert "亩" in staged.issues[0].value
    assert staged.columns["area_registered"][3] is None


def test_numbers_that_fit_no_unit_are_left_to_the_area_check(tmp_path: Path) -> None:
    staged = delivered(tmp_path, "证载面积", [m2 * 7.3 for m2 in M2])
    assert unit_of(staged)[1] == 0.5
    assert not staged.issues


def test_an_unknown_unit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        delivered(tmp_path, "证载面积", M2, units={"证载面积": "英亩"})
    assert caught.value.code == "mapping_invalid"


def test_a_remembered_unit_is_held_against_the_shapes(tmp_path: Path) -> None:
    rows = [{"宗地代码": f"330282001001GB{n:05d}", "面积一": str(m2)} for n, m2 in enumerate(M2, 1)]
    path = makers.gpkg(tmp_path / "a.gpkg", rows, [square(200 * n, 0, 100, 80 + n) for n in range(len(rows))])
    kept = {headers_hash(["宗地代码", "面积一"]): Known({"area_registered": {"header": "面积一", "unit": "亩"}}, "上次的对应")}
    with pytest.raises(Problem) as caught:
        stage([path], kind_of("parcels"), options=ReadOptions(), data_on=date(2025, 6, 30), remembered=kept)
    assert (caught.value.code, caught.value.extra["choices"][0]["value"]) == ("unit_doubtful", "平方米")
