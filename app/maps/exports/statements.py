"""The plan of an export as an order: its rows in id order as the caller's scope and filters choose them, values bound."""

from pathlib import Path
from typing import Any

from app.maps import places, queries
from app.maps.exports.order import Field, Order
from app.maps.exports.spec import Plan
from app.maps.moments import parse
from app.policy.registry import Column

HEAD = Path(__file__).parent / "sql" / "head.sql"


def order_of(plan: Plan) -> Order:
    """What the writing process is told."""
    spec = plan.spec
    is_ready = spec.format in ("geojson", "geojsonseq") and spec.properties is None and not plan.target.moves
    sql, values = _parcels(plan, whole_texts=is_ready) if spec.collection == "parcels" else _places(plan)
    return Order(
        spec.county_code, spec.collection, plan.title, spec.format, tuple(map(_field, plan.columns.values())), plan.target,
        (sql, tuple(values)), (HEAD.read_text(), (spec.county_code, spec.collection)), plan.is_point, is_ready, spec.encoding or "UTF-8",
    )  # fmt: skip


def _field(column: Column) -> Field:
    return Field(column.name, column.type, column.label, column.source, column.unit)


def _parcels(plan: Plan, *, whole_texts: bool) -> tuple[str, list[Any]]:
    view, page = plan.view, plan.page
    chosen, bound = ("", []) if plan.is_whole else queries.ids_in_order(view, page)
    bind = queries.Values(list(bound))
    shown = queries.form(view, bind)
    mark = "position('\"properties\":'::bytea IN f.text)"
    text = "f.text" if whole_texts else f"substring(f.text FROM {mark} + 13 FOR octet_length(f.text) - {mark} - 13)"
    terms = f"m.county_code = {bind(view.county_code)}" + (f" AND m.id IN ({chosen})" if chosen else "")
    return (
        f"SELECT m.id, {text} AS text, ST_AsBinary(g.geom) AS wkb FROM {view.table} m{queries.shapes(view)}"
        f" CROSS JOIN LATERAL (SELECT {shown} AS text) f WHERE {terms} ORDER BY m.id",
        bind.bound,
    )


def _places(plan: Plan) -> tuple[str, list[Any]]:
    """Small layers: their page as the map reads it, each row with its shape as it is stored."""
    layer, bound = plan.spec.collection, places.values(plan.spec.principal, parse(), plan.page, None)
    page = places.statement(layer, plan.page, bound)
    return (
        f"SELECT r.id, r.feature AS text, ST_AsBinary(g.geom) AS wkb FROM ({page}) r JOIN ({queries.sql(f'layer_{layer}')}) g USING (id)"
        " ORDER BY r.id",
        bound,
    )
