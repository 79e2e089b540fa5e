"""16 clients read 100-parcel extents while 20 mixed writes a second go through the API; each write must be seen on both workers at once."""

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from app.policy import pack_for
from scripts.benchmark import mvt
from scripts.benchmark.bench import Bench, ours_items
from scripts.benchmark.client import Answer, Client, one_each
from scripts.benchmark.county import TODAY
from scripts.benchmark.land import COUNTY, bbox, column_of, row_of
from scripts.benchmark.report import Row, plain
from scripts.benchmark.servers import Yima

RATE = 20
WRITERS = 20
"""Each looks at both workers before its next write; of twelve all were waiting and fewer than 20 writes a second came."""
READERS = 16
BAR_MS = 250
WARMING = 6.0
GRACE = 1.0
"""Seconds after the end in which the last writes may still be answered."""
ZOOM = 16
PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
FREE = """
SELECT f.land_code, f.responsible_body, (@@ m.box)[0] AS lon, (@@ m.box)[1] AS lat
FROM map_filter f
JOIN map_parcel m USING (county_code, id)
WHERE f.county_code = $1 AND f.responsible_body = ANY($2::text[]) AND f.idle = 'not_idle'
  AND NOT EXISTS (SELECT 1 FROM case_parcel c WHERE c.county_code = f.county_code AND c.parcel_id = f.id)
ORDER BY hashint8(f.id)
LIMIT $3
"""


@dataclass(frozen=True)
class Step:
    """One write of a case: who, what, the state the map shows afterwards (None: the map does not change)."""

    role: str
    name: str
    state: str | None
    detail: dict[str, Any] = field(default_factory=dict)


def steps(category: str, method: str) -> tuple[Step, ...]:
    """A case from 入库 to 验收: every kind of write an office makes in a day."""
    return (
        Step("officer", "list", "listed"),
        Step("acceptor", "assign", "assigned", {"deadline_on": "2025-12-20"}),
        Step("officer", "plan", "planned", {"category": category, "method": method}),
        Step("officer", "evidence", None),
        Step("officer", "remediate", "remediating"),
        Step("officer", "submit", "submitted"),
        Step("acceptor", "accept", "accepted", {"method": method}),
    )


@dataclass
class Told:
    """What the writers saw."""

    writes: int = 0
    in_time: int = 0
    late_ms: list[float] = field(default_factory=list)
    took_ms: list[float] = field(default_factory=list)
    checks: int = 0
    failures: list[str] = field(default_factory=list)


class Ticker:
    """Hands out the moments of the writes: so many a second, whoever comes next."""

    def __init__(self, rate: float, seconds: float) -> None:
        self.rate, self.end = rate, time.monotonic() + seconds
        self.start, self.number, self.lock = time.monotonic(), 0, threading.Lock()

    def wait(self) -> float | None:
        """Sleeps until the next moment; milliseconds it comes late, None when the time is over."""
        with self.lock:
            due = self.start + self.number / self.rate
            self.number += 1
        if due >= self.end:
            return None
        time.sleep(max(0.0, due - time.monotonic()))
        return max(0.0, (time.monotonic() - due) * 1000)


@dataclass
class Workers:
    """A connection to each worker; made anew when a worker has closed one, as nobody knows then who answers next."""

    yima: Yima
    headers: dict[str, str]
    clients: dict[int, Client] = field(default_factory=dict)

    def get(self, path: str) -> Iterator[tuple[int, Answer]]:
        """The path from each worker."""
        if not self.clients:
            self.clients = one_each(self.yima.port, self.yima.pids, self.headers)
        for pid, client in list(self.clients.items()):
            known = client.connects
            answer = client.get(path)
            if client.connects != known:
                self.close()
                yield from self.get(path)
                return
            yield pid, answer

    def close(self) -> None:
        """End the connections."""
        for client in self.clients.values():
            client.close()
        self.clients = {}


