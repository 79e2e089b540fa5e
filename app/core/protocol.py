"""HTTP/1.1 as the web workers speak it: what is no request at all (an address over 64 kB, octets that are no HTTP) is a problem too."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.core.errors import RequestUnreadable

WHOLE = "yima.whole"
"""ASGI extension of a request: takes status, headers and body at once."""


class Protocol(HttpToolsProtocol):
    """uvicorn's, with its own refusal written as RFC 9457; says when its connection has ended."""

    def __init__(self, *args: Any, left: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._left = left

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side, or we, hung up."""
        super().connection_lost(exc)
        self._left()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        scope: dict[str, Any] = cycle.scope  # type: ignore[assignment]
        scope["extensions"] = {WHOLE: partial(self._send_whole, cycle)}
        super()._start_asgi_task(cycle, app)

    def _send_whole(self, cycle: RequestResponseCycle, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bool:
        """Send an answer that is ready, with its content-length, in one write; False: it has to go part by part.

        uvicorn searches each header octet by octet and writes twice; here three look-ups tell that none holds what could end it.
        """
        if self.flow.write_paused or cycle.disconnected or cycle.response_started or cycle.scope["method"] == "HEAD":
            return False
        every = [b"%b: %b\r\n" % pair for pair in (*self.server_state.default_headers, *headers)]
        head = b"".join([STATUS_LINE[status], *every, b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"])
        if head.count(b"\n") != len(every) + (2 if cycle.keep_alive else 3) or head.count(b"\r") != head.count(b"\n") or b"\0" in head:
            return False  # uvicorn refuses it
        cycle.response_started = cycle.response_complete = True
        self.transport.writelines([head, body])
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        return True

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (uvicorn's words, in English)
        """The answer to octets that the parser gave up on; the connection ends with it."""
        body = json.dumps(
            RequestUnreadable(hint="地址不超过 64 kB;较大的范围请用 POST /api/analysis/overlay").body(), ensure_ascii=False
        ).encode()
        head = (
            b"HTTP/1.1 400 Bad Request",
            b"content-type: application/problem+json",
            b"content-length: %d" % len(body),
            b"connection: close",
        )
        self.transport.write(b"\r\n".join((*head, b"", body)))
        self.transport.close()
