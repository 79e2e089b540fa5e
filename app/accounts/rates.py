"""How often an API key may ask: a token bucket a key, shared by the workers of this machine, without the database.

The bucket holds one minute's requests and fills evenly. It lies in a small file of the state folder, 16 bytes a key, read and
written under a lock of these bytes: some microseconds, and only for keys that have a rate.
"""

import fcntl
import math
import os
import struct
import time
from functools import lru_cache
from pathlib import Path

from app.accounts.errors import TooManyRequests
from app.settings import settings

_BUCKET = struct.Struct("<dd")  # requests left, at (Unix time)
_MINUTE = 60.0


@lru_cache
def _file(folder: Path) -> int:
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    return os.open(folder / "key-rates", os.O_RDWR | os.O_CREAT, 0o600)


def filled(left: float, since: float, now: float, rate: int) -> float:
    """Requests in a bucket after the time that passed; a clock set back fills nothing."""
    return min(float(rate), left + max(0.0, now - since) * rate / _MINUTE)


def take(key_id: int, rate: int) -> None:
    """One request of a key with so many a minute. Errors: TooManyRequests with Retry-After and RateLimit."""
    descriptor, at = _file(settings().state_dir.resolve()), key_id * _BUCKET.size
    fcntl.lockf(descriptor, fcntl.LOCK_EX, _BUCKET.size, at)
    try:
        now, kept = time.time(), os.pread(descriptor, _BUCKET.size, at)
        left, since = _BUCKET.unpack(kept) if len(kept) == _BUCKET.size else (0.0, 0.0)
        left = filled(left, since, now, rate) if since else float(rate)
        if left >= 1:
            os.pwrite(descriptor, _BUCKET.pack(left - 1, now), at)
            return
    finally:
        fcntl.lockf(descriptor, fcntl.LOCK_UN, _BUCKET.size, at)
    wait = math.ceil((1 - left) * _MINUTE / rate)
    problem = TooManyRequests(f"该密钥每分钟 {rate} 次", hint=f"{wait} 秒后再试")
    said = {"RateLimit-Policy": f'"key";q={rate};w=60', "RateLimit": f'"key";r=0;t={wait}'}
    problem.headers = {"Retry-After": str(wait), "Cache-Control": "no-store", **said}
    raise problem
