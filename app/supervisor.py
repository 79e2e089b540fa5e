"""One process over all that `./scripts/run` starts: the private cluster, migrations, the demo county, web and job workers.

Children die with it, also after kill -9. It does nothing but start, watch, restart and stop, and hand connections
on to the workers (`app.entrance`): no request passes through here.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import IO

from app import cluster
from app.entrance import BACKLOG, Entrance

ROOT = Path(__file__).resolve().parents[1]
STEPS = 7  # scripts/run does 1-3 (Python, PostGIS, console), this module 4-7
WEB_WORKERS = 2
DEMO_TODAY = "2025-09-30"  # the day the demo county lives at, inside 慈溪's plan period
GRACE = 10.0  # seconds between SIGTERM and SIGKILL
STATE = ("demo-accounts.json", "demo*", "evidence", "uploads", "exports", "imports", "unpacked", "secret*")  # what --reset drops


class StepFailed(Exception):
    """A step before serving did not succeed; the message is for a person."""


@dataclass
class Child:
    """A process to keep alive."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    not_before: float = 0.0


def spawn(argv: list[str], pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    # own session: Ctrl-C reaches only the supervisor, which stops its children in order, each with its grandchildren
    return subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=pass_fds,
                            start_new_session=True, preexec_fn=cluster.die_with_parent)  # fmt: skip


def spawn_web(entrance: Entrance) -> subprocess.Popen[bytes]:
    """A web worker at a new place of the entrance."""
    with entrance.place() as line:
        return spawn([sys.executable, "-m", "app.supervisor", "--web-fd", str(line.fileno())], (line.fileno(),))


