"""Read ahead: what an iterator gives next is made by a thread of its own while the last is used, so that stages share the cores."""

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any

_END = object()


def ahead(source: Iterable[Any]) -> Iterator[Any]:
    """The same items in the same order, one ready in advance; an error comes where it happened. Closing it ends the thread."""
    ready: queue.Queue[Any] = queue.Queue(1)
    stopping = threading.Event()

    def put(item: Any) -> None:
        while not stopping.is_set():
            try:
                return ready.put(item, timeout=0.2)
            except queue.Full:
                continue

    def run() -> None:
        try:
            for item in source:
                put((item, None))
                if stopping.is_set():
                    return
            put((_END, None))
        except BaseException as error:
            put((_END, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        stopping.set()
        thread.join()
