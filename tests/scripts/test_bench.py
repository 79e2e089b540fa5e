"""Pure parts of scripts/bench: where parcels, extents and tiles lie, what the table says, how answers of the tools are read."""

import itertools
import math
import os
import random
import subprocess
import sys
from pathlib import Path

import mapbox_vector_tile
import pytest

from app.policy import cql2
from scripts.benchmark import __main__ as bench
from scripts.benchmark import county, cpu, extents, land, load, mvt, overlay, paging, report, tiles, writes
from scripts.benchmark.land import Land

ROOT = Path(__file__).parents[2]


def met(county_land: Land, box: land.Box) -> int:
    """Parcels whose full rectangle meets the box, counted one by one."""
    west, south, east, north = box
    columns = [c for c in range(county_land.columns) if (x := land.WEST + c * land.STEP_X) <= east and x + land.WIDE >= west]
    rows = [r for r in range(county_land.rows) if (y := land.SOUTH + r * land.STEP_Y) <= north and y + land.HIGH >= south]
    return sum(1 for r in rows for c in columns if r * county_land.columns + c < county_land.parcels)


@pytest.mark.parametrize("wanted", [107, 1800])
def test_extents_hold_as_many_parcels_as_they_say_and_are_all_different(wanted: int) -> None:
    county_land = Land(10_000)
    found = county_land.extents(wanted, 300)
    assert len(set(found)) == 300
    mean = sum(met(county_land, box) for box in found) / 300
    assert mean == pytest.approx(wanted, rel=0.03)
    west, south, east, north = county_land.box
    assert all(west <= b[0] < b[2] <= east and south <= b[1] < b[3] <= north for b in found)


def test_an_extent_that_the_county_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="1800"):
        Land(900).extents(1800, 1)


@pytest.mark.parametrize("parcels", [1, 10, 99_999, 1_000_000])
def test_every_parcel_has_its_place(parcels: int) -> None:
    county_land = Land(parcels)
    assert (county_land.rows - 1) * county_land.columns < parcels <= county_land.rows * county_land.columns


@pytest.mark.parametrize("percent", [1, 10, 50, 100])
def test_shares_have_their_part_of_the_area(percent: int) -> None:
    county_land = Land(1_000_000)
    west, south, east, north = county_land.box
    for at in (0.0, 0.5, 1.0):
        box = county_land.share(percent, at)
        assert (box[2] - box[0]) * (box[3] - box[1]) == pytest.approx((east - west) * (north - south) * percent / 100, rel=1e-3)
    assert county_land.share(100, 0.5) == pytest.approx(county_land.box, abs=1e-6)


def test_outlines_fit_their_place_and_have_more_corners_than_a_square() -> None:
    texts = land.outlines()
    assert len(set(texts)) == len(texts) == 6
    for text in texts:
        points = [tuple(map(float, pair.split())) for pair in text.removeprefix("MULTIPOLYGON(((").removesuffix(")))").split(",")]
        assert points[0] == points[-1]
        assert len(points) > 10
        assert all(0 <= x <= land.WIDE and 0 <= y <= land.HIGH for x, y in points)
    assert land.WIDE + land.SHIFT < land.STEP_X, "neighbours don't overlap"
    assert land.HIGH + land.SHIFT < land.STEP_Y


def test_tiles_agree_with_the_definition_of_the_web_mercator_quad() -> None:
    draw = random.Random(5)
    for _ in range(200):
        lon, lat, zoom = draw.uniform(-179, 179), draw.uniform(-84, 84), draw.randrange(0, 18)
        x, y = land.column_of(lon, zoom), land.row_of(lat, zoom)
        assert x / 2**zoom * 360 - 180 <= lon < (x + 1) / 2**zoom * 360 - 180
        north, south = (math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * edge / 2**zoom)))) for edge in (y, y + 1))
        assert south <= lat <= north


def test_the_tiles_of_a_county_cover_its_corners_and_whole_ones_lie_inside() -> None:
    county_land = Land(1_000_000)
    west, south, east, north = county_land.box
    for zoom in range(6, 15):
        tiles_of = county_land.tiles(zoom)
        assert len(set(tiles_of)) == len(tiles_of)
        for lon in (west, east):
            for lat in (south, north):
                assert (zoom, land.column_of(lon, zoom), land.row_of(lat, zoom)) in tiles_of
    inner = county_land.tiles(14, whole=True)
    assert 400 < len(inner) < len(county_land.tiles(14)) < 650