def sign_in(bench: Bench, username: str) -> dict[str, str]:
    """Authorization header of a person of the county."""
    person = next(one for one in bench.county.people if one["username"] == username)
    body = json.dumps({"username": username, "password": person["password"]}).encode()
    answer = Client(bench.yima.port).ask("POST", "/api/session", body, {"Content-Type": "application/json"})
    if answer.status != 200:
        raise RuntimeError(f"sign-in {username}: {answer.status} {answer.body[:200]!r}")
    return {"Authorization": f"Bearer {answer.json()['token']}"}


class Writer(threading.Thread):
    """Takes cases from 入库 to 验收 one after another and looks at both workers after each write."""

    def __init__(self, bench: Bench, ticker: Ticker, parcels: Iterator[Any], people: dict[str, dict[str, str]], told: Told) -> None:
        super().__init__(daemon=True)
        self.ticker, self.parcels, self.people, self.told = ticker, parcels, people, told
        self.client = Client(bench.yima.port)
        self.workers = Workers(bench.yima, people["acceptor"])
        pack = pack_for(COUNTY, TODAY).content
        self.steps = steps(pack.categories[0].code, pack.methods[0].code)

    def run(self) -> None:
        """Until the ticker's time is over."""
        try:
            while True:
                case: dict[str, Any] = {}
                parcel = next(self.parcels)
                for step in self.steps:
                    late = self.ticker.wait()
                    if late is None:
                        return
                    self.told.late_ms.append(late)
                    if not self._write(step, parcel, case):
                        break
        except Exception as problem:
            self.told.failures.append(f"{type(problem).__name__}: {problem}")
        finally:
            self.client.close()
            self.workers.close()

    def _write(self, step: Step, parcel: Any, case: dict[str, Any]) -> bool:
        path, body, headers = self._request(step, parcel, case)
        who = self.people[parcel["responsible_body"] if step.role == "officer" else "acceptor"]
        answer = self.client.ask("POST", path, body, {**who, "Idempotency-Key": str(uuid.uuid4()), **headers})
        self.told.took_ms.append(answer.ms)
        if answer.status not in (200, 201):
            self.told.failures.append(f"{step.name}: {answer.status} {answer.body.decode(errors='replace')[:200]}")
            return False
        self.told.writes += 1
        self.told.in_time += time.monotonic() <= self.ticker.end + GRACE
        case.update({key: value for key, value in answer.json().items() if key in ("id", "version", "sha256")} if step.state else {})
        self._look(step, parcel, case, answer.json())
        return True

    def _request(self, step: Step, parcel: Any, case: dict[str, Any]) -> tuple[str, bytes, dict[str, str]]:
        json_type = {"Content-Type": "application/json"}
        if step.name == "list":
            body = {"name": f"测速 {parcel['land_code']}", "responsible_body": parcel["responsible_body"],
                    "parcels": [{"land_code": parcel["land_code"]}]}  # fmt: skip
            return "/api/cases", json.dumps(body).encode(), json_type
        if step.name == "evidence":
            mark = uuid.uuid4().hex
            head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
            content = head.encode() + PHOTO + mark.encode() * 400 + f"\r\n--{mark}--\r\n".encode()
            return f"/api/cases/{case['id']}/evidence", content, {"Content-Type": f"multipart/form-data; boundary={mark}"}
        body = {"step": step.name, "detail": step.detail}
        return f"/api/cases/{case['id']}/transitions", json.dumps(body).encode(), {**json_type, "If-Match": f'"{case["version"]}"'}

    def _look(self, step: Step, parcel: Any, case: dict[str, Any], said: dict[str, Any]) -> None:
        """Both workers show the new state: the feature and, where the colour follows, the tile; a file in its case."""
        if step.state is None:
            for pid, answer in self.workers.get(f"/api/cases/{case['id']}"):
                self._expect(said["sha256"] in answer.body.decode(), step, pid, answer)
            return
        for pid, answer in self.workers.get(f"/collections/parcels/items/{parcel['land_code']}"):
            self._expect(answer.status == 200 and answer.json()["properties"]["case_state"] == step.state, step, pid, answer)
        if step.name != "list":  # the colour of a listed case is that of its facts
            row, column = row_of(parcel["lat"], ZOOM), column_of(parcel["lon"], ZOOM)
            for pid, answer in self.workers.get(f"/collections/parcels/tiles/WebMercatorQuad/{ZOOM}/{row}/{column}"):
                is_orange = any(
                    feature.get("land_code") == parcel["land_code"] and feature.get("display_class") == "orange"
                    for layer in mvt.layers(answer.body).values()
                    for feature in layer.features
                )
                self._expect(is_orange == (step.state != "accepted"), step, pid, answer)

    def _expect(self, is_new: bool, step: Step, pid: int, answer: Answer) -> None:
        self.told.checks += 1
        if not is_new:
            self.told.failures.append(f"进程 {pid} 在 {step.name} 之后给出旧内容 ({answer.status})")


