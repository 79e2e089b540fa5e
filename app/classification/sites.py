"""疑似闲置 and 标准地 of every parcel: contract inputs read in batches, judged by the pure rules."""

import json
from collections.abc import AsyncIterator
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.classification import idle, standard_land
from app.classification.facts import Ask, statement
from app.classification.judge import Judged

BATCH: Final = 20_000
_SITES: Final = statement("sites")
_INPUTS: Final = tuple(f.name for f in fields(idle.Site))


def _plain(value: Any) -> Any:
    """JSON value: dates as ISO text, decimals as text (exact)."""
    if isinstance(value, date):
        return value.isoformat()
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def site_of(row: Row[Any]) -> idle.Site:
    """Idle inputs of one row."""
    return idle.Site(**{name: getattr(row, name) for name in _INPUTS})


def promises_of(row: Row[Any]) -> list[standard_land.Promise]:
    """标准地 indicators of one row's contract."""
    found = []
    for name, unit, comparator, promised, gate, due_on, actual in row.promises:
        found.append(
            standard_land.Promise(
                indicator=name,
                unit=unit,
                comparator=comparator,
                promised=None if promised is None else Decimal(promised),
                gate=gate,
                due_on=None if due_on is None else date.fromisoformat(due_on),
                actual=None if actual is None else Decimal(actual),
            )
        )
    return found


async def read(conn: AsyncConnection, ask: Ask, *, size: int = BATCH) -> AsyncIterator[list[Row[Any]]]:
    """Parcels of the county with facts, in order of id, a batch at a time."""
    after = 0
    while True:
        values = {"county": ask.county_code, "as_of": ask.as_of, "after": after, "size": size}
        rows = list((await conn.execute(_SITES, values)).all())
        if not rows:
            return
        yield rows
        after = rows[-1].parcel_id


def judge(rows: list[Row[Any]], ask: Ask) -> dict[str, Judged]:
    """Verdicts of one batch by kind."""
    rule = idle.IdleRule.from_pack(ask.pack.content.idle)
    gates = ask.pack.content.standard_land
    found = {"idle": Judged(), "standard_land": Judged()}
    for row in rows:
        source = {"electronic_no": row.electronic_no, "data_on": _plain(row.data_on)}
        site = site_of(row)
        verdict = idle.decide(site, as_of=ask.as_of, rule=rule)
        known = {name: _plain(getattr(site, name)) for name in _INPUTS}
        price = {"supplement": row.supplement, "price_wan": _plain(row.price_wan)}
        found["idle"].add(row.parcel_id, verdict.result, _text(verdict.detail()), _text({**known, **price, **source}))
        kept = standard_land.decide(
            row.supply_mode, promises_of(row), transferred_on=row.transferred_on, rule=gates, as_of=ask.as_of
        )  # fmt: skip
        moved = {"transferred_on": _plain(row.transferred_on), "obligations_assumed": row.obligations_assumed}
        inputs = _text({"supply_mode": row.supply_mode, **moved, **source})
        found["standard_land"].add(row.parcel_id, kept.result, _text(kept.detail()), inputs)
    return found
