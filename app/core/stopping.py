"""Answers that go on (server-sent events) end when their worker is asked to stop; the others are finished."""

from threading import Event

asked = Event()
"""Set when the web worker hangs up; it stays set until the process is gone."""