def test_a_red_line_is_closed_and_inside_its_box() -> None:
    for box in overlay.ranges(Land(1_000_000).box, 10):
        points = land.ring(box)
        assert points[0] == points[-1]
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(points)) / 2
        assert area * overlay.METRES_X * overlay.METRES_Y == pytest.approx(10e6, rel=0.1)
        assert all(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in points)


def test_every_statement_of_the_county_has_its_numbers() -> None:
    parts = county.statements((county.HERE / "county.sql").read_text(), Land(10_000), "v", "{'a': 1}")
    assert len(parts) == 14
    assert not [part for part in parts if "{county}" in part or "{n}" in part or "{columns}" in part or "{rows}" in part]
    assert "'{''a'': 1}'" in parts[2], "quotes of the rules stay inside their literal"


def test_the_stamp_follows_what_makes_the_county() -> None:
    assert county.stamp(Land(10)) == county.stamp(Land(10)) != county.stamp(Land(11))
    assert all(path.is_file() for path in county.SOURCES)


def test_a_tile_is_counted_as_another_decoder_counts_it() -> None:
    features = [
        {"geometry": f"POINT({n} {n})", "properties": {"n": n, "name": f"块{n % 3}", "mu": n + 0.5, "is": n % 2 == 0, "less": -n - 1}}
        for n in range(300)
    ]
    content = mapbox_vector_tile.encode([{"name": "cells", "features": features}, {"name": "empty", "features": []}])
    ours, theirs = mvt.layers(content), mapbox_vector_tile.decode(content)
    assert ours.keys() == theirs.keys()
    assert ours["cells"].features == [feature["properties"] for feature in theirs["cells"]["features"]]
    assert ours["cells"].total("n") == sum(range(300))
    assert tiles.parcels_in(ours) == 300
    assert mvt.layers(b"") == {}


WRK = """Running 2s test @ http://127.0.0.1:1
{"requests":200,"microseconds":2000000,"bytes":460000,"network_errors":1,"status_errors":2,"timeouts":3,"p50":1500,"p90":2000,"p99":9000,"max":12000}
"""


def test_what_wrk_says_is_read_with_all_its_errors() -> None:
    made = load.read_load(WRK)
    assert (made.rate, made.size, made.errors, made.p50, made.p99, made.slowest) == (100, 2300, 6, 1.5, 9, 12)
    with pytest.raises(RuntimeError, match="connection refused"):
        load.read_load("unable to connect: connection refused")


def test_what_pgbench_says_is_read_without_the_time_to_connect() -> None:
    assert load.pgbench_rate("tps = 416.123456 (without initial connection time)\n") == 416.123456
    with pytest.raises(RuntimeError, match="aborted"):
        load.pgbench_rate("client 0 aborted")


def test_contestants_take_turns_and_ratios_are_of_one_round() -> None:
    order: list[str] = []
    rates = {"a": iter([10.0, 30.0, 5.0]), "b": iter([1.0, 10.0, 0.1])}

    def run(name: str) -> float:
        order.append(name)
        return next(rates[name])

    runs = load.in_turn({"a": lambda _: run("a"), "b": lambda _: run("b")}, 3, lambda _: None)
    assert "".join(order) == "ababab"
    assert load.ratio(runs, "a", "b") == 10
    assert load.beside(runs, "a", "b") == 1, "the median of ours, the fastest of a peer"
    with pytest.raises(ValueError, match="not measured"):
        load.ratio({"a": [1.0, 2.0], "b": [0.0, 1.0]}, "a", "b")
    with pytest.raises(ValueError, match="not measured"):
        load.beside({"a": [1.0, 2.0], "b": [0.0, 1.0]}, "a", "b")


def test_cpu_time_is_read_past_a_name_with_brackets_and_counts_what_ended() -> None:
    text = "7 (a) b) S 3 7 7 0 -1 4194304 5 6 0 0 100 50 30 20 20 0 1 0 99 0 0"
    assert cpu.read_stat(text) == (3, 150 / cpu.TICKS, 50 / cpu.TICKS)
    before = cpu.spent([os.getpid()])
    subprocess.run([sys.executable, "-c", "sum(i * i for i in range(3_000_000))"], check=True)
    assert cpu.spent([]) > 0
    assert cpu.spent([os.getpid()]) - before > 0.05


