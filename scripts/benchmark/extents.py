"""Rows of extents: about 1,800 and 100 parcels, with and without a filter, beside TiPg, pygeoapi and the bare query."""

from collections.abc import Callable
from statistics import median

from app.maps import fields
from scripts.benchmark.bench import Bench, ours_items, pygeoapi_items, tipg_items
from scripts.benchmark.client import Answer, Client
from scripts.benchmark.land import COUNTY, Land, bbox
from scripts.benchmark.load import Bare, Runs, Target, beside, in_turn, paths_file, ratio, steady
from scripts.benchmark.report import Row, at_least, plain

MOST, FEW = "grade IN ('A','B','C','D') AND area_planar_m2 >= 300", "grade IN ('C','D') AND area_used_mu >= 3"
"""Filters on two attributes: one that leaves nearly all of an extent's parcels, one that leaves about a third."""
DRAW = """\\set i random(0, 1000000)
\\set j random(0, 1000000)
\\set w {west} + :i / 1000000.0 * {free_x}
\\set s {south} + :j / 1000000.0 * {free_y}
\\set e :w + {width}
\\set n :s + {height}
"""
ATTRIBUTES = """SELECT id, {columns}, ST_AsGeoJSON(geom, 7)
FROM bench.parcel WHERE geom && ST_MakeEnvelope(:w, :s, :e, :n, 4326);
"""
STORED = """SELECT convert_from(feature, 'UTF8')
FROM map_parcel WHERE county_code = '{county}' AND box && box(point(:w, :s), point(:e, :n));
"""


"""As text: pgbench fetches in text form, and bytes would come as hexadecimal, twice as long and slower."""


def draw(land: Land, wanted: int) -> str:
    """pgbench lines that choose an extent as `Land.extents` does."""
    west, south, east, north = land.box
    width, height = land.extent_size(wanted)
    free_x, free_y = east - west - width, north - south - height
    return DRAW.format(west=west, south=south, free_x=f"{free_x:.9f}", free_y=f"{free_y:.9f}", width=f"{width:.9f}", height=f"{height:.9f}")


def bare(bench: Bench, wanted: int) -> dict[str, Bare]:
    """(a) the served columns with the shape as text, (b) the stored bytes."""
    chosen = draw(bench.county.land, wanted)
    columns = ", ".join(fields.PARCEL)
    return {
        "a": Bare(bench.county.url, chosen + ATTRIBUTES.format(columns=columns)),
        "b": Bare(bench.county.url, chosen + STORED.format(county=COUNTY)),
    }


def unequal(bench: Bench, boxes: list[str], filter_: str | None = None) -> str:
    """Empty when all servers return as many features for each extent; else what differs. A server that cuts can't win."""
    ours, theirs, third = bench.client(), Client(bench.tipg), Client(bench.pygeoapi)
    for number, box in enumerate(boxes):
        counts = {"yima": features(ours.get(ours_items(box, filter_))), "TiPg": features(theirs.get(tipg_items(box, filter_)))}
        if number == 0 and filter_ is None:  # slow; one look tells whether it cuts
            counts["pygeoapi"] = features(third.get(pygeoapi_items(box)))
        if len(set(counts.values())) > 1 or not counts["yima"]:
            return f"要素数不等: {counts} ({box})"
    return ""


def features(answer: Answer) -> int:
    """Number of features of a collection; an answer that is none is told."""
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {answer.body[:300]!r}")
    return len(answer.json()["features"])


def timed(bench: Bench, targets: dict[str, Target], queries: dict[str, Bare]) -> Runs:
    """Rates in turn."""
    seconds, longer = bench.effort.seconds, bench.effort.peer_seconds

    def bare_query(query: Bare) -> Callable[[int], float]:
        return lambda _: query.run(seconds)

    contestants = {name: steady(target, longer if target.port == bench.tipg else seconds) for name, target in targets.items()}
    contestants |= {name: bare_query(query) for name, query in queries.items()}
    return in_turn(contestants, bench.effort.rounds, bench.tell, bench.cpu)


def rates(runs: Runs, *names: str) -> str:
    """Rates as they were and the CPU a request took, for the brackets."""
    used = {name: f", CPU {plain(median(runs.cpu[name]))} ms" for name in names} if runs.cpu else {}
    most = {name: f", 最快 {plain(max(runs[name]))}/s" for name in names if name.startswith("TiPg")}
    return "; ".join(f"{name} {plain(median(runs[name]))}/s{most.get(name, '')}{used.get(name, '')}" for name in names)


def of_1800(bench: Bench) -> list[Row]:
    """Extent of about 1,800 parcels: identity and gzip, beside TiPg and both bare queries."""
    boxes = [bbox(box) for box in bench.county.land.extents(1800, bench.effort.addresses)]
    ours, theirs = [ours_items(box) for box in boxes], [tipg_items(box) for box in boxes]
    targets = {"yima": bench.ours(ours), "TiPg": bench.theirs(theirs), "yima gzip": bench.ours(ours, gzip=True),
               "TiPg gzip": bench.theirs(theirs, gzip=True)}  # fmt: skip
    differs = unequal(bench, boxes[:5])
    runs = timed(bench, targets, {f"裸查询 {name}": query for name, query in bare(bench, 1800).items()})
    rows = []
    for form, name in (("原文", "yima"), ("gzip", "yima gzip")):
        other = name.replace("yima", "TiPg")
        rows += [
            at_least(f"约 1,800 宗的范围, {form}", 20, "TiPg", beside(runs, name, other), rates(runs, name, other)),
            at_least(f"约 1,800 宗的范围, {form}, 对裸查询 (a)", 1.0, "(a)", ratio(runs, name, "裸查询 a"), rates(runs, name, "裸查询 a")),
            at_least(f"约 1,800 宗的范围, {form}, 对裸查询 (b)", 0.4, "(b)", ratio(runs, name, "裸查询 b"), rates(runs, name, "裸查询 b")),
        ]
    rows.append(_several_clients(bench, "约 1,800 宗的范围", targets["yima"], targets["TiPg"]))
    rows.append(_beside_pygeoapi(bench, "约 1,800 宗的范围", targets["yima"], boxes))
    return judged(rows, differs)


