"""Starts and stops servers with two workers each: yima as ./scripts/run starts it, the peers as their documents say."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from app import cluster
from app.entrance import BACKLOG, Entrance
from scripts.benchmark.client import Client, one_each
from scripts.benchmark.county import ROOT, STATE, TODAY

WORKERS = 2


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def launch(argv: list[str], env: dict[str, str], log: Path, pass_fds: tuple[int, ...] = (), cwd: Path = ROOT) -> subprocess.Popen[bytes]:
    """A server in its own session that ends with this process."""
    with log.open("ab") as out:
        return subprocess.Popen(
            argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, pass_fds=pass_fds, start_new_session=True,
            preexec_fn=cluster.die_with_parent,
        )  # fmt: skip


def finish(processes: list[subprocess.Popen[bytes]]) -> None:
    """SIGTERM to each and its children, then SIGKILL."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
    for process in processes:
        try:
            process.wait(8)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()


def postmaster() -> int:
    """Process id of the bench cluster's server."""
    return int((cluster.home(STATE) / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def answering(port: int, path: str, processes: list[subprocess.Popen[bytes]], log: Path, seconds: float = 90) -> None:
    """Wait until the path answers 200; RuntimeError with the end of the log otherwise."""
    end = time.monotonic() + seconds
    client = Client(port, timeout=30)
    while time.monotonic() < end and all(process.poll() is None for process in processes):
        with suppress(OSError):
            if client.get(path).status == 200:
                client.close()
                return
        client.close()
        time.sleep(0.2)
    raise RuntimeError(f"{log.name}: no answer\n{log.read_text(errors='replace')[-2000:]}")


def reported(log: Path, start: int, line: str, times: int, seconds: float = 180) -> None:
    """Wait until the log says so this often behind a place; RuntimeError when it doesn't."""
    end = time.monotonic() + seconds
    while log.read_bytes()[start:].count(line.encode()) < times:
        if time.monotonic() > end:
            raise RuntimeError(f"{log.name}: not {times} × “{line}” in {seconds} s")
        time.sleep(0.2)


@dataclass
class Yima:
    """The service on one database; can be started anew, which empties every worker's memory."""

    url: str
    key: str
    port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    listener: socket.socket | None = None
    entrance: Entrance | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Authentication of every request; its cost is part of what is measured."""
        return {"X-API-Key": self.key}

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [process.pid for process in self.processes]

    def start(self, **given: str) -> None:
        """Two workers behind one entrance, with these settings besides the usual; returns when each of them has the county in memory."""
        log = STATE / "yima.log"
        before = log.stat().st_size if log.exists() else 0
        env = {**os.environ, "YIMA_DATABASE_URL": self.url, "YIMA_STATE_DIR": str(STATE), "YIMA_TODAY": TODAY.isoformat(), **given}
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(BACKLOG)
        self.listener, self.entrance = listener, Entrance(listener)
        for _ in range(WORKERS):
            with self.entrance.place() as line:
                argv = [sys.executable, "-m", "app.supervisor", "--web-fd", str(line.fileno())]
                self.processes.append(launch(argv, env, log, (line.fileno(),)))
        answering(self.port, "/healthz", self.processes, log)
        for client in one_each(self.port, self.pids, self.headers).values():
            client.get("/collections/parcels/items?limit=1")
            client.close()
        if env.get("YIMA_MAP_MEMORY_MB") != "0":
            reported(log, before, " in memory: ", WORKERS)

    def stop(self) -> None:
        """End both workers."""
        if self.entrance and self.listener:
            self.entrance.close()
            self.listener.close()
            self.entrance = self.listener = None
        finish(self.processes)
        self.processes = []

    def restart(self, **given: str) -> None:
        """Empty memories; settings given last until the next restart."""
        self.stop()
        self.start(**given)


@contextmanager
def serving(url: str, key: str) -> Iterator[Yima]:
    """The service on a database, stopped at the end."""
    service = Yima(url, key)
    try:
        service.start()
        yield service
    finally:
        service.stop()
