"""CPU time that processes have used: on a machine with other work it tells more than the clock does."""

import os
import resource
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def read_stat(text: str) -> tuple[int, float, float]:
    """(parent's pid, own seconds, seconds of children that ended and were waited for) of /proc/PID/stat."""
    values = text.rpartition(")")[2].split()
    own, children = int(values[11]) + int(values[12]), int(values[13]) + int(values[14])
    return int(values[1]), own / TICKS, children / TICKS


def spent(roots: Iterable[int]) -> float:
    """Seconds used by these processes and all below them, those that ended included; and by our own children that ended (wrk)."""
    stats: dict[int, tuple[int, float, float]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stats[int(path.parent.name)] = read_stat(path.read_text())
        except OSError:  # ended meanwhile
            continue
    wanted, seconds = {pid for pid in roots if pid in stats}, 0.0
    while True:
        more = {pid for pid, (parent, _, _) in stats.items() if parent in wanted and pid not in wanted}
        if not more:
            break
        wanted |= more
    seconds = sum(own + ended for pid, (_, own, ended) in stats.items() if pid in wanted)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds + used.ru_utime + used.ru_stime
