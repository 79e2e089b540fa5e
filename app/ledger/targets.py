"""目标任务: which targets there are and what is known of each; progress of those the ledger counts (PRACTICE §4 Q1, Q2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import clock
from app.core.errors import BadParameter, Forbidden
from app.core.principal import Principal
from app.core.units import m2_to_mu, mu_to_m2
from app.ledger import progress as arithmetic
from app.ledger import queries
from app.ledger.errors import CalibreUnknown, TargetUnknown
from app.ledger.progress import KINDS, Period
from app.ledger.queries import Book
from app.policy import Pack, pack_for
from app.policy.schemas import CalibreSet, Target

UNASSIGNED, STRETCH = "unassigned", "stretch"
MISSING = {
    "events": "缺事件台账或公布的累计数(数值、截至日期、来源)",
    "level": "缺公布的统计数值(数值、日期、来源)",
    "ratio": "缺公布的比例,或分子、分母台账",
    "rate": "缺公布的增(降)幅,或基期年份与基期数值",
}


def _n(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def measure_of(pack: Pack, target: Target) -> str | None:
    """Measure of the ledger that computes the target, None when it is not computed from land."""
    return next((m.key for m in pack.content.measures if m.target == target.id), None)


def readable(principal: Principal) -> Pack:
    """The county's pack. Errors: Forbidden for the public form."""
    if principal.is_public_only:
        raise Forbidden("目标任务不对只读账号开放")
    return pack_for(principal.county_code, clock.today())


def find(pack: Pack, target_id: str) -> Target:
    """Errors: TargetUnknown."""
    for target in pack.content.targets:
        if target.id == target_id:
            return target
    raise TargetUnknown(f"没有目标 {target_id}")


def calibre_of(pack: Pack, code: str | None) -> CalibreSet:
    """Errors: CalibreUnknown."""
    codes = [item.code for item in pack.content.calibres.sets]
    if code is not None and code not in codes:
        raise CalibreUnknown(f"没有口径 {code}", pointer="query:calibre", hint="可用: " + "、".join(codes))
    return pack.calibre(code)


# --- all targets --------------------------------------------------------------------------------------------------


async def overview(conn: AsyncConnection, principal: Principal) -> dict[str, Any]:
    """Every target row of the pack: computed from the ledger, observed (published), a rule, or unknown and what is missing."""
    pack, today = readable(principal), clock.today()
    published = await _latest(conn, pack, principal.county_code, today)
    rows = []
    for target in pack.content.targets:
        kind = KINDS[target.kind]
        row = {
            "id": target.id, "indicator": target.indicator, "key": target.key, "unit": target.unit, "cmp": target.cmp,
            "value": _n(target.value), "kind": target.kind, "kind_label": kind.label, "period": [target.period.start, target.period.end],
            "scope": target.scope, "clause": target.quote, "note": target.note, "lead": target.lead,
        }  # fmt: skip
        rows.append(row | await _known(conn, pack, target, published.get(target.id)))
    return {"as_of": today, "n": len(rows), "items": rows}


async def _latest(conn: AsyncConnection, pack: Pack, county: str, as_of: date) -> dict[str, Row[Any]]:
    """Newest published figure per target that belongs to the day's window."""
    windows = {t.id: arithmetic.window(t.kind, Period(t.period.start, t.period.end), as_of) for t in pack.content.targets}
    found: dict[str, Row[Any]] = {}
    for row in await queries.observations(conn, county, as_of):
        days = windows.get(row.target_id)
        if days is not None and days.start <= row.observed_on and row.target_id not in found:
            found[row.target_id] = row
    return found


async def _known(conn: AsyncConnection, pack: Pack, target: Target, published: Row[Any] | None) -> dict[str, Any]:
    kind = KINDS[target.kind]
    if kind.source == "rule":
        return {"status": "rule", "done": None, "missing": None, "remark": "规则阈值,由研判规则使用,不作考核"}
    measure = measure_of(pack, target)
    if measure is not None and target.value is not None:
        asked = _Asked(pack, target, Book(pack.content.county_code, measure, pack.campaign().code), clock.today(), pack.calibre())
        total = (await queries.run(conn, "progress_total", asked.book, asked.values()))[0]
        done = m2_to_mu(total.done_m2)
        return {"status": "computed", "done": _n(done), "rate_pct": _rate(done, target), "calibre": asked.calibre.code, "missing": None}
    if published is not None:
        seen = {"observed_on": published.observed_on, "source": published.source}
        return {"status": "observed", "done": _n(published.value), "rate_pct": _rate(published.value, target), "missing": None, **seen}
    missing = MISSING[kind.source] if target.value is not None else "目标值由上级下达,尚未录入"
    return {"status": "unknown", "done": None, "missing": missing}


def _rate(done: Decimal, target: Target) -> float | None:
    return _n(arithmetic.round_to(done * 100 / target.value, 2)) if target.value else None


