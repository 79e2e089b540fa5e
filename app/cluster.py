"""The private PostgreSQL + PostGIS cluster used when YIMA_DATABASE_URL is unset.

Standard library only: `scripts/*` call it before, and without, the rest of the service.
Nobody else on the machine can connect: the server listens on one unix socket in a 0700 directory
(its owner and root pass, so `trust` inside is safe) and on no TCP address.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

PORT = 5432  # only names the socket file; every cluster has its own directory
SOCKET_LIMIT = 107  # sockaddr_un.sun_path less its closing NUL
FALLBACK_HOME = Path("/var/lib/yima")


def _memory_mb() -> int:
    """MiB of this machine, or of the container where that has less."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # "max": no limit
        whole = min(whole, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return whole >> 20


SETTINGS = {  # the machine also runs the service; an eighth for the buffers: 3 GiB of 24 hold the map of a million parcels
    "listen_addresses": "", "max_connections": "100", "shared_buffers": f"{min(max(_memory_mb() // 8, 128), 4096)}MB", "work_mem": "32MB",
    "maintenance_work_mem": "256MB", "effective_cache_size": f"{_memory_mb() // 3}MB", "random_page_cost": "1.1",
    "wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "4GB",
    "timezone": "Asia/Shanghai", "lc_messages": "C", "logging_collector": "off",
}  # fmt: skip
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "33554432"}
"""glibc, for the server: an answer above 128 kB would take its memory from the kernel and give it back each time, page by page."""
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}  # throw-away test data only
_SORTED = """SELECT 'ALTER OPERATOR FAMILY box_ops USING gist ADD FUNCTION 11 (box) gist_point_sortsupport(internal)' WHERE NOT EXISTS
  (SELECT FROM pg_amproc WHERE amproclefttype = 'box'::regtype AND amproc = 'gist_point_sortsupport(internal)'::regprocedure) \\gexec"""
"""Boxes are sorted when a GiST index is built, as points are: ten times as fast. Each database has its own operator families."""
BOOTSTRAP = f"""
SELECT 'CREATE ROLE yima LOGIN CREATEROLE CREATEDB' WHERE to_regrole('yima') IS NULL \\gexec
SELECT 'CREATE DATABASE template_yima OWNER yima' WHERE NOT EXISTS
  (SELECT FROM pg_database WHERE datname = 'template_yima') \\gexec
\\connect template_yima
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
{_SORTED}
\\connect postgres
ALTER DATABASE template_yima IS_TEMPLATE true;
SELECT 'CREATE DATABASE yima OWNER yima TEMPLATE template_yima' WHERE NOT EXISTS
  (SELECT FROM pg_database WHERE datname = 'yima') \\gexec
\\connect yima
{_SORTED}
"""


class ClusterError(Exception):
    """Says to a person what to do."""


def bin_dir(data: Path | None = None) -> Path:
    """The server's programs: the version the data was made with, else the newest one that has PostGIS."""
    found = {p.parent.name: p for p in Path("/usr/lib/postgresql").glob("*/bin")
             if Path(f"/usr/share/postgresql/{p.parent.name}/extension/postgis.control").exists()}  # fmt: skip
    wanted = (data / "PG_VERSION").read_text().strip() if data and (data / "PG_VERSION").exists() else None
    if wanted and wanted not in found:
        raise ClusterError(f"数据目录 {data} 属于 PostgreSQL {wanted}, 本机没有该版本的 PostGIS (postgresql-{wanted}-postgis-3)")
    if not found:
        raise ClusterError("没有找到带 PostGIS 的 PostgreSQL (Debian: apt install postgresql-15-postgis-3)")
    return found[wanted or max(found, key=int)]


def server_user() -> pwd.struct_passwd:
    """Who the server runs as: the caller, but never root (PostgreSQL refuses root)."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise ClusterError("以 root 启动需要系统用户 postgres 或 nobody")


def _identity() -> dict[str, Any]:
    """Popen's options: cwd=/ as the other user may not reach ours, own session as Ctrl-C is for the supervisor."""
    user = server_user()
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    return {"cwd": "/", "start_new_session": True, **who}


def _as_server(argv: list[str], text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, input=text or "", text=True, capture_output=True, check=False, **_identity())


def home(state_dir: Path) -> Path:
    """Where `postgres/` and `pgsock/` lie: the state folder, or where `postgres.path` points to."""
    pointer = state_dir / "postgres.path"
    return Path(pointer.read_text().strip()).parent if pointer.exists() else state_dir