def of_100(bench: Bench) -> list[Row]:
    """Extent of about 100 parcels, plain and with a filter on two attributes."""
    boxes = [bbox(box) for box in bench.county.land.extents(107, bench.effort.addresses, seed=2)]
    plain_targets = {"yima": bench.ours([ours_items(b) for b in boxes]), "TiPg": bench.theirs([tipg_items(b) for b in boxes])}
    filtered = {}
    for name, text in (("多", MOST), ("少", FEW)):
        filtered[f"yima 筛选剩{name}"] = bench.ours([ours_items(b, text) for b in boxes])
        filtered[f"TiPg 筛选剩{name}"] = bench.theirs([tipg_items(b, text) for b in boxes])
    differs = unequal(bench, boxes[:10]) or unequal(bench, boxes[:10], MOST) or unequal(bench, boxes[:10], FEW)
    runs = timed(bench, plain_targets | filtered, {f"裸查询 {name}": query for name, query in bare(bench, 107).items()})
    seen = rates(runs, "yima", "TiPg", "裸查询 a", "裸查询 b")
    rows = [
        at_least("约 100 宗的范围", 15, "TiPg", beside(runs, "yima", "TiPg"), seen),
        at_least(f"约 100 宗的范围, 两个属性的 CQL2 筛选 (`{MOST}`, 剩约九成)", 12, "TiPg", beside(runs, "yima 筛选剩多", "TiPg 筛选剩多"),
                 rates(runs, "yima 筛选剩多", "TiPg 筛选剩多")),
        at_least(f"同上 (`{FEW}`, 剩约三成)", 12, "TiPg", beside(runs, "yima 筛选剩少", "TiPg 筛选剩少"),
                 rates(runs, "yima 筛选剩少", "TiPg 筛选剩少")),
        _several_clients(bench, "约 100 宗的范围", plain_targets["yima"], plain_targets["TiPg"]),
        _beside_pygeoapi(bench, "约 100 宗的范围", plain_targets["yima"], boxes),
        _unchanged(bench, boxes),
        _from_database(bench, plain_targets["yima"], plain_targets["TiPg"]),
    ]  # fmt: skip
    return judged(rows, differs)


def _several_clients(bench: Bench, work: str, ours: Target, theirs: Target) -> Row:
    """1 and 16 clients, once each: a figure to know."""
    seen = []
    for clients in (1, 16):
        mine, other = ours.run(bench.effort.seconds, clients=clients), theirs.run(bench.effort.peer_seconds, clients=clients)
        seen.append(f"{clients} 个: {plain(mine.rate)}/s 对 TiPg {plain(other.rate)}/s, p99 {plain(mine.p99)} 对 {plain(other.p99)} ms")
    return Row(f"{work}, 1 与 16 个客户端", "", "; ".join(seen))


def _beside_pygeoapi(bench: Bench, work: str, ours: Target, boxes: list[str]) -> Row:
    """pygeoapi has no bar; its figure is printed."""
    theirs = Target(bench.pygeoapi, paths_file([pygeoapi_items(box) for box in boxes]))
    mine, other = ours.run(bench.effort.seconds), theirs.run(2 * bench.effort.peer_seconds)
    times = mine.rate / other.rate if other.rate else float("inf")
    return Row(f"{work}, 对 pygeoapi", "", f"{plain(times)} × ({plain(mine.rate)}/s, pygeoapi {plain(other.rate)}/s)")


def _from_database(bench: Bench, ours: Target, theirs: Target) -> Row:
    """The same extents read from the database, as while the memory is being filled: a figure to know."""
    bench.yima.restart(YIMA_MAP_MEMORY_MB="0")
    mine, other = ours.run(bench.effort.seconds), theirs.run(bench.effort.peer_seconds)
    bench.yima.restart()
    times = mine.rate / other.rate if other.rate else float("inf")
    return Row("约 100 宗的范围, 不用内存 (每次读库)", "", f"{plain(times)} × TiPg ({plain(mine.rate)}/s, TiPg {plain(other.rate)}/s)")


def _unchanged(bench: Bench, boxes: list[str]) -> Row:
    """304 of extents, asked with the ETag each answered."""
    some = [ours_items(box) for box in boxes[:400]]
    made = bench.ours(some, tags=bench.tags(some)).run(bench.effort.seconds)
    if made.errors or made.size > 700:
        raise RuntimeError(f"304 expected: {made}")
    return Row("约 100 宗的范围, 未变 (304)", "", f"{plain(made.rate)}/s, p99 {plain(made.p99)} ms")


def judged(rows: list[Row], differs: str) -> list[Row]:
    """A row whose counts differ does not hold, whatever its speed."""
    if not differs:
        return rows
    return [Row(row.work, row.bar, f"{row.seen}; {differs}", False if row.holds is not None else None) for row in rows]
