"""A web worker: uvicorn with the application, whose connections come from the supervisor's `entrance`."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from contextlib import suppress
from typing import Any

import uvicorn

from app.core import stopping
from app.core.protocol import Protocol
from app.entrance import PAUSE


class Worker(uvicorn.Server):
    """uvicorn's server without a listening socket; `line` leads to the entrance."""

    def __init__(self, config: uvicorn.Config, line: socket.socket) -> None:
        super().__init__(config)
        line.setblocking(False)
        self._line = line
        self._taken = self._ended = 0
        self._welcomes: set[asyncio.Task[Any]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then say that connections are welcome."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what was loaded stays: to walk through it for garbage now and then took 140 ms, in which nobody was answered
        asyncio.get_running_loop().add_reader(self._line, self._fetch)
        self._say()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Hang up first: newcomers go elsewhere, and what would go on for minutes ends now."""
        stopping.asked.set()
        asyncio.get_running_loop().remove_reader(self._line)
        self._line.close()
        await super().shutdown(sockets)

    def _say(self) -> None:
        with suppress(OSError):  # the line is closed: the supervisor, or we, are stopping
            try:
                self._line.send(b"%d %d" % (self._taken, self._ended))
            except BlockingIOError:  # full; the entrance holds a connection open until it knows that we took it
                asyncio.get_running_loop().call_later(PAUSE, self._say)

    def _fetch(self) -> None:
        try:
            said, descriptors, _, _ = socket.recv_fds(self._line, 1, 1)
        except BlockingIOError:
            return
        except OSError:  # no longer a line at all
            said, descriptors = b"", []
        if not said:  # the supervisor is gone; so are we in a moment
            asyncio.get_running_loop().remove_reader(self._line)
        for descriptor in descriptors:
            self._taken += 1
            self._say()
            task = asyncio.create_task(self._welcome(socket.socket(fileno=descriptor)))
            self._welcomes.add(task)
            task.add_done_callback(self._welcomes.discard)

    async def _welcome(self, connection: socket.socket) -> None:
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)
        except OSError:  # gone before it was welcomed
            connection.close()
            self._left()

    def _protocol(self) -> asyncio.Protocol:
        return Protocol(self.config, self.server_state, self.lifespan.state, left=self._left)

    def _left(self) -> None:
        self._ended += 1
        if not self.should_exit:
            self._say()


def serve(line: int, grace: int) -> None:
    """Serve what comes in on the line (a descriptor) until SIGTERM, then finish what was begun within `grace` seconds."""
    config = uvicorn.Config("app.main:create_app", factory=True, loop="uvloop", access_log=False, timeout_graceful_shutdown=grace)
    server = Worker(config, socket.socket(fileno=line))
    server.run(sockets=[])  # none to listen on
    if not server.started:
        sys.exit(3)
