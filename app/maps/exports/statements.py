"""The plan of an export as an order: the ids that the caller's scope and filters choose, then rows of some of them; values bound."""

from pathlib import Path
from typing import Any

from app.maps import places, queries
from app.maps.exports.order import Field, Order
from app.maps.exports.spec import Plan
from app.maps.layers import MIXED
from app.maps.moments import parse
from app.maps.values import Values
from app.policy.registry import Column

HEAD = Path(__file__).parent / "sql" / "head.sql"
FORMS = Path(__file__).parent / "sql" / "forms.sql"
Statement = tuple[str, tuple[Any, ...]]


def order_of(plan: Plan) -> Order:
    """What the writing process is told."""
    spec = plan.spec
    is_parcels = spec.collection == "parcels"
    is_ready = spec.format in ("geojson", "geojsonseq") and spec.properties is None and not plan.target.moves
    ids, rows = _parcels(plan, is_ready=is_ready) if is_parcels else _places(plan, is_ready=is_ready)
    return Order(
        spec.county_code, spec.collection, plan.title, spec.format, tuple(map(_field, plan.columns.values())), plan.target, ids, rows,
        (HEAD.read_text(), (spec.county_code, spec.collection)), FORMS.read_text() if spec.collection in MIXED else None,
        is_parcels and plan.is_whole, plan.is_point, is_ready,
        spec.encoding or "UTF-8",
    )  # fmt: skip


def _field(column: Column) -> Field:
    return Field(column.name, column.type, column.label, column.source, column.unit)


def _text(feature: str, *, is_ready: bool, head: str | None = None) -> str:
    """A feature as it is stored, or only its properties, which begin after `head` octets (none: looked for)."""
    head = head or f"(position('\"properties\":'::bytea IN {feature}) + 12)"
    return feature if is_ready else f"substring({feature} FROM {head} + 1 FOR octet_length({feature}) - {head} - 1)"


def _parcels(plan: Plan, *, is_ready: bool) -> tuple[Statement, Statement]:
    view, bind = plan.view, Values()
    shown, county = queries.form(view, bind), bind(view.county_code)
    if plan.is_whole:
        first, last = (f"${len(bind.bound) + n}::bigint" for n in (1, 2))
        wanted = f"m.id BETWEEN {first} AND {last} AND g.id BETWEEN {first} AND {last}"
        ids = (f"SELECT m.id FROM {view.table} m WHERE m.county_code = $1 ORDER BY m.id", (view.county_code,))
    else:
        wanted = f"m.id = ANY(${len(bind.bound) + 1}::bigint[])"
        chosen, values = queries.ids_in_order(view, plan.page)
        ids = (chosen, tuple(values))
    text = _text("f.text", is_ready=is_ready, head=None if view.is_public else "m.head")
    rows = (
        f"SELECT m.id, {text} AS text, ST_AsBinary(g.geom) AS wkb FROM {view.table} m{queries.shapes(view)}"
        f" CROSS JOIN LATERAL (SELECT {shown} AS text) f WHERE m.county_code = {county} AND {wanted} ORDER BY m.id"
    )
    return ids, (rows, tuple(bind.bound))


def _places(plan: Plan, *, is_ready: bool) -> tuple[Statement, Statement]:
    """Small layers: their page as the map reads it, each row with its shape as it is stored."""
    layer, bound = plan.spec.collection, places.values(plan.spec.principal, parse(), plan.page, None)
    page = places.statement(layer, plan.page, bound)
    rows = (
        f"SELECT r.id, {_text('r.feature', is_ready=is_ready)} AS text, ST_AsBinary(g.geom) AS wkb"
        f" FROM ({page}) r JOIN ({queries.sql(f'layer_{layer}')}) g USING (id) WHERE r.id = ANY(${len(bound) + 1}::bigint[]) ORDER BY r.id"
    )
    return (f"SELECT r.id FROM ({page}) r ORDER BY r.id", tuple(bound)), (rows, tuple(bound))
