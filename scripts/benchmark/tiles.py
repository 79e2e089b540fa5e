"""Rows of tiles: z14 cold, warm and unchanged; z6–z12 complete, small and quick."""

import asyncio
from statistics import median

import asyncpg

from scripts.benchmark import mvt
from scripts.benchmark.bench import TILE_PROPERTIES, Bench
from scripts.benchmark.client import Answer, Client, one_each
from scripts.benchmark.extents import rates
from scripts.benchmark.land import Land, Tile, shuffled
from scripts.benchmark.load import Bare, Load, Target, beside, in_turn, ratio, steady
from scripts.benchmark.report import Row, at_least, at_most, plain

BARE = """\\set x random({left}, {right})
\\set y random({top}, {bottom})
SELECT ST_AsMVT(t, 'parcels', 4096, 'geom', 'id')
FROM (
    SELECT id, {columns}, ST_AsMVTGeom(geom, ST_TileEnvelope({zoom}, :x, :y), 4096, 64) AS geom
    FROM bench.parcel_3857
    WHERE geom && ST_TileEnvelope({zoom}, :x, :y, margin => 64.0 / 4096)
) t;
"""
KILOBYTE = 1000
SOME = 24
"""Times a zoom is asked of each, so that one slow moment tells little."""


def ours_tile(tile: Tile) -> str:
    """Row before column, as the standard wants it."""
    zoom, x, y = tile
    return f"/collections/parcels/tiles/WebMercatorQuad/{zoom}/{y}/{x}"


def tipg_tile(tile: Tile, properties: str) -> str:
    """Column before row."""
    zoom, x, y = tile
    return f"/collections/bench.parcel/tiles/WebMercatorQuad/{zoom}/{x}/{y}?properties={properties}"


def bare_tile(url: str, land: Land, zoom: int, columns: str) -> Bare:
    """ST_AsMVT over a narrow table with a stored and indexed 3857 shape: the best a database can do by itself."""
    inner = land.tiles(zoom, whole=True)
    xs, ys = [x for _, x, _ in inner], [y for _, _, y in inner]
    return Bare(url, BARE.format(left=min(xs), right=max(xs), top=min(ys), bottom=max(ys), zoom=zoom, columns=columns))


def contents(answer: Answer) -> dict[str, mvt.Layer]:
    """Layers of a tile; 204 is an empty one."""
    if answer.status not in (200, 204):
        raise RuntimeError(f"{answer.status}: {answer.body[:200]!r}")
    return mvt.layers(answer.body)


def parcels_in(found: dict[str, mvt.Layer]) -> int:
    """Parcels of the tile, whatever its layer is called."""
    return max((len(layer.features) for layer in found.values()), default=0)


def shown_columns(bench: Bench, tile: Tile) -> str:
    """The properties our tile carries, which the others then carry too."""
    layer = next(iter(contents(bench.client().get(ours_tile(tile))).values()))
    names = list(dict.fromkeys(name for feature in layer.features for name in feature))
    known = asyncio.run(_columns(bench.county.url))
    if missing := [name for name in names if name not in known]:
        bench.note(f"瓦片属性 {'、'.join(missing)} 不在对照表中, TiPg 与裸查询不带它们 (对 TiPg 有利)")
    return ",".join(name for name in names if name in known) or TILE_PROPERTIES


async def _columns(url: str) -> set[str]:
    conn = await asyncpg.connect(url)
    rows = await conn.fetch("SELECT attname FROM pg_attribute WHERE attrelid = 'bench.parcel_3857'::regclass AND attnum > 0")
    await conn.close()
    return {row["attname"] for row in rows}


