"""What is read of runs and verdicts: scope first, then queries, then composition."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.classification import explain, queries, summary
from app.classification.errors import NotPublished
from app.core import audit, db, pages
from app.core.errors import BadParameter, NotFound
from app.core.principal import Principal
from app.policy import Pack, pack_for
from app.policy.schemas import CalibreSet

TOP: Final = 10
BREAKDOWNS: Final = ("by_criterion", "by_line", "by_ownership", "by_body")


@dataclass(frozen=True, slots=True)
class _Asked:
    """Published run, its pack, the calibre asked for."""

    run: Row[Any]
    pack: Pack
    calibre: CalibreSet
    body: str | None

    @property
    def excluded(self) -> list[str]:
        """Bodies outside the calibre; an officer sees his own body whatever the calibre."""
        return [] if self.body else list(self.calibre.excluded)

    @property
    def head(self) -> dict[str, Any]:
        return {
            "as_of": self.run.as_of, "data_year": self.run.data_year, "run_id": self.run.id, "rule_version": self.run.rule_version,
            "calibre": {"code": self.calibre.code, "label": self.calibre.label, "note": self.calibre.note}, "scope_body": self.body,
        }  # fmt: skip


async def _asked(conn: AsyncConnection, principal: Principal, calibre: str | None) -> _Asked:
    """Errors: NotFound for the public role, NotPublished, BadParameter for an unknown calibre."""
    if principal.is_public_only:
        raise NotFound
    run = await queries.latest_run(conn, principal.county_code)
    if run is None:
        raise NotPublished
    pack = pack_for(principal.county_code, run.as_of)
    codes = [known.code for known in pack.content.calibres.sets]
    if calibre is not None and calibre not in codes:
        raise BadParameter(f"没有口径 {calibre}", pointer="query:calibre", hint="可用: " + "、".join(codes))
    return _Asked(run, pack, pack.calibre(calibre), principal.responsible_body if principal.role == "officer" else None)


async def list_runs(conn: AsyncConnection, principal: Principal) -> list[dict[str, Any]]:
    """研判 runs, newest first."""
    return [dict(row._mapping) for row in await queries.runs(conn, principal.county_code)]


async def read_summary(conn: AsyncConnection, principal: Principal, *, calibre: str | None, by: str | None) -> dict[str, Any]:
    """Q4: denominator, 初判, unknown, breakdowns (`by` keeps one), ten largest, 认定 apart."""
    asked = await _asked(conn, principal, calibre)
    county, excluded, body = principal.county_code, asked.excluded, asked.body
    cells = await queries.summary(conn, county, excluded=excluded, body=body)
    criteria = await queries.by_criterion(conn, county, excluded=excluded, body=body)
    bodies = [b for b in await queries.bodies(conn, county) if b.code not in excluded and body in (None, b.code)]
    rules = [compiled.rule for compiled in asked.pack.rules]
    scope = summary.Scope(asked.calibre.code, body)
    answer = summary.compose(cells, scope=scope, bodies=bodies, rules=rules, criteria=criteria)
    if by:
        answer = {k: v for k, v in answer.items() if k not in BREAKDOWNS or k == f"by_{by}"}
    cuts = {"inefficient": "true", "scope_body": body}
    names = {b.code: b.name for b in bodies}
    top = await queries.parcels(conn, county, excluded=excluded, cuts=cuts, size=TOP)
    return {**asked.head, **answer, "top": [_item(row, names) for row in top], "threshold_note": rules[0].threshold_note}


def _item(row: Row[Any], names: dict[str, str]) -> dict[str, Any]:
    """One parcel of a list: L1–L2 columns and bands only."""
    return {
        "land_code": row.land_code, "cadastral_code": row.cadastral_code, "name": row.name, "location": row.location,
        "responsible_body": row.responsible_body, "responsible_body_name": names.get(row.responsible_body),
        "area_used_mu": row.area_used_mu, "inefficient": row.inefficient, "criteria_true": row.criteria_true or [],
        "criteria_unknown": row.criteria_unknown or [], "idle": row.idle, "standard_land": row.standard_land, "grade": row.grade,
        "tax_band": row.tax_band, "far": row.far, "relation": row.relation, "ownership": row.ownership, "determination": row.determination,
        "href": f"/api/parcels/{row.land_code}",
    }  # fmt: skip


async def list_parcels(
    conn: AsyncConnection, principal: Principal, *, calibre: str | None, cuts: dict[str, Any], cursor: str | None, limit: int
) -> dict[str, Any]:
    """Parcels behind a figure of the summary, largest first, with that figure as total."""
    asked = await _asked(conn, principal, calibre)
    given = {k: v for k, v in cuts.items() if v is not None}
    bound = pages.bind("classification.parcels", asked.calibre.code, asked.body, asked.run.id, given)
    after = None
    if cursor:
        mu, parcel_id = pages.decode(cursor, bound)
        after = (Decimal(mu), int(parcel_id))
    every = {**cuts, "scope_body": asked.body}
    county = principal.county_code
    rows = await queries.parcels(conn, county, excluded=asked.excluded, cuts=every, after=after, size=limit + 1)
    figure = await queries.total(conn, county, excluded=asked.excluded, cuts=every)
    names = {b.code: b.name for b in await queries.bodies(conn, county)}
    links = []
    if len(rows) > limit:
        rows = rows[:limit]
        following = pages.encode([str(rows[-1].area_used_mu), rows[-1].parcel_id], bound)
        said = {_PARAMETER.get(k, k): json.dumps(v) if isinstance(v, bool) else v for k, v in given.items()}
        query = {"calibre": asked.calibre.code, **said}
        links.append({"rel": "next", "href": f"{summary.PARCELS}?{urlencode({**query, 'limit': limit, 'cursor': following})}"})
    total = {"n_parcels": figure.n, **summary.area(figure.m2)}
    return {**asked.head, "total": total, "items": [_item(row, names) for row in rows], "links": links}


_PARAMETER: Final = {"body": "responsible_body", "is_determined": "determined"}


async def read_verdicts(conn: AsyncConnection, principal: Principal, land_code: str) -> list[dict[str, Any]]:
    """Verdicts of one parcel; exact tax figures only for those who may see them, and that read is logged.

    Errors: NotFound when there is no such parcel or it is outside the caller's scope.
    """
    parcel = await queries.parcel(conn, principal.county_code, land_code)
    if parcel is None or not principal.sees_body(parcel.responsible_body):
        raise NotFound(land_code)
    is_exact = principal.sees_exact_figures(parcel.responsible_body)
    found = await explain.verdicts_of(conn, principal.county_code, parcel.id, is_exact=is_exact)
    if is_exact and found:
        async with db.engine().begin() as log:
            await audit.log_read(log, principal, layer="verdicts", fields="tax_per_mu", object_id=land_code)
    return found