# --- progress -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """One question: the target, its ledger, the day and the calibre."""

    pack: Pack
    target: Target
    book: Book
    as_of: date
    calibre: CalibreSet

    @property
    def period(self) -> Period:
        return Period(self.target.period.start, self.target.period.end)

    @property
    def upto(self) -> date:
        return min(self.as_of, self.period.end)

    @property
    def url(self) -> str:
        """Where the figure opens to its postings."""
        start = arithmetic.window(self.target.kind, self.period, self.as_of).start
        return f"/api/ledger/postings?measure={self.book.measure}&calibre={self.calibre.code}&from={start}&to={self.upto}"

    def values(self) -> dict[str, Any]:
        """Days of the totals in sql/."""
        month, twelve = arithmetic.month_of(self.as_of), arithmetic.last_twelve_months(self.as_of)
        before = arithmetic.month_of(arithmetic.month_before(self.as_of))
        year = arithmetic.month_of(arithmetic.year_before(self.as_of))
        return {
            "start": arithmetic.window(self.target.kind, self.period, self.as_of).start, "upto": self.upto,
            "month_start": month.start, "month_end": month.end, "before_start": before.start, "before_end": before.end,
            "year_start": year.start, "year_end": year.end, "twelve_start": twelve.start, "excluded": list(self.calibre.excluded),
        }  # fmt: skip


async def progress(
    conn: AsyncConnection, principal: Principal, target_id: str, *, as_of: date | None, calibre: str | None, by: str | None
) -> dict[str, Any]:
    """Answer of Q1. Targets that nothing counts yet answer `unknown` and say what is missing."""
    pack = readable(principal)
    target, chosen = find(pack, target_id), calibre_of(pack, calibre)
    if by not in (None, "responsible_body"):
        raise BadParameter(f"不能按 {by} 分组", pointer="query:by", hint="responsible_body")
    day = as_of or clock.today()
    head = {
        "target": {"id": target.id, "indicator": target.indicator, "unit": target.unit, "cmp": target.cmp, "value": _n(target.value),
                   "kind": target.kind, "period": [target.period.start, target.period.end], "clause": target.quote},
        "as_of": day,
        "calibre": {"code": chosen.code, "label": chosen.label, "note": chosen.note},
    }  # fmt: skip
    measure = measure_of(pack, target)
    if measure is None or target.value is None:
        published = await _latest(conn, pack, principal.county_code, day)
        return head | await _known(conn, pack, target, published.get(target.id))
    asked = _Asked(pack, target, Book(principal.county_code, measure, pack.campaign().code), day, chosen)
    rows = await queries.run(conn, "progress_by_body", asked.book, asked.values())
    total = (await queries.run(conn, "progress_total", asked.book, asked.values()))[0]
    return head | {"status": "computed"} | await _answer(conn, asked, rows, total)


def _sum(rows: Sequence[Row[Any]], column: str) -> Decimal:
    return sum((getattr(row, column) for row in rows), Decimal(0))


async def _answer(conn: AsyncConnection, asked: _Asked, rows: Sequence[Row[Any]], total: Row[Any]) -> dict[str, Any]:
    value = asked.target.value or Decimal(0)
    done, last = m2_to_mu(total.done_m2), m2_to_mu(_sum(rows, "last_12m_m2"))
    state = arithmetic.progress(asked.target.kind, asked.period, asked.as_of, value=value, done=done, last_12m=last)
    bodies = await _rows(conn, asked, rows, state.time.pct)
    summed = _sum(rows, "done_m2")
    months = await queries.run(conn, "progress_by_month", asked.book, asked.values())
    return {
        "done": {"m2": _n(total.done_m2), "mu": _n(done)},
        "rate_pct": _n(state.rate_pct),
        "time_progress": {"days_elapsed": state.time.days_elapsed, "days_total": state.time.days_total, "pct": _n(state.time_pct)},
        "ahead_pp": _n(state.ahead_pp),
        "gap_mu": _n(state.gap),
        "month": None if state.is_final else await _month(conn, asked, rows),
        "pace_12m_mu": _n(state.pace_12m),
        "required_pace_mu": _n(state.required_pace),
        "eta": state.eta,
        "eta_is_late": state.eta_is_late,
        "final": state.is_final,
        "unmapped_mu": _n(m2_to_mu(total.unmapped_m2)),
        "assumption": asked.pack.measure(asked.book.measure).assumption,
        "rows": bodies,
        "months": [{"month": m.month, "m2": _n(m.counted_m2), "mu": _n(m2_to_mu(m.counted_m2))} for m in months],
        "sum_check": {"rows_m2": _n(summed), "total_m2": _n(total.done_m2), "equal": summed == total.done_m2,
                      "months_equal": sum((m.counted_m2 for m in months), Decimal(0)) == total.done_m2},
        "postings_url": asked.url,
    }  # fmt: skip


