"""Two acceptances of overlapping ground at the same instant, many rounds: the sum is the union, nothing counts twice."""

import asyncio
import random
from decimal import Decimal

import pytest

from app.core import db
from app.core.errors import Stale
from app.core.work import writing
from app.remediation import service
from app.remediation.schemas import TransitionIn

from . import county

ROUNDS = 200


async def take(case_id: int, step: TransitionIn, *, version: int = 1) -> None:
    async with writing(county.ACCEPTOR) as work:
        await service.transition(work, str(case_id), version, step)


async def test_two_acceptors_at_once_count_the_union(ledger: None) -> None:
    chance = random.Random(20250930)
    pairs = []
    async with db.engine().begin() as conn:
        for n in range(ROUNDS):
            x, y = (n % 20) * 150.0, (n // 20) * 150.0
            first = await county.plot(conn, x, y, chance.uniform(60, 190), chance.uniform(60, 190))
            second = await county.plot(
                conn, x + chance.uniform(0, 50), y + chance.uniform(0, 50), chance.uniform(60, 190), chance.uniform(60, 190)
            )
            pairs.append((await county.submitted_case(conn, [first]), await county.submitted_case(conn, [second])))
    accept = TransitionIn(step="accept")
    for pair in pairs:
        order = list(pair)
        chance.shuffle(order)
        await asyncio.gather(*(take(case, accept) for case in order))
    async with db.engine().connect() as conn:
        ground, counted, union = await county.totals(conn)
    assert abs(ground - union) < Decimal("0.001")
    assert abs(counted - union) < Decimal(ROUNDS) * Decimal("0.02")

    reverse = TransitionIn(step="reverse", reason="复核不实", document="慈核〔2025〕1号")
    gone = [case for pair in pairs for case in pair]
    chance.shuffle(gone)
    for one, two in zip(gone[:100:2], gone[1:100:2], strict=True):
        await asyncio.gather(take(one, reverse, version=2), take(two, reverse, version=2))
    async with db.engine().connect() as conn:
        ground, _, union = await county.totals(conn)
    assert abs(ground - union) < Decimal("0.001")


async def test_the_same_case_is_accepted_once(ledger: None) -> None:
    async with db.engine().begin() as conn:
        case = await county.submitted_case(conn, [await county.plot(conn, 0, 0, 100, 100)])
    accept = TransitionIn(step="accept")
    results = await asyncio.gather(take(case, accept), take(case, accept), return_exceptions=True)
    assert sorted(type(r).__name__ for r in results) == ["NoneType", "Stale"]
    with pytest.raises(Stale):
        await take(case, accept)
    async with db.engine().connect() as conn:
        ground, counted, union = await county.totals(conn)
    assert counted == Decimal("10000.00")
    assert abs(ground - union) < Decimal("0.00001")
