"""A plain keep-alive HTTP client, and which server process is at the other end of a connection."""

import http.client
import json
import os
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One answer and the milliseconds until its last byte."""

    status: int
    headers: dict[str, str]
    body: bytes
    ms: float

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """One connection to 127.0.0.1:port; connects again when the server has closed it."""

    def __init__(self, port: int, headers: dict[str, str] | None = None, timeout: float = 120) -> None:
        self.port, self.headers, self.timeout = port, headers or {}, timeout
        self._conn: http.client.HTTPConnection | None = None
        self.connects = 0

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        """GET; errors of the network propagate after a second try."""
        return self.ask("GET", path, headers=headers)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """One request. A connection that was closed while idle is opened again, once; only then is anything sent twice."""
        is_fresh = self._conn is None
        try:
            return self._once(method, path, body, headers)
        except (ConnectionError, http.client.RemoteDisconnected, http.client.CannotSendRequest):
            self.close()
            if is_fresh:
                raise
            return self._once(method, path, body, headers)

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str] | None) -> Answer:
        if self._conn is None:
            self._conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
            self._conn.connect()
            self.connects += 1
            self._conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        since = time.perf_counter()
        self._conn.request(method, path, body=body, headers={**self.headers, **(headers or {})})
        answer = self._conn.getresponse()
        content = answer.read()
        took = (time.perf_counter() - since) * 1000
        said = {name.lower(): value for name, value in answer.getheaders()}
        if said.get("connection", "").lower() == "close":
            self.close()
        return Answer(answer.status, said, content, took)

    def close(self) -> None:
        """End the connection."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def worker(self, pids: Iterable[int]) -> int | None:
        """Which of these processes holds the other end of this connection (after a first answer)."""
        if self._conn is None or self._conn.sock is None:
            return None
        inode = peer_inode(self._conn.sock.getsockname()[1], self.port)
        return next((pid for pid in pids if inode is not None and holds(pid, inode)), None)


def peer_inode(own_port: int, server_port: int) -> int | None:
    """Inode of the server's socket of this connection, from the kernel's table of TCP connections."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        parts = line.split()
        if int(parts[1].split(":")[1], 16) == server_port and int(parts[2].split(":")[1], 16) == own_port:
            return int(parts[9])
    return None


def holds(pid: int, inode: int) -> bool:
    """Whether the process has this socket open."""
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            if os.readlink(link) == f"socket:[{inode}]":  # noqa: PTH115
                return True
    return False


def one_each(port: int, pids: list[int], headers: dict[str, str], probe: str = "/healthz", tries: int = 200) -> dict[int, Client]:
    """A connection to every worker: connects until each of them has answered."""
    found: dict[int, Client] = {}
    others: list[Client] = []
    for _ in range(tries):
        client = Client(port, headers)
        client.get(probe)
        pid = client.worker(pids)
        if pid is not None and pid not in found:
            found[pid] = client
        else:
            others.append(client)  # stays open, so that the next connection goes elsewhere
            time.sleep(0.02)  # a worker may still be starting
        if len(found) == len(pids):
            break
    for client in others:
        client.close()
    if len(found) < len(pids):
        raise RuntimeError(f"only workers {sorted(found)} of {pids} answered {tries} connections")
    return found