async def _month(conn: AsyncConnection, asked: _Asked, rows: Sequence[Row[Any]]) -> dict[str, Any]:
    """本月新增, 宗, 家, 同比 (same days of the year before), 环比 (same days of the month before)."""
    counts = (await queries.run(conn, "month_counts", asked.book, asked.values()))[0]
    now = _sum(rows, "month_m2")
    return {
        "new_mu": _n(m2_to_mu(now)), "n_parcels": counts.n_parcels, "n_firms": int(counts.n_firms),
        "yoy": _n(arithmetic.change_pct(now, _sum(rows, "year_before_m2"))),
        "mom": _n(arithmetic.change_pct(now, _sum(rows, "month_before_m2"))),
    }  # fmt: skip


async def _rows(conn: AsyncConnection, asked: _Asked, rows: Sequence[Row[Any]], time_pct: Decimal) -> list[dict[str, Any]]:
    """Each responsible body of the calibre, 未归属, and 加压/预留; Σ done = total, Σ allocated = target."""
    bodies = [b for b in await queries.bodies(conn, asked.book.county) if b.kind != "unassigned" and asked.calibre.includes(b.code)]
    known = {b.code for b in bodies}
    allocation = asked.pack.allocation(asked.target.id)
    tasks = {row.body: row.value for row in allocation.rows} if allocation else {}
    figures = {row.responsible_body: row for row in rows}
    lines = [_line(b.code, b.name, tasks.get(b.code), [figures[b.code]] if b.code in figures else [], time_pct) for b in bodies]
    lines.append(_line(UNASSIGNED, "未归属", None, [row for code, row in figures.items() if code not in known], time_pct))
    _rank(lines)
    if allocation and allocation.stretch:
        lines.append(_line(STRETCH, allocation.stretch_label, allocation.stretch, [], None))
    return lines


def _line(code: str, name: str, task: Decimal | None, rows: Sequence[Row[Any]], time_pct: Decimal | None) -> dict[str, Any]:
    done_m2 = _sum(rows, "done_m2")
    done = m2_to_mu(done_m2)
    rate = done * 100 / task if task and time_pct is not None else None
    before = m2_to_mu(_sum(rows, "done_before_m2")) * 100 / task if rate is not None and task else None
    return {
        "responsible_body": code, "name": name, "allocated_mu": _n(task), "allocated_m2": _n(mu_to_m2(task)) if task is not None else None,
        "done_mu": _n(done), "done_m2": _n(done_m2), "rate_pct": None if rate is None else _n(arithmetic.round_to(rate, 2)),
        "ahead_pp": None if rate is None or time_pct is None else _n(arithmetic.round_to(rate - time_pct, 2)),
        "month_mu": _n(m2_to_mu(_sum(rows, "month_m2"))), "unmapped_mu": _n(m2_to_mu(_sum(rows, "unmapped_m2"))),
        "rank": rate, "rank_before": before,
    }  # fmt: skip


def _rank(lines: list[dict[str, Any]]) -> None:
    """Places by rate now and at the end of the month before; ties share a place."""
    now = arithmetic.ranks({line["responsible_body"]: line["rank"] for line in lines})
    before = arithmetic.ranks({line["responsible_body"]: line["rank_before"] for line in lines})
    for line in lines:
        code = line["responsible_body"]
        place, earlier = now[code], before[code]
        line["rank"], line["rank_before"] = place, earlier
        line["rank_change"] = None if place is None or earlier is None else earlier - place


async def ranking(
    conn: AsyncConnection, principal: Principal, target_id: str, *, as_of: date | None, calibre: str | None
) -> dict[str, Any]:
    """赛马晾晒 (Q2): places, who is behind the line of time, the last n of the pack."""
    answer = await progress(conn, principal, target_id, as_of=as_of, calibre=calibre, by=None)
    rows: list[Mapping[str, Any]] = answer.get("rows", [])
    placed = sorted((r for r in rows if r["rank"] is not None), key=lambda r: (r["rank"], r["responsible_body"]))
    n = readable(principal).content.ranking.bottom_n
    keep = ("target", "as_of", "calibre", "status", "done", "rate_pct", "time_progress", "sum_check", "missing")
    return {name: answer[name] for name in keep if name in answer} | {
        "rows": [*placed, *(r for r in rows if r["rank"] is None)],
        "behind": [r["responsible_body"] for r in placed if r["ahead_pp"] < 0],
        "bottom": [r["responsible_body"] for r in placed[-n:]] if n else [],
    }


async def observe(conn: AsyncConnection, county: str, target_id: str, *, value: Decimal, observed_on: date, source: str) -> None:
    """Record a published figure, in the target's unit. Errors: TargetUnknown."""
    target = find(pack_for(county, observed_on), target_id)
    await queries.observe(conn, county, {"target_id": target.id, "value": value, "observed_on": observed_on, "source": source})
