"""Rows in batches: none is lost or doubled between them, whatever chooses; what is read ahead keeps order and errors."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import geopandas
import pyarrow as pa
import pytest

from app.core.principal import Role
from app.maps.exports import source, texts
from app.maps.exports.ahead import ahead
from app.maps.exports.source import packed
from app.maps.exports.texts import columns_of
from tests.maps.conftest import BASE, OWN, person


@pytest.mark.parametrize("asked", [{}, {"filter": "grade IN ('A', 'B', 'C')"}, {"bbox": "121.0,30.0,121.0095,30.0045"}])
@pytest.mark.parametrize("role", [Role.planner, Role.officer, Role.viewer])
async def test_batches_of_seven_say_what_one_says(
    role: Role, asked: dict[str, str], made: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    who = person(role, OWN if role is Role.officer else None)
    whole = json.loads(made("geojson", who, **asked)[0].read_text())["features"]
    monkeypatch.setattr(source, "BATCH", 7)
    file, said = made("geojson", who, **asked)
    assert json.loads(file.read_text())["features"] == whole
    frame = geopandas.read_parquet(made("geoparquet", who, **asked)[0])
    assert said.rows == len(frame) == len(whole) > 14
    assert list(frame["row_no"]) == [f["properties"]["row_no"] for f in whole] == list(range(1, len(whole) + 1))
    assert list(frame["id"]) == [f["id"] for f in whole] == sorted(f["id"] for f in whole)
    assert list(frame["land_code"]) == [f["properties"]["land_code"] for f in whole]
    assert list(frame["grade"].fillna("")) == [f["properties"].get("grade") or "" for f in whole]
    if not asked:
        assert list(frame["id"]) == list(range(BASE + 1, BASE + 61))


def test_values_that_follow_one_another() -> None:
    lengths = b"".join(n.to_bytes(4, "big", signed=True) for n in (2, -1, 0, 3))
    assert packed(lengths, b"abcde").to_pylist() == [b"ab", None, b"", b"cde"]
    assert packed(lengths[4:8], None).to_pylist() == [None]


SCHEMA = pa.schema([("code", pa.string()), ("n", pa.float64()), ("few", pa.list_(pa.string())), ("day", pa.string()), ("yes", pa.bool_())])
ROW = {"code": "P1", "aside": 1, "n": 12.50, "few": ["C1", "C,2"], "day": None, "yes": True}


@pytest.mark.parametrize(
    ("others", "is_cut"),
    [({"code": "镇,{}[]: ,街道", "n": None, "few": []}, True), ({"code": "", "n": -1e-7, "few": None, "yes": None}, True),
     ({"code": "null", "day": "n", "n": 0}, True), ({"code": ":P2"}, False), ({"code": '"a":1,\\"', "day": "第一行\n\t第二行"}, False),
     ({"extra": 1}, False), ({"few": ["\u0001"]}, False)],
)  # fmt: skip
@pytest.mark.parametrize("rows", [1, 9])
def test_values_cut_out_of_texts_are_those_of_a_parser(
    others: dict[str, Any], is_cut: bool, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [ROW] * (rows - 1) + [ROW | others]
    written = [json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode() for one in said]
    parsed, parse = [], texts._parsed

    def counted(found: pa.Array, schema: pa.Schema) -> Any:
        parsed.append(1)
        return parse(found, schema)

    monkeypatch.setattr(texts, "_parsed", counted)
    for kept in (SCHEMA, pa.schema([SCHEMA.field("yes"), SCHEMA.field("code")])):
        found = columns_of(pa.array(written, pa.binary()), kept)
        assert {name: column.to_pylist() for name, column in found.items()} == {name: [one[name] for one in said] for name in kept.names}
        assert [column.type for column in found.values()] == kept.types
    is_one_with_more = rows == 1 and "extra" in others  # every row has it
    assert parsed == ([] if is_cut or is_one_with_more else [1, 1])


def test_texts_with_other_members_or_spaces_are_parsed() -> None:
    spaced = pa.array([json.dumps(ROW).encode()] * 3, pa.binary())
    assert columns_of(spaced, SCHEMA)["code"].to_pylist() == ["P1"] * 3
    shorter = [{"code": "P1", "n": 1}, {"code": "P2", "few": []}, {"n": 2, "code": "P3"}]
    found = columns_of(pa.array([json.dumps(one, separators=(",", ":")).encode() for one in shorter], pa.binary()), SCHEMA)
    assert found["code"].to_pylist() == ["P1", "P2", "P3"]
    assert (found["n"].to_pylist(), found["few"].to_pylist()) == ([1, None, 2], [None, [], None])


def test_an_error_comes_in_its_place_and_the_thread_ends() -> None:
    def source_of() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("three")

    given = ahead(source_of())
    assert [next(given), next(given)] == [1, 2]
    with pytest.raises(ValueError, match="three"):
        next(given)

    before = threading.active_count()
    endless = ahead(iter(int, 1))
    assert next(endless) == 0
    endless.close()
    end = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.05)
    assert threading.active_count() == before
