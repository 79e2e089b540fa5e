"""The figures the county's screens must show (PRACTICE §4), from the rows that were written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from geodata.book import Book
from geodata.demo.deliveries import History
from geodata.demo.ledger import Posting
from geodata.demo.territory import BODIES, OUTSIDE
from geodata.land import Parcel
from geodata.sheets import Sheet

Q1 = {  # PRACTICE §4 Q1 at 2025-09-30
    "target_mu": 10_000.00, "done_mu": 9567.00, "rate_percent": 95.67, "elapsed_days": 1734, "total_days": 1826,
    "time_percent": 94.96, "ahead_pp": 0.71, "gap_mu": 433.00, "mean_12_months_mu": 115.00, "month_mu": 145.00,
    "eta": "2026-01-22", "in_time": False, "required_mu_a_month": 144.3,
}  # fmt: skip


def figures_of(parcels: list[Parcel], history: History, book: Book, postings: list[Posting], first: list[Sheet]) -> dict[str, Any]:
    """Everything that can be counted before the service sees a file."""
    before = sum(row.applied for sheet in first for row in sheet.rows)
    return {
        "parcels": len(parcels),
        "parcels_municipal": sum(p.body != OUTSIDE.name for p in parcels),
        "parcels_by_body": dict(Counter(p.body for p in parcels)),
        "enterprises": sum(row.applied for row in book.rows["enterprises"]),
        "as_of": {"2024-06-29": 0, "2024-06-30": before, "2025-06-29": before, "2025-06-30": len(parcels)},
        "second_delivery": _changes(history, before, len(parcels)),
        "inefficient": _inefficient(parcels),
        "idle": _idle(parcels),
        "standard_land": dict(Counter(p.verdict.status for p in parcels if p.verdict.standard == "true")),
        "ledger": _ledger(postings),
        "q1": Q1,
    }


def _changes(history: History, before: int, after: int) -> dict[str, Any]:
    children = {child for _, child, kind in history.lineage if kind == "split"}
    merged = {child for _, child, kind in history.lineage if kind == "merge"}
    return {
        "splits": len({parent for parent, _, kind in history.lineage if kind == "split"}),
        "split_children": len(children),
        "merges": len(merged),
        "merge_parents": len([1 for *_, kind in history.lineage if kind == "merge"]),
        "vanished": len(history.vanished),
        "dropped": len(history.vanished) - 20 - 40,
        "new": after - (before - len(history.vanished)),
        "shape_changed": len(history.reshaped),
        "attributes_corrected": len(history.corrected),
    }


def _sum(parcels: Iterable[Parcel]) -> dict[str, float]:
    chosen = list(parcels)
    return {"count": len(chosen), "mu": round(sum(round(p.mu, 4) for p in chosen), 4)}


def _inefficient(parcels: list[Parcel]) -> dict[str, Any]:
    low = [p for p in parcels if p.verdict.true]
    return {
        **_sum(low),
        "share_of_area_percent": round(100 * sum(p.mu for p in low) / sum(p.mu for p in parcels), 2),
        "all": _sum(parcels),
        "unknown": _sum(p for p in parcels if p.verdict.inefficient == "unknown"),
        "inside_line": _sum(p for p in low if p.inside),
        "outside_line": _sum(p for p in low if not p.inside),
        "by_criterion": {f"C{n}": _sum(p for p in low if f"C{n}" in p.verdict.true) for n in range(1, 8)},
        "by_ownership": {letter: _sum(p for p in low if p.ownership == letter) for letter in "GJZ"},
        "by_body": {b.name: _sum(p for p in low if p.body == b.name) for b in [*BODIES, OUTSIDE]},
        "municipal": _sum(p for p in low if p.body != OUTSIDE.name),
    }


def _idle(parcels: list[Parcel]) -> dict[str, Any]:
    suspected = [p for p in parcels if p.verdict.idle.result == "suspected"]
    return {
        "suspected": _sum(suspected),
        "insufficient_data": sum(p.verdict.idle.result == "insufficient_data" for p in parcels),
        "by_limb": dict(Counter(p.verdict.idle.limb for p in suspected)),
    }


def _ledger(postings: list[Posting]) -> dict[str, Any]:
    sums: dict[str, dict[str, float]] = {name: defaultdict(float) for name in ("by_body", "by_year", "by_month", "by_method")}
    for p in postings:
        sums["by_body"][p.body.name] += p.mu
        sums["by_year"][str(p.accepted_on.year)] += p.mu
        sums["by_month"][p.accepted_on.isoformat()[:7]] += p.mu
        sums["by_method"][p.method] += p.mu
    return {
        "total_mu": round(sum(p.mu for p in postings), 2),
        "postings": len(postings),
        "projects": len({p.project for p in postings}),
        "mapped_mu": round(sum(p.mu for p in postings if p.ground is not None), 2),
        "unmapped_mu": round(sum(p.mu for p in postings if p.ground is None), 2),
        "unmapped_rows": sum(p.ground is None for p in postings),
        "last_12_months_mu": round(sum(p.mu for p in postings if p.accepted_on.isoformat() >= "2024-10-01"), 2),
        **{name: {k: round(v, 2) for k, v in values.items()} for name, values in sums.items()},
    }