def test_addresses_carry_their_tags(tmp_path: Path) -> None:
    path = load.paths_file(["/a", "/b"], ['W/"1"', 'W/"2"'])
    assert path.read_text() == '/a\tW/"1"\n/b\tW/"2"\n'
    path.unlink()
    with pytest.raises(ValueError):
        load.paths_file(["/a", "/b"], ["one"])


def test_the_table_says_what_holds_and_what_falls() -> None:
    rows = [
        report.at_least("甲", 20, "TiPg", 20.0),
        report.at_least("乙", 20, "TiPg", 19.99, "因为"),
        report.at_most("丙", 100, "kB", 100.0),
        report.at_most("丁", 100, "kB", 100.1),
        report.Row("戊", "", "1 | 2"),
    ]
    assert [row.holds for row in rows] == [True, False, True, False, None]
    text = report.document("题", rows, ["注"])
    assert "| 乙 | ≥ 20 × TiPg | 20 × (因为) | **未达** |" in text
    assert "| 戊 |  | 1 \\| 2 | — |" in text
    assert "2 项达标, 2 项未达。未达: 乙; 丁。" in text
    assert text.endswith("- 注\n")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.123, "0.12"),
        (1, "1"),
        (12.34, "12.3"),
        (123.4, "123"),
        (1500, "1,500"),
        (100, "100"),
        (0, "0"),
        (float("inf"), "∞"),
        (float("nan"), "?"),
    ],
)
def test_figures_have_the_digits_they_deserve(number: float, text: str) -> None:
    assert report.plain(number) == text


def test_the_report_goes_between_the_markers_and_nowhere_else(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"前\n{report.BEGIN}\n旧\n{report.END}\n后\n")
    report.write_readme(path, "新\n")
    report.write_readme(path, "更新\n")
    assert path.read_text() == f"前\n{report.BEGIN}\n更新\n{report.END}\n后\n"
    with pytest.raises(ValueError, match="bench"):
        report.into("没有标记", "新")


def test_the_readme_has_the_markers() -> None:
    assert report.into((ROOT / "README.md").read_text(encoding="utf-8"), "x")


def test_the_filter_asks_two_attributes_that_the_service_and_tipg_have() -> None:
    names = {name for leaf in cql2.leaves(cql2.parse_filter(extents.FEW)) for name in leaf.properties}
    assert names == {"grade", "area_used_mu"}
    assert all(f"{name} " in county.PEER_COLUMNS for name in names)


def test_pgbench_draws_the_extents_that_http_asks() -> None:
    county_land = Land(10_000)
    text = extents.draw(county_land, 1800)
    width, height = county_land.extent_size(1800)
    assert f":w + {width:.9f}" in text
    assert f":s + {height:.9f}" in text
    assert str(county_land.box[0]) in text


def test_the_next_page_is_a_path() -> None:
    body = b'{"features":[],"links":[{"rel":"self","href":"http://h/a"},{"rel":"next","href":"http://h:1/collections/x/items?cursor=a/b"}]}'
    from scripts.benchmark.client import Answer

    assert paging.following(Answer(200, {}, body, 1.0)) == "/collections/x/items?cursor=a/b"
    assert paging.following(Answer(200, {}, b'{"links":[]}', 1.0)) is None
    with pytest.raises(RuntimeError, match="503"):
        paging.following(Answer(503, {}, b"", 1.0))


def test_a_case_walks_from_listing_to_acceptance() -> None:
    taken = writes.steps("c", "m")
    assert [step.name for step in taken][:1] == ["list"]
    assert [step.state for step in taken if step.state][-1] == "accepted"
    assert {step.role for step in taken} == {"officer", "acceptor"}


def test_moments_of_writing_come_at_their_rate_and_end() -> None:
    ticker = writes.Ticker(rate=200, seconds=0.1)
    late = []
    while (moment := ticker.wait()) is not None:
        late.append(moment)
    assert 15 <= len(late) <= 20


def test_every_row_can_be_asked_alone() -> None:
    args = bench.parser().parse_args(["--quick", *(part for name in bench.ROWS for part in ("--only", name))])
    assert args.only == list(bench.ROWS)
    assert not bench.parser().parse_args([]).only
