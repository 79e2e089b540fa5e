"""An answer sent whole reads octet by octet as the one that uvicorn sends part by part."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from fastapi import Response
from uvicorn.server import ServerState

from app.core.protocol import WHOLE, Protocol

ANSWERS = {
    "/plain": Response(b'{"a":1}', media_type="application/geo+json", headers={"ETag": 'W/"1"', "Link": "<http://x/?q=a%20b>; rel=self"}),
    "/unchanged": Response(status_code=304, headers={"ETag": 'W/"1"'}),
    "/large": Response(b"x" * 3_000_000),
    "/split": Response(b"x", headers={"Link": "a\r\nSet-Cookie: b=c"}),
    "/torn": Response(b"x", headers={"Link": "a\rb"}),
    "/nul": Response(b"x", headers={"Link": "a\0b"}),
}


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        answer = ANSWERS[scope["path"]]
        is_whole = scope["query_string"] == b"whole" and scope["extensions"][WHOLE](answer.status_code, answer.raw_headers, answer.body)
        if not is_whole:
            await answer(scope, receive, send)

    state = ServerState()
    state.default_headers = [(b"server", b"yima")]
    config = uvicorn.Config(app, access_log=False, log_config=None)
    server = await asyncio.get_running_loop().create_server(lambda: Protocol(config, state, {}, left=lambda: None), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def told(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


def asking(path: str, query: str, *, method: str = "GET", version: str = "1.1", last: bool = True) -> bytes:
    return f"{method} {path}{query} HTTP/{version}\r\nHost: x\r\n{'Connection: close' if last else 'Accept: */*'}\r\n\r\n".encode()


@pytest.mark.parametrize("path", ANSWERS)
async def test_whole_is_as_part_by_part(port: int, path: str) -> None:
    for given in ({}, {"method": "HEAD"}, {"version": "1.0"}, {"version": "1.0", "last": False}):
        whole, parts = [await told(port, asking(path, query, **given)) for query in ("?whole", "")]
        assert whole == parts
        if path in ("/split", "/torn", "/nul"):
            assert whole == b"", "what could end a header is never sent"
        else:
            assert whole.startswith(b"HTTP/1.1 304 " if path == "/unchanged" else b"HTTP/1.1 200 ")


async def test_one_connection_carries_many(port: int) -> None:
    """Sent before the first was answered: answered in order."""
    many = [asking("/large", "?whole", last=False), asking("/unchanged", "?whole", last=False), asking("/plain", "?whole")]
    single = [asking("/large", "", last=False), asking("/unchanged", "", last=False), asking("/plain", "")]
    assert await told(port, b"".join(many)) == await told(port, b"".join(single))
