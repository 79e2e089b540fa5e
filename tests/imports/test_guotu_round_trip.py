"""国土 TXT: what is read is written again byte by byte; what is written reads back to the same shapes and words. No database."""

from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from app.imports.guotu.numbers import irregular, rings_of
from app.imports.guotu.survey import Plot, Point, parse
from app.imports.guotu.write import BOM, LINE_END, ZONES, Form, Parcel, heading, plain, plot, survey
from app.imports.readers import ReadOptions, read
from app.imports.readers.rings import polygon_of

from .lands import lands

CODECS = ("utf-8", "utf-8-sig", "gbk", "utf-16", "utf-16-le")
WORDS = st.text("宗地慈溪工业园甲乙丙路号镇AB0 9-()/(),、。.,@\n\t\u3000", max_size=16)
SPELLED = """[属性描述]
坐标系=2000国家大地坐标系
带号 = 40

[地块坐标]
5,0.8000,甲,一号,地块,面,,工业用地,0601,@
J01,1,3339000.0000,40620000.00
J02,1,3339000.0000,40620100.00
 J03 ,1, 3339080.0000,40620100.00
J04,1,3339080.0000,40620000.00
J01,1,3339000.0000,40620000.00
4\uff0c0.1\uff0c乙\uff0c二号\uff0c面\uff0c\uff0c\uff0c\uff0c@
1,1,33390xx,40620000.00
"""


@settings(max_examples=150)
@given(st.binary(max_size=120), st.sampled_from((*CODECS, "utf-16-be", "gb18030")))
@example(b"\xff\xfe\x31\x00\x0d\x00\x0a", "utf-16")
@example(b"\xb5\xd8\xb5,@\r\r\nJ1,1,\xff\n", "gbk")
def test_any_bytes_come_back_as_they_were(raw: bytes, encoding: str) -> None:
    assert parse(raw, encoding).bytes() == raw


@pytest.mark.parametrize("encoding", CODECS)
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("last", ["", "\x1a", "\n\n"])
def test_every_spelling_is_kept_and_understood(encoding: str, end: str, last: str) -> None:
    raw = (SPELLED + last).replace("\n", end).encode(encoding)
    read_back = parse(raw, encoding)
    assert read_back.bytes() == raw
    assert read_back.attributes() == {"坐标系": "2000国家大地坐标系", "带号": "40"}
    first, second = read_back.plots
    assert first.head() == ["5", "0.8000", "甲", "一号,地块", "面", "", "工业用地", "0601"]
    assert second.head() == ["4", "0.1", "乙", "二号", "面", "", "", ""]
    assert list(first.points())[2] == Point("J03", "1", ("3339080.0000", "40620100.00"), (3339080.0, 40620100.0))
    assert not any(isinstance(point, Point) for point in second.points())


def test_real_files_come_back_byte_by_byte(real: Path) -> None:
    samples = sorted((real / "guotu_txt").iterdir())
    assert samples
    for path in samples:
        raw = path.read_bytes()
        again = parse(raw, "gbk" if "gbk" in path.name else "utf-8")
        assert again.bytes() == raw
        assert again.plots


@st.composite
def parcels(draw: Any, decimals: int) -> Parcel:
    return Parcel(draw(WORDS), draw(WORDS), draw(lands(decimals)), draw(WORDS), draw(WORDS), draw(WORDS))


@settings(max_examples=50, deadline=None)
@given(st.data(), st.sampled_from(ZONES), st.booleans(), st.sampled_from((3, 4)), st.sampled_from(CODECS))
def test_written_files_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: Any, zone: int, prefixed: bool, decimals: int, encoding: str
) -> None:
    given_ = data.draw(st.lists(parcels(decimals), min_size=1, max_size=3))
    assume(all(parcel.shape.is_valid for parcel in given_))
    form = Form(zone if prefixed else None, decimals)
    lines = heading(zone, made_by="试验", day="2025-09-30", decimals=decimals)
    raw = survey(lines, [plot(parcel, form) for parcel in given_], encoding=encoding).bytes()
    assert parse(raw, encoding).bytes() == raw
    assert raw.decode("gb18030" if encoding == "gbk" else encoding).removeprefix(BOM).split(LINE_END)[0] == "[属性描述]"

    for parcel, again in zip(given_, parse(raw, encoding).plots, strict=True):
        assert again.head()[2:] == [plain(w) for w in (parcel.code, parcel.name, "面", parcel.sheet, parcel.use, parcel.use_code)]
        assert shapely.equals(shapely.normalize(_shape(again, zone if prefixed else 0, decimals)), shapely.normalize(parcel.shape))

    path = tmp_path_factory.mktemp("txt") / "地块.txt"
    path.write_bytes(raw)
    (delivery,) = read(path, ReadOptions())
    assert delivery.detected.crs == f"EPSG:{(4488 if prefixed else 4509) + zone}"
    assert not delivery.issues
    assert list(delivery.frame["名称"]) == [plain(parcel.name) or None for parcel in given_]
    plane = shapely.transform(delivery.geometry, _mover(4509 + zone), interleaved=False)
    for parcel, moved in zip(given_, plane, strict=True):
        assert shapely.hausdorff_distance(parcel.shape, moved) < 1e-5
        assert moved.area == pytest.approx(parcel.shape.area, abs=1e-3)


def _shape(again: Plot, zone: int, decimals: int) -> Any:
    points = [point for point in again.points() if isinstance(point, Point)]
    rings = [[(round(p.values[1] - zone * 1e6, decimals), p.values[0]) for p in ring] for ring in rings_of(points)]
    return polygon_of(rings)


def _mover(epsg: int) -> Any:
    from app.core.crs import STORED, transformer

    return transformer(STORED, epsg).transform


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ("1 2 3 4 1", ""), ("01 02 03 04 05", ""), ("17 18 19 20 17", ""), ("1 2 3 4 1|5 6 7 8 5", ""), ("1 2 3 4 1|1 2 3 4 1", ""),
        ("1 2 3 4 5|6 7 8 9 10", ""), ("甲 乙 丙 丁 甲", ""), ("1 2 4 5 1", "J2 之后是 J4(跳号)"), ("1 2 2 3 1", "J2 之后是 J2(重号)"),
        ("1 2 3 4 1|7 8 9 10 7", "第2圈从J7开始"), ("1 2 3 4 2", "J4 之后是 J2(重号)"),
    ],
)  # fmt: skip
def test_numbers_that_jump_or_repeat(numbers: str, told: str) -> None:
    corners = [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0)]
    points = [
        Point(number if number in "甲乙丙丁" else f"J{number}", str(ring), ("", ""), corner)
        for ring, texts in enumerate(numbers.split("|"), 1)
        for number, corner in zip(texts.split(), corners, strict=True)
    ]
    assert irregular(rings_of(points)) == told
