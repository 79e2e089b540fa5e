"""Rows of pages: every page of 1, 10, 50 and 100 %, page 900 beside page 1, and a county of 10,000 beside one of 1,000,000."""

import socketserver
import threading
import time
from statistics import median

from scripts.benchmark.bench import Bench, ours_items
from scripts.benchmark.client import Answer, Client
from scripts.benchmark.land import bbox
from scripts.benchmark.load import Target, in_turn, paths_file, ratio, steady
from scripts.benchmark.report import Row, at_most, plain
from scripts.benchmark.servers import serving

LIMIT = 1000
SHARES = ((1, 0.0), (1, 0.5), (1, 1.0), (10, 0.5), (50, 0.5), (100, 0.5))
PLACES = {0.0: "西南", 0.5: "中", 1.0: "东北"}


def following(answer: Answer) -> str | None:
    """Path of the next page."""
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {answer.body[:300]!r}")
    links = {link["rel"]: link["href"] for link in answer.json()["links"]}
    return "/" + links["next"].split("/", 3)[3] if "next" in links else None


def walk(client: Client, path: str, most: int | None) -> list[tuple[str, float, int]]:
    """(path, ms, features) of the pages from this one on; all, or at most so many."""
    pages: list[tuple[str, float, int]] = []
    at: str | None = path
    while at is not None and (most is None or len(pages) < most):
        answer = client.get(at)
        following_path = following(answer)
        pages.append((at, answer.ms, answer.body.count(b'"type":"Feature",')))
        at = following_path
    return pages


def again(client: Client, path: str, times: int = 5) -> float:
    """Median milliseconds of asking the same page again."""
    return median(client.get(path).ms for _ in range(times))


def all_pages(bench: Bench) -> list[Row]:
    """Every page of every share ≤ 5 × the 100-parcel extent + transfer, one client."""
    client = bench.client()
    small = [ours_items(bbox(box)) for box in bench.county.land.extents(107, 60, seed=3)]
    one = median(client.get(path).ms for path in small)
    transfer = transferring(client.get(ours_items(bbox(bench.county.land.box), limit=LIMIT)).body)
    bar = 5 * one + transfer
    rows, slowest = [], 0.0
    for share, place in SHARES:
        box = bbox(bench.county.land.share(share, place))
        pages = walk(client, ours_items(box, limit=LIMIT), bench.effort.pages)
        suspects = sorted(pages, key=lambda page: -page[1])[:10]  # one look may be unlucky: the slowest are asked again
        worst = max(again(client, path) for path, _, _ in suspects)
        slowest = max(slowest, worst)
        bench.tell(f"{share} % {PLACES[place]}: {len(pages)} 页, 最慢 {worst:.1f} ms")
        rows.append(f"{share} % {PLACES[place]} {len(pages)} 页: 中位 {plain(median(p[1] for p in pages))}, 最慢 {plain(worst)} ms")
    detail = f"100 宗 {plain(one)} ms, 传输 {plain(transfer)} ms; " + "; ".join(rows)
    return [
        Row("1、10、50、100 % 的范围, 每页 1,000 宗, 任一页", f"≤ 5 × 100 宗的范围 + 传输 = {plain(bar)} ms",
            f"{plain(slowest)} ms ({detail})", slowest <= bar),
    ]  # fmt: skip


def page_900(bench: Bench) -> list[Row]:
    """A late page of the whole collection by keyset beside the first one."""
    client = bench.client()
    first = f"/collections/parcels/items?limit={LIMIT}"
    wanted = min(900, bench.county.land.parcels // LIMIT - 1)
    pages = walk(client, first, wanted)
    late, told = pages[-1][0], sum(page[2] for page in pages)
    runs: dict[str, list[float]] = {first: [], late: []}
    for _ in range(10 * bench.effort.rounds):
        for path in runs:
            runs[path].append(client.get(path).ms)
    one, nine = median(runs[first]), median(runs[late])
    detail = f"第 1 页 {plain(one)} ms, 第 {len(pages)} 页 {plain(nine)} ms, 途经 {told:,} 宗"
    return [at_most(f"按游标翻到第 {len(pages)} 页 (每页 1,000)", 1.3, "× 第 1 页", nine / one, detail)]


def growing(bench: Bench) -> list[Row]:
    """The same extents of a county of 10,000 and of the large one, each in a database of its own."""
    rows = []
    with serving(bench.small.url, bench.small.key) as small:
        for wanted in (107, 1800):
            large = bench.ours([ours_items(bbox(box)) for box in bench.county.land.extents(wanted, 400, seed=4)])
            own = paths_file([ours_items(bbox(box)) for box in bench.small.land.extents(wanted, 400, seed=4)])
            little = Target(small.port, own, tuple(small.headers.items()))
            contestants = {"大县": steady(large, bench.effort.seconds), "小县": steady(little, bench.effort.seconds)}
            runs = in_turn(contestants, bench.effort.rounds, bench.tell)
            slower = ratio(runs, "小县", "大县")
            detail = f"小县 {plain(median(runs['小县']))}/s, 大县 {plain(median(runs['大县']))}/s"
            work = f"1 万宗 → {bench.county.land.parcels // 10_000:,} 万宗, 同样约 {wanted // 100 * 100:,} 宗的范围"
            rows.append(at_most(work, 1.5, "×", slower, detail))
    return rows


def transferring(body: bytes) -> float:
    """Milliseconds in which these bytes alone reach the same client over the loopback: the part no server can save."""

    class Ready(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                while self.rfile.readline().strip():
                    pass
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Ready) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = Client(server.server_address[1])
        times = []
        for _ in range(25):
            times.append(client.get("/").ms)
            time.sleep(0.005)
        client.close()
        server.shutdown()
    return median(times)
