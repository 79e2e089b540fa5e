"""The day that a delivery's data reflect (数据日期): what is stated, today when nothing is, never a day to come."""

from datetime import date

from app.core import clock
from app.imports.errors import DataDateFuture


def data_day(stated: date | None) -> date:
    """Business day of the delivery. Errors: DataDateFuture."""
    today = clock.today()
    if stated is not None and stated > today:
        raise DataDateFuture(f"数据日期 {stated} 晚于今天 {today}", hint="请核对年份;资料反映的是已经过去的一天", pointer="/data_date")
    return stated or today
