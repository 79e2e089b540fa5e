"""GET /api/stats: exact 宗数, 亩 and 家数 of an extent by group, in the caller's scope; every row opens to its parcels."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.classification import queries as classification
from app.core import clock, pages
from app.core.errors import BadParameter, Forbidden, Problem
from app.core.principal import Principal, Role
from app.core.units import half_up
from app.maps import links, meta, queries
from app.maps.analysis.industries import DIVISIONS
from app.maps.extent import Envelope, parse_bbox
from app.maps.queries import View, sql, view_of
from app.maps.values import Named
from app.policy.loader import Pack, pack_for

GroupBy = Literal["display_class", "grade", "responsible_body", "industry_division", "ownership", "town_code"]
UNKNOWN: Final = "unknown"
FEWEST_FIRMS: Final = 3
_COLUMNS: Final = {
    "responsible_body": "m.responsible_body", "display_class": "m.display_class", "inefficient": "m.inefficient", "idle": "m.idle",
    "standard_land": "m.standard_land", "grade": "m.grade", "ownership": "v.ownership", "industry_division": "f.industry_division",
    "town_code": "v.town_code",
}  # fmt: skip
_OWNERSHIP: Final = {"G": "国有", "J": "集体", "Z": "未确定"}
_TIME_MS: Final = 15_000


@dataclass(frozen=True)
class Asked:
    """Which parcels: extent, equal values ('unknown': no value), 口径; `base` is where links begin."""

    bbox: str | None
    filters: dict[str, str | None]
    calibre: str | None
    base: str = ""


@dataclass(frozen=True)
class _Scope:
    """The selection in SQL, and what it is called."""

    where: str
    values: dict[str, Any]
    head: dict[str, Any]
    query: dict[str, str]
    parcels: str
    pack: Pack | None


def _where(view: View, envelopes: tuple[Envelope, ...], filters: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """Condition and bound values: names of columns are constants, values never text."""
    terms, values = [], dict[str, Any]()
    for name, value in filters.items():
        column = _COLUMNS[name]
        terms.append(f"coalesce({column}, '{UNKNOWN}') = CAST(:f_{name} AS text)")
        values[f"f_{name}"] = value
    bind = Named()
    terms.append(queries.inside(view, envelopes, bind))
    return " AND ".join(terms), values | bind.named


def _pack(county_code: str, day: Any) -> Pack | None:
    try:
        return pack_for(county_code, day)
    except Problem:
        return None


async def _scope(conn: AsyncConnection, principal: Principal, asked: Asked) -> _Scope:
    """Errors: Forbidden for the public role, BadParameter for an unknown calibre or a bad bbox."""
    if principal.is_public_only:
        raise Forbidden("统计不对公开账号开放")
    run = await classification.latest_run(conn, principal.county_code)
    pack = _pack(principal.county_code, run.as_of if run else clock.today())
    codes = [known.code for known in pack.content.calibres.sets] if pack else []
    if asked.calibre is not None and asked.calibre not in codes:
        hint = "可用: " + "、".join(codes) if codes else "本县没有口径"
        raise BadParameter(f"没有口径 {asked.calibre}", pointer="query:calibre", hint=hint)
    calibre = pack.calibre(asked.calibre) if pack else None
    filters = {name: value for name, value in asked.filters.items() if value is not None}
    query = {**filters, **({"bbox": asked.bbox} if asked.bbox else {}), **({"calibre": calibre.code} if calibre else {})}
    where, values = _where(view_of(principal), parse_bbox(asked.bbox), filters)
    body = principal.responsible_body or "-" if principal.role is Role.officer else None
    if body is not None:
        where, values = f"{where} AND m.responsible_body = CAST(:own AS text)", {**values, "own": body}
    excluded = list(calibre.excluded) if calibre and body is None else []
    head = {
        "as_of": run.as_of if run else None, "run_id": run.id if run else None, "scope_body": body, "bbox": asked.bbox, "filters": filters,
        "calibre": {"code": calibre.code, "label": calibre.label, "note": calibre.note} if calibre else None,
    }  # fmt: skip
    return _Scope(
        where, {"county": principal.county_code, "excluded": excluded, **values}, head, query, f"{asked.base}/api/stats/parcels", pack
    )


def _chosen(scope: _Scope, group_by: str | None) -> str:
    key = f"coalesce({_COLUMNS[group_by]}, '{UNKNOWN}')" if group_by else f"'{UNKNOWN}'"
    return sql("stats_chosen").replace("{key}", key).replace("{where}", scope.where)


async def grouped(conn: AsyncConnection, principal: Principal, asked: Asked, group_by: GroupBy) -> dict[str, Any]:
    """Rows by group and their total."""
    scope = await _scope(conn, principal, asked)
    await conn.execute(text("SELECT set_config('statement_timeout', :ms, true)"), {"ms": str(_TIME_MS)})
    statement = text(sql("stats").replace("{chosen}", _chosen(scope, group_by)))
    found = (await conn.execute(statement, {**scope.values, "day": clock.today()})).all()
    labels = await _labels(conn, principal.county_code, group_by, scope.pack)
    return composed(found, scope, labels, group_by, is_exact=principal.sees_exact_figures(principal.responsible_body))


async def _labels(conn: AsyncConnection, county_code: str, group_by: str, pack: Pack | None) -> dict[str, str]:
    """Label of every key, in the order of display."""
    if group_by == "display_class":
        return {key: label for key, (label, _, _) in meta.CLASSES.items()}
    if group_by == "grade":
        return dict(pack.content.grades.labels) if pack else {}
    if group_by == "ownership":
        return _OWNERSHIP
    if group_by == "industry_division":
        return DIVISIONS
    names = await conn.execute(text(sql("stats_names")), {"county": county_code, "day": clock.today()})
    return {row.code: row.name for row in names if row.kind == group_by}


def composed(found: Sequence[Row[Any]], scope: _Scope, labels: dict[str, str], group_by: str, *, is_exact: bool) -> dict[str, Any]:
    """The answer. Totals of 宗 and 亩 are the sums of their rows; 家数 is counted apart, each enterprise once."""
    total = next(row for row in found if row.is_total)
    order = {key: n for n, key in enumerate(labels)}
    rows = sorted((r for r in found if not r.is_total), key=lambda r: (r.key == UNKNOWN, order.get(r.key, len(order)), r.key))
    hidden = set() if is_exact else suppressed({row.key: row.n_firms for row in rows})
    n, mu = sum(row.n_parcels for row in rows), sum((row.mu for row in rows), Decimal(0))
    listed = [
        {
            "key": row.key, "label": labels.get(row.key, "未知" if row.key == UNKNOWN else row.key), **_figures(row, row.key in hidden),
            "share_of_parcels": _share(row.n_parcels, n), "share_of_mu": _share(row.mu, mu),
            "parcels_url": links.with_query(scope.parcels, {**scope.query, group_by: row.key}),
        }
        for row in rows
    ]  # fmt: skip
    every = links.with_query(scope.parcels, scope.query)
    is_hidden = not is_exact and (total.n_firms < FEWEST_FIRMS or len(hidden) == len(rows) == 1)
    return {
        **scope.head, "group_by": group_by, "rows": listed,
        "total": {"n_parcels": n, "mu": mu, **_firms(total.n_firms, is_hidden), "parcels_url": every},
        "denominator": {"n_parcels": n, "mu": mu, "label": "本次选择的合计"},
        "notes": [
            "宗数、亩的合计等于各行之和;亩为用地面积 (证载,无则批准,再无则图形)",
            "家数为自有或承租用地的企业,在每组与合计中各按企业去重,合计可小于各行之和",
            *([f"不足 {FEWEST_FIRMS} 家的组不显示家数"] if hidden or is_hidden else []),
        ],
    }  # fmt: skip


def _figures(row: Row[Any], is_hidden: bool) -> dict[str, Any]:
    return {"n_parcels": row.n_parcels, "mu": row.mu, **_firms(row.n_firms, is_hidden)}


def _firms(n: int, is_hidden: bool) -> dict[str, Any]:
    return {"n_firms": None if is_hidden else n, "suppressed": is_hidden}


def _share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    return half_up(Decimal(part) / Decimal(whole), 4) if whole else None


def suppressed(firms: dict[str, int]) -> set[str]:
    """Keys whose 家数 is hidden: below three, and the next smallest when only one would be, else the total told it."""
    hidden = {key for key, n in firms.items() if n < FEWEST_FIRMS}
    rest = sorted((n, key) for key, n in firms.items() if key not in hidden)
    return hidden | {rest[0][1]} if len(hidden) == 1 and rest else hidden


async def parcels(conn: AsyncConnection, principal: Principal, asked: Asked, cursor: str | None, limit: int) -> dict[str, Any]:
    """The parcels behind a figure, by id; `total` is that figure."""
    scope = await _scope(conn, principal, asked)
    binding = pages.bind("stats.parcels", principal.county_code, scope.head["scope_body"], scope.query)
    after = int(pages.decode(cursor, binding)) if cursor else 0
    chosen = _chosen(scope, None)
    page = text(f"SELECT * FROM ({chosen}) AS c WHERE c.id > CAST(:after AS bigint) ORDER BY c.id LIMIT :size")
    rows = (await conn.execute(page, {**scope.values, "after": after, "size": limit + 1})).all()
    counted = text(f"SELECT count(*) AS n_parcels, coalesce(sum(c.area_used_mu), 0) AS mu FROM ({chosen}) AS c")
    total = (await conn.execute(counted, scope.values)).one()
    following = []
    if len(rows) > limit:
        rows = rows[:limit]
        href = links.with_query(scope.parcels, {**scope.query, "limit": limit, "cursor": pages.encode(rows[-1].id, binding)})
        following.append({"rel": "next", "href": href})
    names = ("id", "land_code", "cadastral_code", "name", "responsible_body", "display_class", "inefficient", "idle", "standard_land",
             "grade", "area_used_mu")  # fmt: skip
    items = [{**{name: getattr(row, name) for name in names}, "href": f"/api/parcels/{row.land_code}"} for row in rows]
    return {**scope.head, "total": {"n_parcels": total.n_parcels, "mu": total.mu}, "items": items, "links": following}