def _choose_home(state_dir: Path) -> Path:
    if (state_dir / "postgres.path").exists() or (state_dir / "postgres").exists():
        return home(state_dir)
    if os.geteuid() != 0 or _as_server(["test", "-x", str(state_dir)]).returncode == 0:
        return state_dir
    place = FALLBACK_HOME / hashlib.sha1(str(state_dir).encode()).hexdigest()
    if place.exists():  # left by a deleted folder of the same path: not ours to use, nor to destroy
        place.rename(place.with_name(f"{place.name}.old-{int(time.time())}"))
    (state_dir / "postgres.path").write_text(f"{place / 'postgres'}\n")
    return place


def socket_dir(base: Path, uid: int) -> Path:
    """Beside the data unless the path is too long for a unix socket."""
    near = base / "pgsock"
    if len(os.fsencode(near / f".s.PGSQL.{PORT}")) < SOCKET_LIMIT:
        return near
    return Path("/tmp", f"yima-{uid}-{hashlib.sha1(os.fsencode(base)).hexdigest()[:12]}")


def _passable(path: Path) -> None:
    """Make it when missing; others pass through, but can't list. chmod, as the umask may be 077."""
    if not path.exists():
        path.mkdir(parents=True)
        path.chmod(0o711)


def _private_dir(path: Path, user: pwd.struct_passwd) -> None:
    path.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0 and path.lstat().st_uid == 0:
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    now = path.lstat()  # in /tmp somebody else may have been first
    if not stat.S_ISDIR(now.st_mode) or now.st_uid != user.pw_uid or stat.S_IMODE(now.st_mode) != 0o700:
        raise ClusterError(f"{path} 不是用户 {user.pw_name} 的 0700 目录; 请删除后重试")


def _pid(data: Path) -> tuple[int, str] | None:
    """Process id and status word of a live server on this data; None when the pid file is missing or stale."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes() if Path("/proc/self").exists() else os.fsencode(data)
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return None
    return (pid, lines[7].strip() if len(lines) > 7 else "starting") if os.fsencode(data) in command else None


def is_ready(state_dir: Path | str) -> bool:
    running = _pid(home(Path(state_dir).resolve()) / "postgres")
    return running is not None and running[1] == "ready"


def _url(directory: Path, database: str = "yima", role: str = "yima") -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(directory))}&port={PORT}"


def url(state_dir: Path | str) -> str:
    """The address that `start` wrote. Cheap: reads one small file."""
    try:
        return (Path(state_dir) / "postgres.url").read_text().strip()
    except FileNotFoundError:
        raise ClusterError("内置数据库没有启动: 运行 ./scripts/run 或 python -m app.cluster start") from None


def die_with_parent(sig: int = signal.SIGKILL) -> None:
    """In a child before exec: the kernel sends `sig` when the parent dies, also by kill -9 (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, sig)  # PR_SET_PDEATHSIG


def start(state_dir: Path | str, fast: bool = False, *, bound: bool = False, cancelled: Callable[[], bool] = lambda: False) -> str:
    """Make the cluster if missing, start it if stopped, wait until it answers; returns its URL.

    `bound` ties the server's life to the calling process (fast shutdown when that dies)."""
    state = Path(state_dir).resolve()
    _passable(state)
    user, base = server_user(), _choose_home(state)
    for folder in (base.parent, base) if base != state else ():
        _passable(folder)
    data, sockets = base / "postgres", socket_dir(base, user.pw_uid)
    _private_dir(sockets, user)
    programs = bin_dir(data)
    if not (data / "PG_VERSION").exists() or not (data / "postgresql.conf").exists():
        _make(programs, data, user)
    if not ((running := _pid(data)) and running[1] == "ready"):
        _launch(programs, data, sockets, fast, bound, cancelled)
    done, wanted = data / "yima.ready", hashlib.sha256(BOOTSTRAP.encode()).hexdigest()
    if not done.exists() or done.read_text() != wanted:  # also where an earlier version made the cluster
        as_owner = _url(sockets, "postgres", "postgres")
        made = _as_server([str(programs / "psql"), "-Xqw", "-v", "ON_ERROR_STOP=1", "-f", "-", as_owner], BOOTSTRAP)
        if made.returncode:
            raise ClusterError(f"建库失败: {made.stderr.strip()}")
        done.write_text(wanted)
    (state / "postgres.url").write_text(_url(sockets) + "\n")
    return _url(sockets)


