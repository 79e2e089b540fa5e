"""HTTP/1.1 as the web workers speak it: what is no request at all (an address over 64 kB, octets that are no HTTP) is a problem too."""

import json
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.core.errors import RequestUnreadable


class Protocol(HttpToolsProtocol):
    """uvicorn's, with its own refusal written as RFC 9457; says when its connection has ended."""

    def __init__(self, *args: Any, left: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._left = left

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side, or we, hung up."""
        super().connection_lost(exc)
        self._left()

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