def at_14(bench: Bench) -> list[Row]:
    """Tiles of about 1,800 parcels: made for every request, then kept ones, then with their ETags."""
    inner = shuffled(bench.county.land.tiles(14, whole=True))
    columns = shown_columns(bench, inner[0])
    differs = _fewer(bench, inner[:5], columns)
    cold = bench.ours([ours_tile(tile) for tile in inner])
    peer = bench.theirs([tipg_tile(tile, columns) for tile in inner])
    query = bare_tile(bench.county.url, bench.county.land, 14, columns)
    bench.yima.restart(YIMA_TILE_CACHE_MB="0")
    _is_cold(bench, cold)
    runs = in_turn(
        {
            "yima 冷": steady(cold, bench.effort.seconds),
            "TiPg": steady(peer, bench.effort.peer_seconds),
            "裸查询": lambda _: query.run(bench.effort.seconds),
        },
        bench.effort.rounds,
        bench.tell,
        bench.cpu,
    )
    bench.yima.restart()
    bench.note(
        f"z14 只有 {len(inner)} 个满瓦片 (100 万宗 ÷ 约 1,800); 冷瓦片在关闭瓦片缓存 (YIMA_TILE_CACHE_MB=0) 的服务上轮转, "
        "每次都由数据库现做; 热瓦片与 304 用默认设置, 另轮转 z15、z16 共 2,000 个以上"
    )
    detail = rates(runs, *runs)
    rows = [
        at_least("z14 瓦片 (约 1,800 宗), 冷", 2, "TiPg", beside(runs, "yima 冷", "TiPg"), detail),
        at_least("z14 瓦片, 冷, 对裸 ST_AsMVT", 0.8, "裸查询", ratio(runs, "yima 冷", "裸查询"), detail),
    ]
    rows += _warm(bench, inner, columns)
    return [Row(row.work, row.bar, f"{row.seen}; {differs}", False) if differs and row.holds is not None else row for row in rows]


def _is_cold(bench: Bench, cold: Target) -> None:
    """Refuses to measure when tiles come from a cache: then there are fewer queries than one for the door and one for the tile."""
    made, queries = _asking(bench, cold, clients=1)  # several at once share the door's
    if made.errors or queries < 1.95:
        raise RuntimeError(f"cold tiles are each made anew: {queries} queries a request, {made}")


def _asking(bench: Bench, target: Target, clients: int = 4) -> tuple[Load, float]:
    """A run, and its queries a request."""
    before = asyncio.run(transactions(bench.county.url))
    made = target.run(bench.effort.seconds, clients=clients)
    return made, (asyncio.run(transactions(bench.county.url)) - before) / max(made.requests, 1)


def _warmed(bench: Bench, warm: Target, paths: list[str]) -> None:
    """Has each worker make each tile (load alone leaves some to the measured rounds); refuses to measure when one is still made."""
    clients = one_each(bench.yima.port, bench.yima.pids, bench.yima.headers).values()
    for path in paths:  # in turn: a connection idle for 5 seconds is closed, and the next one may lead to the other worker
        for client in clients:
            client.get(path)
    for client in clients:
        client.close()
    made, queries = _asking(bench, warm)
    if made.errors or queries > 1.05:
        raise RuntimeError(f"warm tiles are kept: {queries} queries a request, {made}")


def _fewer(bench: Bench, tiles: list[Tile], columns: str) -> str:
    """Empty when our tile has every parcel that TiPg's has and as many as the bare query; TiPg leaves out those of the margin."""
    ours, theirs, more = bench.client(), Client(bench.tipg), 0
    for tile in tiles:
        mine, other = parcels_in(contents(ours.get(ours_tile(tile)))), parcels_in(contents(theirs.get(tipg_tile(tile, columns))))
        truth = asyncio.run(_in_margin(bench.county.url, tile))
        if mine != truth or mine < other:
            return f"要素数不等: yima {mine}, TiPg {other}, 裸查询 {truth} ({tile})"
        more = max(more, mine - other)
    if more:
        bench.note(f"TiPg 只取瓦片框内的宗地, 边距 (64/4096) 里的不取, 每个 z14 瓦片至多少 {more} 宗; yima 与裸查询都取, 这对 TiPg 有利")
    return ""


async def _in_margin(url: str, tile: Tile) -> int:
    conn = await asyncpg.connect(url)
    count = await conn.fetchval(
        "SELECT count(*) FROM bench.parcel_3857 WHERE geom && ST_TileEnvelope($1, $2, $3, margin => 64.0 / 4096)", *tile
    )
    await conn.close()
    return int(count)


