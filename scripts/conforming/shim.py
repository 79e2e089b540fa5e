"""A proxy on the loopback that adds an API key, for clients that can't send a header, and keeps the request lines to see what they ask."""

import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import unquote_plus, urlsplit

DROPPED = {"connection", "transfer-encoding", "keep-alive"}


class Handler(BaseHTTPRequestHandler):
    """Forwards GET and HEAD with the Host the client used, so that links lead back here."""

    protocol_version = "HTTP/1.1"
    target: ClassVar[str]
    key: ClassVar[str]
    seen: ClassVar[list[tuple[str, int]]] = []

    def do_GET(self) -> None:
        connection = HTTPConnection(self.target, timeout=60)
        sent = {k: v for k, v in self.headers.items() if k.lower() not in DROPPED}
        connection.request(self.command, self.path, headers=sent | {"X-API-Key": self.key})
        answer = connection.getresponse()
        body = answer.read()
        self.seen.append((unquote_plus(self.path), answer.status))
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in DROPPED | {"content-length"}:
                self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
        connection.close()

    do_HEAD = do_GET  # noqa: N815 (the name that http.server calls)

    def log_message(self, format: str, *args: object) -> None:
        """Kept in `seen` instead."""


class Shim:
    """`with Shim(url, key) as shim`: shim.url to ask, shim.lines() for what was asked since the last call."""

    def __init__(self, url: str, key: str) -> None:
        kind = type("Bound", (Handler,), {"target": urlsplit(url).netloc, "key": key, "seen": []})
        self._kind, self._server = kind, ThreadingHTTPServer(("127.0.0.1", 0), kind)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Shim":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()

    def lines(self) -> list[tuple[str, int]]:
        """Paths (decoded) and statuses of the requests since the last call."""
        found = list(self._kind.seen)
        self._kind.seen.clear()
        return found
