"""./scripts/bench: builds the county once, serves it beside its peers, writes one table of ratios. Exit code 1 when a bar falls.

Figures are ratios of one run on one machine, medians of rounds taken in turn (TiPg counts with its fastest round: the kernel may give
all connections to one of its processes); authentication (X-API-Key) is part of the service's time.
"""

import argparse
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from datetime import datetime

from app import cluster
from scripts.benchmark import county, exports, extents, importing, overlay, paging, peers, report, tiles, writes
from scripts.benchmark.bench import FULL, QUICK, Bench
from scripts.benchmark.land import Land
from scripts.benchmark.report import Row
from scripts.benchmark.servers import WORKERS, serving

ROWS: dict[str, tuple[str, Callable[[Bench], list[Row]]]] = {
    "extent1800": ("约 1,800 宗的范围", extents.of_1800),
    "extent100": ("约 100 宗的范围", extents.of_100),
    "pages": ("1、10、50、100 % 的每一页", paging.all_pages),
    "tile14": ("z14 瓦片", tiles.at_14),
    "overview": ("z6–z12 瓦片", tiles.overview),
    "page900": ("第 900 页", paging.page_900),
    "exports": ("整库导出", exports.exports),
    "growth": ("1 万 → 100 万宗", paging.growing),
    "overlay": ("范围套合", overlay.of_10_km2),
    "writes": ("边读边写", writes.mixed),
}
FAIR = (
    "对照: TiPg 1.6.1 (uvicorn、uvloop、httptools) 与 pygeoapi 0.21.0 (gunicorn), 各 2 个进程, 读同一集群的普通表 bench.parcel: "
    "同样 26 个属性、主键、GiST 索引、EPSG:4326 (TiPg 因此不必转换坐标)",
    "yima 每次请求都校验 X-API-Key 并给出 ETag; TiPg、pygeoapi 不验身份。TiPg 每次另数总数 (其自身设计), gzip 为 6 级, yima 为 1 级",
    "裸查询用 pgbench -M prepared -c 4 -j 1, 随机范围与 HTTP 同一分布: "
    "(a) bench.parcel 的同样各列 + ST_AsGeoJSON(geom,7), (b) map_parcel.feature 存储的字节 (按文本取, 比十六进制快)",
    "括号里的 CPU 是一次请求在服务、数据库、压测工具上合计的处理器毫秒数, 机器不空闲时比速率可信",
    "范围的地址轮转, 不缓存应答; yima 的宗地在各进程内存里 (跟随图层版本, 读完才开始计时), 不用内存的另列一行; 304 另列",
    "TiPg 瓦片边距设为 64 (与 yima 同), 属性与 yima 瓦片相同; 它从 4326 现算 3857; 裸 ST_AsMVT 用另存并建索引的 3857 窄表",
)


def parser() -> argparse.ArgumentParser:
    """Options."""
    made = argparse.ArgumentParser(prog="./scripts/bench", description="造一个百万宗的县, 与 TiPg、pygeoapi、裸查询同场计时, 出一张比值表")
    made.add_argument("--quick", action="store_true", help="100,000 宗, 轮次和地址都少")
    made.add_argument("--parcels", type=int, help="宗数 (默认 1,000,000; --quick 100,000)")
    made.add_argument("--only", action="append", choices=list(ROWS), metavar="行", help=f"只测这些行, 可重复: {'、'.join(ROWS)}")
    made.add_argument("--rebuild", action="store_true", help="重造")
    made.add_argument("--readme", action="store_true", help="把结果写进 README 的标记之间")
    made.add_argument("--keep", action="store_true", help="测完不停服务, 打印地址与密钥, Ctrl-C 结束")
    return made


def measured(bench: Bench, chosen: list[str]) -> list[Row]:
    """All rows; one that can't be measured is a row that fell, the others go on."""
    rows: list[Row] = []
    for number, name in enumerate(chosen, 1):
        title, measure = ROWS[name]
        since = time.monotonic()
        sys.stderr.write(f"[{number}/{len(chosen)}] {title} …\n")
        try:
            rows += measure(bench)
        except Exception as problem:
            traceback.print_exc()
            rows.append(Row(title, "", f"没有测成: {type(problem).__name__}: {str(problem)[:200]}", False))
        sys.stderr.write(f"[{number}/{len(chosen)}] {title} {time.monotonic() - since:.0f} s\n")
    return rows


def main() -> int:
    """Prints the table, keeps it in .local/bench/report.md."""
    if sys.argv[1:2] == ["import"]:
        return importing.main(sys.argv[2:])
    args = parser().parse_args()
    effort = QUICK if args.quick else FULL
    land = Land(args.parcels or (100_000 if args.quick else 1_000_000))
    county.STATE.mkdir(mode=0o711, parents=True, exist_ok=True)
    for name in ("tipg", "pygeoapi"):
        peers.install(name)
    busy = os.getloadavg()[0]
    url = cluster.start(county.STATE, fast=True)
    try:
        small = county.ready(url, "bench_10000", Land(10_000), rebuild=args.rebuild)
        large = county.ready(url, f"bench_{land.parcels}", land, rebuild=args.rebuild)
        with serving(large.url, large.key) as yima, peers.tipg(large.url) as tipg, peers.pygeoapi(large.url) as pygeoapi:
            bench = Bench(large, small, effort, yima, tipg[0], pygeoapi[0], (tipg[1], pygeoapi[1]))
            bench.note(f"开始前机器的平均负载 {busy:.1f}" + (" (不空闲: 只看比值)" if busy > 0.5 else ""))
            rows = measured(bench, args.only or list(ROWS))
            title = (
                f"{datetime.now().astimezone():%Y-%m-%d %H:%M} 实测: {land.parcels:,} 宗, {platform.machine()} "
                f"{os.cpu_count()} 核, 每个服务 {WORKERS} 个进程, 4 个客户端 (另注明的除外); "
                "各轮交替, 取各轮比值的中位数; 对 TiPg 取其最快的一轮。"
            )
            told = report.document(title, rows, (*FAIR, *bench.notes))
            sys.stdout.write(told)
            (county.STATE / "report.md").write_text(told, encoding="utf-8")
            if args.readme:
                report.write_readme(county.ROOT / "README.md", report.brief(title, rows, bench.notes))
            if args.keep:
                _keep(bench)
    finally:
        if not args.keep:
            cluster.stop(county.STATE)
    return int(any(row.holds is False for row in rows))


def _keep(bench: Bench) -> None:
    """Servers stay until Ctrl-C."""
    sys.stderr.write(f"yima {bench.yima.port} (X-API-Key: {bench.yima.key}), TiPg {bench.tipg}, pygeoapi {bench.pygeoapi}; Ctrl-C 结束\n")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    sys.exit(main())