def _warm(bench: Bench, inner: list[Tile], columns: str) -> list[Row]:
    """The same tiles again and with their ETags; then as many more of z15 and z16 as make 2,000."""
    paths = [ours_tile(tile) for tile in inner]
    tags = bench.tags(paths)
    warm, unchanged, peer = bench.ours(paths), bench.ours(paths, tags=tags), bench.theirs([tipg_tile(tile, columns) for tile in inner])
    _warmed(bench, warm, paths)
    made, asked = _asking(bench, unchanged)
    if made.errors or made.size > 700:
        raise RuntimeError(f"304 expected: {made}")
    runs = in_turn(
        {
            "yima 热": steady(warm, bench.effort.seconds),
            "yima 304": steady(unchanged, bench.effort.seconds),
            "TiPg": steady(peer, bench.effort.peer_seconds),
        },
        bench.effort.rounds,
        bench.tell,
        bench.cpu,
    )
    detail = rates(runs, "yima 热", "TiPg")
    many = shuffled([*bench.county.land.tiles(15), *bench.county.land.tiles(16)])[: max(bench.effort.addresses, 2000)]
    rotating = bench.ours([ours_tile(tile) for tile in many])
    rotating.run(bench.effort.seconds)
    more = rotating.run(bench.effort.seconds)
    return [
        at_least("z14 瓦片, 热", 40, "TiPg", beside(runs, "yima 热", "TiPg"), detail),
        Row("z14 瓦片, 未变 (304)", "≥ 1,500/s", rates(runs, "yima 304"), median(runs["yima 304"]) >= 1500),
        at_most("304 时对数据库的访问", 1.05, "次事务/请求", asked),
        Row(f"z15、z16 瓦片, 第二遍, 轮转 {len(many):,} 个", "", f"{plain(more.rate)}/s, p99 {plain(more.p99)} ms"),
    ]


async def transactions(url: str) -> int:
    """Transactions of this database so far; an idle backend reports its last ones after 10 seconds."""
    await asyncio.sleep(11)
    conn = await asyncpg.connect(url)
    count = await conn.fetchval("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()")
    await conn.close()
    return int(count)


def overview(bench: Bench) -> list[Row]:
    """z6–z12: the counts of all tiles add up to the county at every zoom; largest tile; time of a tile beside TiPg's."""
    bench.yima.restart(YIMA_TILE_CACHE_MB="0")
    ours, theirs = bench.client(), Client(bench.tipg)
    truth, wrong, largest, worst, seen, cut = bench.county.land.parcels, [], 0, float("inf"), [], 0
    ours.get(ours_tile(bench.county.land.tiles(5)[0]))  # both are connected and have read such a tile before
    theirs.get(tipg_tile(bench.county.land.tiles(13)[0], TILE_PROPERTIES))
    for zoom in range(6, 13):
        tiles = bench.county.land.tiles(zoom)
        answers = [ours.get(ours_tile(tile)) for tile in tiles]
        told = sum(int(layer.total("n")) for answer in answers for layer in contents(answer).values())
        largest = max(largest, *(len(answer.body) for answer in answers))
        if told != truth:
            wrong.append(f"z{zoom} {told:,}")
        asked = (shuffled(tiles) * SOME)[:SOME]
        pairs = [(ours.get(ours_tile(tile)), theirs.get(tipg_tile(tile, TILE_PROPERTIES))) for tile in asked]
        cut += sum(parcels_in(contents(peer)) >= 10_000 for _, peer in pairs)
        mine, other = sum(a.ms for a, _ in pairs) / SOME, sum(b.ms for _, b in pairs) / SOME
        worst = min(worst, other / mine)
        seen.append(f"z{zoom} {len(tiles)} 个 {plain(mine)} ms 对 {plain(other)} ms")
        bench.tell(seen[-1])
    bench.yima.restart()
    bench.note(f"z6–z12 也在关闭瓦片缓存的服务上测, 每级 {SOME} 次, 与 TiPg 交替取同一瓦片; TiPg 有 {cut} 次被截断在 10,000 宗")
    return [
        Row("z6–z12 瓦片齐全", f"各级 Σ n = {truth:,}", "各级都齐全" if not wrong else "不齐: " + ", ".join(wrong), not wrong),
        at_most("z6–z12 瓦片大小", 100, "kB", largest / KILOBYTE),
        at_least(
            "z6–z12 瓦片, 冷, 每级平均耗时", 20, "TiPg 快", worst, "; ".join(seen) + f"; TiPg {7 * SOME} 次中有 {cut} 次被截断在 10,000 宗"
        ),
    ]
