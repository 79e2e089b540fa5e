"""HTTP load with wrk over a file of addresses; bare queries with pgbench. Rates are requests a second of the whole run."""

import json
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from app import cluster

FEW = 12
SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Load:
    """What a run of wrk said: rate in requests/s, milliseconds, bytes an answer, errors of any kind."""

    requests: int
    seconds: float
    bytes: int
    errors: int
    p50: float
    p99: float
    slowest: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds if self.seconds else 0.0

    @property
    def size(self) -> float:
        """Bytes of one answer with its headers."""
        return self.bytes / self.requests if self.requests else 0.0


def read_load(text: str) -> Load:
    """The line of JSON that load.lua printed among wrk's own."""
    line = next((part for part in text.splitlines() if part.startswith("{")), None)
    if line is None:
        raise RuntimeError(f"wrk said nothing of use: {text[-400:]}")
    said = json.loads(line)
    errors = said["network_errors"] + said["status_errors"] + said["timeouts"]
    return Load(
        said["requests"], said["microseconds"] / 1e6, said["bytes"], errors, said["p50"] / 1000, said["p99"] / 1000, said["max"] / 1000
    )


def paths_file(paths: Sequence[str], tags: Sequence[str] = ()) -> Path:
    """A file of addresses for load.lua, each with its ETag where there is one."""
    lines = [f"{path}\t{tag}" for path, tag in zip(paths, tags, strict=True)] if tags else paths
    with tempfile.NamedTemporaryFile("w", prefix="yima-bench-", suffix=".paths", delete=False) as file:
        file.write("\n".join(lines) + "\n")
    return Path(file.name)


@dataclass(frozen=True)
class Target:
    """A server's addresses of one kind of work."""

    port: int
    paths: Path
    headers: tuple[tuple[str, str], ...] = ()

    def run(self, seconds: int, *, clients: int = 4, first: int = 0) -> Load:
        """wrk with one thread and so many connections."""
        headers = [part for name, value in self.headers for part in ("-H", f"{name}: {value}")]
        argv = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "60s", *headers, "-s", str(SCRIPT)]
        argv += [f"http://127.0.0.1:{self.port}", "--", str(self.paths), str(first)]
        made = subprocess.run(argv, capture_output=True, text=True, check=False)
        if made.returncode:
            raise RuntimeError(f"wrk: {made.stderr.strip() or made.stdout.strip()}")
        return read_load(made.stdout)


def pgbench_rate(text: str) -> float:
    """Transactions a second, without the time to connect."""
    found = re.search(r"tps = ([0-9.]+) \(without initial connection time\)", text)
    if found is None:
        raise RuntimeError(f"pgbench said no rate: {text[-400:]}")
    return float(found[1])


@dataclass(frozen=True)
class Bare:
    """A bare query under pgbench: prepared, 4 clients, 1 thread."""

    url: str
    script: str

    def run(self, seconds: int) -> float:
        """Queries a second."""
        with tempfile.NamedTemporaryFile("w", prefix="yima-bench-", suffix=".sql") as file:
            file.write(self.script)
            file.flush()
            argv = [
                str(cluster.bin_dir() / "pgbench"),
                "-n",
                "-M",
                "prepared",
                "-c",
                "4",
                "-j",
                "1",
                "-T",
                str(seconds),
                "-f",
                file.name,
                self.url,
            ]
            made = subprocess.run(argv, capture_output=True, text=True, check=False)
        if made.returncode:
            raise RuntimeError(f"pgbench: {made.stderr.strip()}")
        return pgbench_rate(made.stdout)


def steady(target: Target, seconds: int) -> Callable[[int], float]:
    """A contestant of `in_turn`: rate of 4 clients, further on in the addresses each round. What failed is an error, not speed.

    A server that hardly answered gets four times as long: nobody wins against one that was not measured."""

    def run(number: int) -> float:
        made = target.run(seconds, first=number * 137)
        if made.requests < FEW and not made.errors:
            made = target.run(4 * seconds, first=number * 137)
        if made.errors:
            raise RuntimeError(f"port {target.port}: {made.errors} errors in {made.requests} requests")
        if not made.requests:
            raise RuntimeError(f"port {target.port}: no answer within {4 * seconds} s")
        return made.rate

    return run


class Runs(dict[str, list[float]]):
    """Rates of each contestant by round; `cpu` milliseconds of CPU a request (server, database and client together), likewise."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__({name: [] for name in names})
        self.cpu: Runs | None = None


def in_turn(
    contestants: dict[str, Callable[[int], float]],
    rounds: int,
    tell: Callable[[str], None],
    cpu: Callable[[], float] = lambda: 0.0,
) -> Runs:
    """Each contestant once a round, in turn, so that whatever else happens on the machine meets all alike."""
    runs, runs_cpu = Runs(contestants), Runs(contestants)
    for number in range(rounds):
        for name, run in contestants.items():
            before, since = cpu(), time.monotonic()
            rate = run(number)
            used, took = cpu() - before, time.monotonic() - since
            runs[name].append(rate)
            runs_cpu[name].append(used * 1000 / (rate * took) if rate else float("inf"))
            tell(f"{number + 1}/{rounds} {name} {rate:.1f}/s" + (f", CPU {runs_cpu[name][-1]:.2f} ms" if used else ""))
    runs.cpu = runs_cpu
    return runs


def ratio(runs: dict[str, list[float]], ours: str, other: str) -> float:
    """Median of the rounds' ratios; ValueError when a round of either has no rate, as no figure may come of that."""
    if not all((*runs[ours], *runs[other])):
        raise ValueError(f"{ours} or {other} was not measured: {runs[ours]}, {runs[other]}")
    return median(a / b for a, b in zip(runs[ours], runs[other], strict=True))


def beside(runs: dict[str, list[float]], ours: str, peer: str) -> float:
    """Our median round by the peer's fastest one: the kernel spreads connections over a peer's processes by chance, at times all to one."""
    ratio(runs, ours, peer)  # says what was not measured
    return median(runs[ours]) / max(runs[peer])