def terminate(processes: list[subprocess.Popen[bytes]], grace: float = GRACE) -> None:
    """SIGTERM to all, wait together, then SIGKILL whatever is left of their process groups."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + grace
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def backoff(failures: int) -> float:
    """Seconds before the next try: 0.5, 1, 2 … 30."""
    return float(min(30.0, 0.5 * 2 ** min(failures - 1, 10)))


class Supervisor:
    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.state = Path(os.environ.get("YIMA_STATE_DIR") or ROOT / ".local").resolve()
        self.embedded = not os.environ.get("YIMA_DATABASE_URL")
        self.stopping = Event()
        self.children: list[Child] = []
        self.owns_cluster = False
        self.entrance: Entrance | None = None

    def run(self) -> int:
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(sig, lambda *_: self.stopping.set())
        os.environ["YIMA_STATE_DIR"] = str(self.state)  # children may not share our idea of the default
        if self.args.no_demo:
            os.environ["YIMA_DEMO"] = "false"  # /readyz doesn't wait for it
        else:
            os.environ.setdefault("YIMA_TODAY", DEMO_TODAY)
        lock: IO[str] | None = None
        listener: socket.socket | None = None
        try:
            lock = self._lock()
            listener = self._bind()
            if self.args.reset:
                self._reset()
            self._prepare()
            if not self.stopping.is_set():
                self._serve(listener)
        except (StepFailed, cluster.ClusterError) as problem:
            if not self.stopping.is_set():
                print(f"启动失败: {problem}", file=sys.stderr, flush=True)
                return 1
        finally:
            if self.entrance:
                self.entrance.close()
            terminate([c.process for c in self.children if c.process])
            if self.owns_cluster:
                cluster.stop(self.state, timeout=12)
            if listener:
                listener.close()
            if lock:
                lock.close()  # last: the next start may begin now
        print("已停止", flush=True)
        return 0

    def _lock(self) -> IO[str]:
        """One supervisor a state folder; the kernel frees the lock when its holder dies in whatever way."""
        self.state.mkdir(mode=0o711, parents=True, exist_ok=True)
        lock = (self.state / "run.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StepFailed(f"{self.state} 已由进程 {lock.read().strip()} 使用; 请先停止它") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return lock

    def _bind(self) -> socket.socket:
        """Take the port now (a clash is told before the long steps), listen only when there is something to answer."""
        host, port = os.environ.get("YIMA_HOST") or "127.0.0.1", self.args.port
        try:
            family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, proto) as probe:
                if probe.connect_ex(address) == 0:
                    raise StepFailed(f"端口 {port} 已被占用; 用 --port 换一个")
            listener = socket.socket(family, kind, proto)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # TIME_WAIT of the last run
            listener.bind(address)
        except OSError as problem:
            raise StepFailed(f"不能使用 {host}:{port}: {problem.strerror or problem}; 用 --port 换一个") from problem
        return listener

    def _reset(self) -> None:
        print("--reset: 删除内置数据库和状态", flush=True)
        cluster.drop(self.state)
        for pattern in STATE:
            for path in self.state.glob(pattern):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def _prepare(self) -> None:
        here = Path(sys.executable).parent
        if self.embedded:
            with Step(4, "数据库"):
                self._start_cluster()
        else:
            print(f"[4/{STEPS}] 数据库 … 使用 YIMA_DATABASE_URL", flush=True)
        check = [sys.executable, "-m", "app.prepared"] + ([] if self.args.no_demo else ["--demo"])
        if subprocess.run(check, cwd=ROOT, check=False).returncode == 0:
            print(f"[5/{STEPS}] 数据库迁移 … 已是最新\n[6/{STEPS}] 数据 … 已装载", flush=True)
            return
        self._command(5, "数据库迁移", [str(here / "alembic"), "upgrade", "head"])
        if self.args.no_demo:
            self._command(6, "行政区划 (不装演示县)", [str(here / "yima"), "setup"])
        else:
            self._command(6, "演示县", [str(here / "yima"), "demo", "load"])

    def _start_cluster(self) -> None:
        # one that somebody started by hand is used, and left running afterwards
        self.owns_cluster = self.owns_cluster or not cluster.is_ready(self.state)
        cluster.start(self.state, bound=True, cancelled=self.stopping.is_set)

    def _command(self, number: int, title: str, argv: list[str]) -> None:
        """Run one step to its end, or stop it when told to."""
        if self.stopping.is_set():
            raise StepFailed("已取消")
        with Step(number, title):
            process = spawn(argv)
            while process.poll() is None and not self.stopping.wait(0.1):
                pass
            if process.poll() is None:
                terminate([process])
                raise StepFailed("已取消")
            if process.returncode and not self.stopping.is_set():
                raise StepFailed(f"{title}: {' '.join(argv)} 返回 {process.returncode}")

    def _serve(self, listener: socket.socket) -> None:
        try:
            listener.listen(BACKLOG)
        except OSError as problem:
            raise StepFailed(f"端口 {self.args.port} 刚被别人占用: {problem.strerror}") from problem
        host, port = listener.getsockname()[:2]
        self.entrance = Entrance(listener)
        self.children = [Child(f"web-{n}", partial(spawn_web, self.entrance)) for n in range(1, WEB_WORKERS + 1)]
        self.children.append(Child("jobs", partial(spawn, [sys.executable, "-m", "app.worker"])))
        print(f"[7/{STEPS}] 服务 … http://{host}:{port} (Ctrl-C 停止)", flush=True)
        while not self.stopping.is_set():
            if self.owns_cluster and not cluster.is_ready(self.state):
                print("数据库已退出, 重新启动", file=sys.stderr, flush=True)
                self._start_cluster()
            for child in self.children:
                keep_alive(child, time.monotonic())
            self.stopping.wait(0.5)


def keep_alive(child: Child, now: float) -> None:
    """Start a child that isn't running, later and later while it keeps dying."""
    if child.process is not None:
        if child.process.poll() is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)  # what it left behind
        child.failures = 1 if now - child.started > 60 else child.failures + 1
        child.not_before = now + backoff(child.failures)
        code, child.process = child.process.returncode, None
        print(f"{child.name} 已退出 ({code}), {backoff(child.failures):g} 秒后重启", file=sys.stderr, flush=True)
    if now >= child.not_before:
        child.process, child.started = child.start(), now


class Step:
    """Prints `[n/7] title … 3.2 s` around a step."""

    def __init__(self, number: int, title: str) -> None:
        self.label = f"[{number}/{STEPS}] {title} …"

    def __enter__(self) -> None:
        self.since = time.monotonic()
        print(self.label, flush=True)

    def __exit__(self, kind: object, *_: object) -> None:
        print(f"{self.label} {'失败, ' if kind else ''}{time.monotonic() - self.since:.1f} s", flush=True)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="./scripts/run", description="启动一码管地: 数据库、迁移、演示县、服务")
    p.add_argument("--port", type=int, default=8000, help="端口 (默认 8000)")
    p.add_argument("--no-demo", action="store_true", help="不装演示县")
    p.add_argument("--reset", action="store_true", help="删除内置数据库和状态后重建")
    p.add_argument("--web-fd", type=int, help=argparse.SUPPRESS)
    return p


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    if args.web_fd is not None:
        from app import webworker  # the supervisor itself stays small

        webworker.serve(args.web_fd, grace=int(GRACE) - 2)
        return 0
    if args.reset and os.environ.get("YIMA_DATABASE_URL"):
        print("--reset 只用于内置数据库; 已设置 YIMA_DATABASE_URL, 不会删除别人的数据库", file=sys.stderr)
        return 2
    return Supervisor(args).run()


if __name__ == "__main__":
    sys.exit(main())
