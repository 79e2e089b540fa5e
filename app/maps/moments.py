"""Which day of the world and which moment of the register is asked for: `as_of`/`datetime` and `known_at`. Pure."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from app.core import clock
from app.core.errors import BadParameter


class Moment(NamedTuple):
    """Days of the world (inclusive) and the instant of the register; `is_now` when neither was asked for."""

    start: date
    end: date
    known_at: datetime
    is_now: bool


def parse(as_of: date | None = None, known_at: str | None = None, interval: str | None = None) -> Moment:
    """`as_of` is a day, `datetime` an instant or an interval (OGC), `known_at` a day (its end) or an instant."""
    if as_of is not None and interval is not None:
        raise BadParameter("as_of 与 datetime 只能给一个", pointer="query:datetime")
    today = clock.today()
    start, end = _days(interval) if interval is not None else (as_of or today, as_of or today)
    if start > end:
        raise BadParameter("时段的开始晚于结束", pointer="query:datetime")
    is_now = known_at is None and start <= today == end and (start == today or interval is None)
    return Moment(start, end, _instant(known_at) if known_at is not None else clock.now(), is_now)


def _days(interval: str) -> tuple[date, date]:
    parts = interval.split("/")
    if len(parts) > 2 or (set(parts) <= {"", ".."} and len(parts) == 1):
        raise BadParameter("应为时刻或 开始/结束", pointer="query:datetime")
    if len(parts) == 1:
        day = _day(parts[0])
        return day, day
    start = date.min if parts[0] in ("", "..") else _day(parts[0])
    return start, date.max if parts[1] in ("", "..") else _day(parts[1])


def _day(moment: str) -> date:
    try:
        if len(moment) == 10:
            return date.fromisoformat(moment)
        at = datetime.fromisoformat(moment.replace("z", "Z"))
        return at.astimezone(clock.SHANGHAI).date() if at.tzinfo else at.date()
    except (ValueError, OverflowError) as error:
        raise BadParameter(f"{moment} 不是日期或时刻 (RFC 3339)", pointer="query:datetime") from error


def _instant(moment: str) -> datetime:
    """A day means all that was recorded by its end."""
    try:
        if len(moment) == 10:
            return datetime.combine(date.fromisoformat(moment) + timedelta(days=1), time(), clock.SHANGHAI) - timedelta(microseconds=1)
        at = datetime.fromisoformat(moment.replace(" ", "+"))
        return at if at.tzinfo else at.replace(tzinfo=clock.SHANGHAI)
    except (ValueError, OverflowError) as error:
        raise BadParameter(f"{moment} 不是日期或时刻 (RFC 3339)", pointer="query:known_at") from error
