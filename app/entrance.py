"""The one door of the web workers: a newcomer's connection goes to the worker that holds the fewest.

On a listening socket that workers share, the kernel wakes whom it likes: of four keep-alive connections three or all four often
stood with one worker while the other was idle. Here the supervisor accepts and passes the connection on (`webworker` takes it); it
reads no request.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from dataclasses import dataclass, field
from threading import Thread

BACKLOG = 2048
PAUSE = 0.02  # seconds until the next try when connections can't be taken or handed on just now


@dataclass(eq=False)
class Place:
    """A worker as the entrance sees it."""

    line: socket.socket  # SOCK_SEQPACKET: connections go out; how many it has taken and how many of them have ended come in
    ready: bool = False  # it has spoken
    given: int = 0
    taken: int = 0
    ended: int = 0
    waiting: deque[socket.socket] = field(default_factory=deque)  # given and not taken: somebody else's when it dies

    @property
    def held(self) -> int:
        """Connections open there, those on the way included."""
        return self.given - self.ended


class Entrance:
    """Accepts on a listening socket in a thread of its own, as long as a worker is ready; until then the kernel keeps newcomers."""

    def __init__(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        self._listener = listener
        self._places: list[Place] = []
        self._guests: deque[socket.socket] = deque()  # accepted, and with nobody: a worker died, or every line is full
        self._new: deque[Place] = deque()
        self._told, self._tell = socket.socketpair()  # wakes the thread: a new place (an octet) or the end (closed)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._told, selectors.EVENT_READ)
        self._thread = Thread(target=self._run, name="entrance", daemon=True)
        self._thread.start()

    def place(self) -> socket.socket:
        """The worker's end of a new line; close it once the worker has inherited it, so that its death ends the line."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._new.append(Place(ours))
        self._tell.send(b"+")
        return theirs

    def close(self) -> None:
        """No more newcomers are accepted."""
        self._tell.close()
        self._thread.join()
        for place in list(self._places):
            self._forget(place)
        for guest in self._guests:
            guest.close()
        self._selector.close()
        self._told.close()

    def _run(self) -> None:
        while True:
            found = self._selector.select(PAUSE if self._guests else None)
            # Whoever comes after a connection has ended finds that it has: what workers say is heard first, and to its end.
            for key, _ in sorted(found, key=lambda one: one[0].fileobj is self._listener):
                if key.fileobj is self._told:
                    if not self._told.recv(64):
                        return
                    while self._new:
                        self._places.append(place := self._new.popleft())
                        self._selector.register(place.line, selectors.EVENT_READ, place)
                elif key.fileobj is self._listener:
                    self._accept()
                else:
                    self._hear(key.data)
            while self._guests and self._hand_on(self._guests[0]):
                self._guests.popleft()
            self._listen(not self._guests and any(place.ready for place in self._places))

    def _listen(self, wanted: bool) -> None:
        if wanted != (self._listener in self._selector.get_map()):
            if wanted:
                self._selector.register(self._listener, selectors.EVENT_READ)
            else:
                self._selector.unregister(self._listener)

    def _accept(self) -> None:
        try:
            self._guests.append(self._listener.accept()[0])
        except BlockingIOError:
            return
        except OSError:  # no descriptor left, or the newcomer has gone again
            time.sleep(PAUSE)

    def _hear(self, place: Place) -> None:
        while True:
            try:
                said = place.line.recv(64)
            except BlockingIOError:
                return
            except OSError:
                said = b""
            if not said:
                self._forget(place)
                return
            place.ready, (taken, place.ended) = True, map(int, said.split())
            while place.taken < taken:
                place.waiting.popleft().close()
                place.taken += 1

    def _forget(self, place: Place) -> None:
        if place in self._places:
            self._places.remove(place)
            self._selector.unregister(place.line)
            place.line.close()
            self._guests.extend(place.waiting)

    def _hand_on(self, guest: socket.socket) -> bool:
        for place in sorted((p for p in self._places if p.ready), key=lambda p: (p.held, p.given)):
            try:
                socket.send_fds(place.line, [b"."], [guest.fileno()])
            except BlockingIOError:
                continue
            except OSError:  # it has died
                self._forget(place)
                continue
            place.given += 1
            place.waiting.append(guest)
            return True
        return False
