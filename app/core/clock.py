"""The one clock: dates and months are Asia/Shanghai; YIMA_TODAY fixes the day."""

import time
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.settings import settings

SHANGHAI = ZoneInfo("Asia/Shanghai")


def today() -> date:
    """Business date in China time; fixed by YIMA_TODAY."""
    return settings().today or datetime.now(SHANGHAI).date()


def now() -> datetime:
    """Wall-clock time, aware; what the register itself records (never fixed: the audit tells the truth)."""
    return datetime.now(SHANGHAI)


def told(moment: datetime) -> str:
    """A moment as people here read it, to the minute."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def stamp() -> str:
    """now() as text, to the second."""
    return _stamp(int(time.time()))


@lru_cache(maxsize=2)
def _stamp(second: int) -> str:
    return datetime.fromtimestamp(second, SHANGHAI).isoformat()


def add_years(day: date, years: int) -> date:
    """Corresponding date `years` later; where none exists, the month's end (民法典 第二百零二条)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