async def free_parcels(url: str, bodies: list[str], count: int) -> list[Any]:
    """Parcels of these bodies in no case, anywhere in them."""
    conn = await asyncpg.connect(url)
    rows = await conn.fetch(FREE, COUNTY, bodies, count)
    await conn.close()
    return [dict(row) for row in rows]


def _writers(
    bench: Bench, ticker: Ticker, parcels: Iterator[Any], people: dict[str, dict[str, str]], told: Told, count: int
) -> list[Writer]:
    writers = [Writer(bench, ticker, parcels, people, told) for _ in range(count)]
    for writer in writers:
        writer.start()
    return writers


def mixed(bench: Bench) -> list[Row]:
    """The row: no error, p99 of 100-parcel extents, freshness on both workers."""
    seconds = bench.effort.writing
    officers = [person for person in bench.county.people if person["role"] == "officer"][:6]
    people = {person["responsible_body"]: sign_in(bench, person["username"]) for person in officers}
    people["acceptor"] = sign_in(bench, "acceptor")
    found = asyncio.run(free_parcels(bench.county.url, list(people), RATE * (seconds + int(WARMING))))
    target = bench.ours([ours_items(bbox(box)) for box in bench.county.land.extents(107, bench.effort.addresses, seed=5)])
    target.run(2, clients=READERS)
    told, parcels = Told(), iter(found)
    warming = _writers(bench, Ticker(RATE / 4, WARMING), parcels, people, told, 4)  # connections and plans, as after a first minute of work
    for writer in warming:
        writer.join(60)
    if told.failures:
        raise RuntimeError(told.failures[0])
    told = Told()
    writers = _writers(bench, Ticker(RATE, seconds), parcels, people, told, WRITERS)
    made = target.run(seconds, clients=READERS)
    for writer in writers:
        writer.join(60)
    bench.tell(f"写 {told.writes}, 查 {told.checks}, 失败 {len(told.failures)}: {told.failures[:3]}")
    took = sorted(told.took_ms) or [0.0]
    detail = (
        f"{plain(made.rate)}/s, p50 {plain(made.p50)} ms, 读出错 {made.errors}; 写 {told.in_time} 次 = {plain(told.in_time / seconds)}/s, "
        f"中位 {plain(took[len(took) // 2])} ms, p99 {plain(took[int(len(took) * 0.99) - 1])} ms"
    )
    enough = told.in_time >= RATE * seconds * 0.95
    fails = f"; 失败 {len(told.failures)}: {told.failures[0]}" if told.failures else ""
    return [
        Row(f"16 个客户端 {seconds} s, 每秒 {RATE} 次写, 约 100 宗的范围 p99", f"≤ {BAR_MS} ms, 无出错",
            f"{plain(made.p99)} ms ({detail}){fails}", made.p99 <= BAR_MS and not made.errors and not told.failures and enough),
        Row("每次写答复后, 两个进程都给出新状态", "全部", f"{told.checks:,} 次查看, 旧内容 {sum('旧内容' in f for f in told.failures)} 次",
            told.checks > 0 and not any("旧内容" in f for f in told.failures)),
    ]  # fmt: skip