def _make(programs: Path, data: Path, user: pwd.struct_passwd) -> None:
    fresh = data.with_name("postgres.new")  # renamed when whole: a killed initdb leaves no half cluster
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)
    _private_dir(fresh, user)
    made = _as_server([str(programs / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=trust",
                       "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])  # fmt: skip
    if made.returncode:
        raise ClusterError(f"initdb 失败: {made.stderr.strip()}")
    fresh.rename(data)


def _launch(programs: Path, data: Path, sockets: Path, fast: bool, bound: bool, cancelled: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300  # recovery after a power cut may take minutes
    while (old := _pid(data)) and old[1] in ("stopping", "starting"):  # the last one, bound to a killed parent
        if time.monotonic() > deadline or cancelled():
            raise ClusterError(f"原数据库进程 {old[0]} 尚未结束")
        time.sleep(0.1)
    if old:
        return
    _clear_stale(data, sockets)
    log = data.with_name("postgres.log")
    options = SETTINGS | {"unix_socket_directories": str(sockets), "port": str(PORT)} | (FAST if fast else {})
    argv = [str(programs / "postgres"), "-D", str(data), *(a for k, v in options.items() for a in ("-c", f"{k}={v}"))]
    with log.open("ab") as out:
        # CPython runs preexec_fn after setuid, which would clear the death signal
        tie = partial(die_with_parent, signal.SIGINT) if bound else None
        server = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=tie, env=os.environ | MALLOC, **_identity()
        )
    while not ((now := _pid(data)) and now[0] == server.pid and now[1] == "ready"):
        if server.poll() is not None:
            raise ClusterError(f"数据库没有启动, 见 {log}:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-8:]))
        if time.monotonic() > deadline or cancelled():
            server.send_signal(signal.SIGINT)
            server.wait()
            raise ClusterError("数据库启动已取消或超时")
        time.sleep(0.05)


def _clear_stale(data: Path, sockets: Path) -> None:
    """After kill -9 the old pid may be a zombie or another program; PostgreSQL would take it for a live server.

    Removing its locks is safe once no process works in the data folder (every backend has it as its cwd)."""
    try:
        os.kill(int((data / "postmaster.pid").read_text().splitlines()[0]), 0)
    except (OSError, ValueError, IndexError):
        return  # no file, or a pid that doesn't exist: PostgreSQL sees that itself
    deadline = time.monotonic() + 30
    while _at_work(data):
        if time.monotonic() > deadline:
            raise ClusterError(f"仍有进程在使用 {data}")
        time.sleep(0.1)
    for lock in (data / "postmaster.pid", sockets / f".s.PGSQL.{PORT}.lock"):
        lock.unlink(missing_ok=True)


def _at_work(data: Path) -> bool:
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):  # gone, a zombie, or another user's
            if link.readlink() == data:
                return True
    return False


def stop(state_dir: Path | str, timeout: float = 30) -> bool:
    """Fast shutdown, then immediate (recovers at the next start); False when nothing was running."""
    data = home(Path(state_dir).resolve()) / "postgres"
    if not (running := _pid(data)):
        return False
    for sig, wait in ((signal.SIGINT, timeout), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.kill(running[0], sig)
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            with suppress(ChildProcessError):
                os.waitpid(running[0], os.WNOHANG)  # reap it when it is our own child
            if not (now := _pid(data)) or now[0] != running[0]:
                return True
            time.sleep(0.05)
    return True


def drop(state_dir: Path | str) -> None:
    """Stop the cluster and delete its data."""
    state = Path(state_dir).resolve()
    stop(state)
    base = home(state)
    for place in (socket_dir(base, server_user().pw_uid), base / "postgres.new", base / "postgres"):
        shutil.rmtree(place, ignore_errors=True)
    if base != state:
        shutil.rmtree(base, ignore_errors=True)
    for name in ("postgres.url", "postgres.log", "postgres.path"):
        (state / name).unlink(missing_ok=True)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="python -m app.cluster", description="内置 PostgreSQL+PostGIS")
    p.add_argument("action", choices=["start", "stop", "drop", "url", "status", "bindir"])
    p.add_argument("--state-dir", type=Path, default=Path(os.environ.get("YIMA_STATE_DIR") or ".local"))
    p.add_argument("--fast", action="store_true", help="不落盘 (fsync=off), 只用于测试")
    return p


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        if args.action == "start":
            print(start(args.state_dir, args.fast))
        elif args.action == "stop":
            print("已停止" if stop(args.state_dir) else "没有在运行")
        elif args.action == "drop":
            drop(args.state_dir)
        elif args.action == "url":
            print(url(args.state_dir))
        elif args.action == "bindir":
            print(bin_dir())
        else:
            running = _pid(home(args.state_dir.resolve()) / "postgres")
            print(f"pid {running[0]} {running[1]}" if running else "没有在运行")
            return 0 if running else 3
    except ClusterError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
