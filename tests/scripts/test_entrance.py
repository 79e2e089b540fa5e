"""The entrance hands real connections of the loopback to the emptiest of two workers played by this test."""

import socket
from collections.abc import Iterator

import pytest

from app.entrance import Entrance


class Played:
    """A worker's end of a line."""

    def __init__(self, entrance: Entrance) -> None:
        self.line = entrance.place()
        self.line.settimeout(5)
        self.taken = self.ended = 0
        self.holds: list[socket.socket] = []

    def say(self) -> None:
        self.line.send(b"%d %d" % (self.taken, self.ended))

    def fetch(self, times: int = 1) -> None:
        for _ in range(times):
            _, (descriptor,), _, _ = socket.recv_fds(self.line, 1, 1)
            self.holds.append(socket.socket(fileno=descriptor))
            self.taken += 1
            self.say()

    def drop(self) -> None:
        self.holds.pop().close()
        self.ended += 1
        self.say()

    def has_news(self, seconds: float = 0.2) -> bool:
        self.line.settimeout(seconds)
        try:
            return bool(self.line.recv(1, socket.MSG_PEEK))
        except TimeoutError:
            return False
        finally:
            self.line.settimeout(5)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as one:
        yield one


@pytest.fixture
def entrance(listener: socket.socket) -> Iterator[Entrance]:
    one = Entrance(listener)
    yield one
    one.close()


def test_newcomers_go_where_fewest_are(listener: socket.socket, entrance: Entrance) -> None:
    first, second = Played(entrance), Played(entrance)
    guests = [socket.create_connection(listener.getsockname())]
    assert not first.has_news(), "nobody is ready: the kernel keeps the newcomer"
    first.say()
    first.fetch()
    second.say()
    assert not second.has_news()
    guests.append(socket.create_connection(listener.getsockname()))
    second.fetch()
    guests += [socket.create_connection(listener.getsockname()) for _ in range(4)]
    first.fetch(2)
    second.fetch(2)
    second.drop()
    second.drop()
    guests += [socket.create_connection(listener.getsockname()) for _ in range(2)]
    second.fetch(2)
    assert not first.has_news()
    # what was handed on is the guest's own connection
    guests[0].send(b"hello")
    assert first.holds[0].recv(5) == b"hello"


def test_a_dead_worker_gets_nobody_and_its_successor_does(listener: socket.socket, entrance: Entrance) -> None:
    first, second = Played(entrance), Played(entrance)
    first.say()
    second.say()
    guests = [socket.create_connection(listener.getsockname())]
    assert first.has_news()
    first.line.close()  # as the kernel does when it dies, here before it has taken its newcomer
    second.fetch()
    guests[0].send(b"unread")
    assert second.holds[0].recv(6) == b"unread"
    guests += [socket.create_connection(listener.getsockname()) for _ in range(2)]
    second.fetch(2)
    again = Played(entrance)
    again.say()
    assert not again.has_news()
    guests += [socket.create_connection(listener.getsockname()) for _ in range(2)]
    again.fetch(2)
    second.line.close()
    again.line.close()
    guests.append(socket.create_connection(listener.getsockname()))
    third = Played(entrance)
    assert not third.has_news(), "accepted only when somebody can take it"
    third.say()
    third.fetch()
    guests[-1].send(b"still here")
    assert third.holds[0].recv(10) == b"still here"


def test_more_newcomers_than_a_line_holds_wait(listener: socket.socket, entrance: Entrance) -> None:
    """A worker that is busy for a while fetches late; nobody is lost."""
    listener.listen(1000)
    slow = Played(entrance)
    slow.say()
    guests = [socket.create_connection(listener.getsockname()) for _ in range(450)]
    assert slow.has_news()
    slow.fetch(len(guests))
    assert len({one.getpeername() for one in slow.holds}) == len(guests)
    for one in (*slow.holds, *guests):
        one.close()
