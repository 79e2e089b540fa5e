"""SQL of the map: who asks decides table and columns first, then the page's ids (narrow), then its texts (wide)."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from app.core.principal import Principal, Role
from app.maps import fields, sorting
from app.maps.crs import DEFAULT, Crs
from app.maps.extent import Envelope
from app.maps.filters import Condition, touching
from app.maps.models import PLACE
from app.maps.values import Values

COUNTED = 10_000
"""Up to this many candidates a page is chosen from all of them, and numberMatched is exact; above it is left out."""
FILTERS = ("responsible_body", "display_class", "inefficient", "idle", "standard_land", "grade")
PUBLIC_FILTERS = ("responsible_body", "standard_land", "grade")
SEEN = {
    "map_parcel": frozenset({"id", *(name for name, column in fields.PARCEL.items() if name in fields.STORED and column.type != "text[]")}),
    "map_parcel_public": frozenset({"id", "land_code", *PUBLIC_FILTERS}),
}
"""Columns that stand typed beside the texts; a filter on others reads map_filter."""


@lru_cache
def sql(name: str) -> str:
    """Text of a statement in sql/."""
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text()


@lru_cache
def extent(county: str) -> str:
    """Statement of a county's extent in degrees; `county` is the place of its code, `$1` or one with a name."""
    return sql("extent").replace("{parcels}", sql("extent_of_parcels")).replace("{county}", county)


@dataclass(frozen=True)
class View:
    """What the caller may see of the parcels of his county. `own_body` is set for an officer: elsewhere outlines only."""

    county_code: str
    table: str
    filters: tuple[str, ...]
    own_body: str | None = None
    is_officer: bool = False

    @property
    def is_public(self) -> bool:
        """The reduced form of a viewer."""
        return self.table == "map_parcel_public"

    @property
    def shapes(self) -> str:
        """The table that holds the shapes of this view."""
        return self.table if self.is_public else "map_shape"

    @property
    def scope(self) -> tuple[str, ...]:
        """What makes two callers' answers equal."""
        return (self.county_code, self.table, (self.own_body or "-") if self.is_officer else "*")


@lru_cache(maxsize=1_024)
def view_of(principal: Principal) -> View:
    """The caller's view: public table for viewers, full rows otherwise."""
    if principal.is_public_only:
        return View(principal.county_code, "map_parcel_public", PUBLIC_FILTERS)
    is_officer = principal.role is Role.officer
    return View(principal.county_code, "map_parcel", FILTERS, principal.responsible_body if is_officer else None, is_officer)


def _box(envelope: Envelope, bind: Values) -> str:
    west, south, east, north = (f"{bind(v)}::float8" for v in (envelope.west, envelope.south, envelope.east, envelope.north))
    return f"box(point({west}, {south}), point({east}, {north}))"


def _rectangle(envelope: Envelope, bind: Values) -> str:
    """The extent as a shape, from its box; a point or a line is no polygon."""
    if envelope.is_flat:
        return _geometry(envelope, bind)
    return f"ST_SetSRID({bind.box(envelope)}::polygon::geometry, 4490)"


def _geometry(envelope: Envelope, bind: Values) -> str:
    corners = ", ".join(f"{bind(v)}::float8" for v in (envelope.west, envelope.south, envelope.east, envelope.north))
    if envelope.is_flat:  # a point or a line, never an invalid polygon
        first, second, third, fourth = corners.split(", ")
        return f"ST_SetSRID(ST_Envelope(ST_MakeLine(ST_MakePoint({first}, {second}), ST_MakePoint({third}, {fourth}))), 4490)"
    return f"ST_MakeEnvelope({corners}, 4490)"


def inside(view: View, envelopes: tuple[Envelope, ...], bind: Values) -> str:
    """The shape itself meets the extent; looked at only where the box neither lies inside nor outside of it."""
    if not envelopes:
        return "true"
    each = []
    for e in envelopes:
        sure = f"m.box <@ {_box(e.inner, bind)} OR " if e.inner else ""
        exact = f"SELECT ST_Intersects(g.geom, {_geometry(e, bind)}) FROM {view.shapes} g"
        each.append(f"(m.box && {_box(e, bind)} AND ({sure}({exact} WHERE g.county_code = m.county_code AND g.id = m.id)))")
    return f"({' OR '.join(each)})"


class Page(NamedTuple):
    """Which page is asked for."""

    envelopes: tuple[Envelope, ...]
    filters: dict[str, str]
    limit: int
    after: int = 0
    matched: int | None = None
    """What the first page counted; None on a later page: there are many."""
    offset: int = 0
    conditions: tuple[Condition, ...] = ()
    sort: tuple[sorting.Key, ...] = ()
    key: tuple[list[str | None], int] | None = None
    """Where a sorted page continues; `after` is for pages in id order."""
    shape: str | None = None
    """The extent as GeoJSON where it is no rectangle in degrees."""
    crs: Crs = DEFAULT
    is_packed: bool = False
    """The texts leave as they are, so several may come as one."""

    @property
    def asks(self) -> bool:
        """Whether its rows or their order tell something of columns."""
        told = {k.column.name for k in self.sort} - {"id", "land_code"} or set(self.filters) - {"responsible_body"}
        return bool(told) or any(c.is_asked for c in self.conditions)

    @property
    def is_plain(self) -> bool:
        """Nothing but the extent chooses."""
        return not (self.filters or self.conditions or self.shape or self.sort or self.offset)

    @property
    def terms(self) -> tuple[Condition, ...]:
        """All conditions: the caller's and the extent's."""
        return (*self.conditions, touching(self.shape)) if self.shape else self.conditions


def _typed(view: View, page: Page) -> str:
    """Alias of the typed columns that conditions and order read: the texts' own row where it has them all."""
    is_near = not page.sort and all(c.columns <= SEEN[view.table] for c in page.conditions)
    return "m" if is_near else "t"


def filtered(view: View, page: Page, bind: Values) -> str:
    """Filters. Elsewhere than in his own body an officer can't ask what he may not see."""
    terms = [f"m.{name} = {bind(value)}" for name, value in page.filters.items()]
    if view.is_officer and page.asks:
        terms.append(f"m.responsible_body = {bind(view.own_body or '')}")
    table = _typed(view, page)
    terms += [f"({c.after(bind.bound, table)})" for c in page.terms]
    return " AND ".join(terms) or "true"


def joined(view: View, page: Page) -> str:
    """Narrow columns (t) and the shape (g), only where a condition reads them: a plain extent stays an index-only look."""
    found = ""
    if _typed(view, page) == "t":
        found += " JOIN map_filter t ON t.county_code = m.county_code AND t.id = m.id"
    if any(c.needs_shape for c in page.terms):
        found += shapes(view)
    return found


def shapes(view: View) -> str:
    """Join of the shapes, as g."""
    return f" JOIN {view.shapes} g ON g.county_code = m.county_code AND g.id = m.id"


def _meets(view: View, envelope: Envelope, bind: Values) -> str:
    """As `inside` where the row is read anyway: one polygon that lies within the extent's width or height and meets its box meets
    it, for it reaches from edge to edge of its own box; only the corners of an extent are left to look up.
    """
    sure = ""
    if envelope.inner:
        inner, upright, level = _parts(envelope.inner)
        sure = f"m.box <@ {bind.box(inner)} OR "
        if not view.is_public:
            beside = f"m.box <@ {bind.box(upright)} OR m.box <@ {bind.box(level)}"
            sure += f"m.is_single AND m.box && {bind.box(inner)} AND ({beside}) OR "
    exact = f"SELECT ST_Intersects(g.geom, {_rectangle(envelope, bind)}) FROM {view.shapes} g"
    return f"(m.box && {bind.box(envelope)} AND ({sure}({exact} WHERE g.county_code = m.county_code AND g.id = m.id)))"


def _parts(extent: Envelope) -> tuple[Envelope, Envelope, Envelope]:
    """An extent, with what lies above and below it, with what lies beside it."""
    return extent, Envelope(extent.west, -90.0, extent.east, 90.0), Envelope(-180.0, extent.south, 180.0, extent.north)


def texts_of_few(view: View, page: Page) -> tuple[str, list[Any]]:
    """Texts of all parcels in one small extent, unordered, in one look; no row when more than a page of them may lie there."""
    bind = Values()
    (extent,) = page.envelopes
    county, box = bind(view.county_code), bind.box(extent)
    shown, others = _form(view, page.crs, bind), joined(view, page)
    others += "" if page.crs.is_stored or " g ON " in others else shapes(view)
    candidates = f"SELECT FROM {view.table} c WHERE c.county_code = {county} AND c.box && {box} LIMIT {bind(page.limit + 1)}"
    statement = f"""
SELECT {shown} AS feature
FROM {view.table} m{others}
WHERE m.county_code = {county}
  AND {_meets(view, extent, bind)}
  AND {filtered(view, page, bind)}
  AND (SELECT count(*) FROM ({candidates}) few) <= {bind(page.limit)}
"""
    return statement, bind.bound


def ids_of_few(view: View, page: Page) -> tuple[str, list[Any]]:
    """One row: near (candidates, cut at COUNTED + 1), matched, ids. Index-only on the box index unless a condition reads more."""
    bind = Values()
    county = bind(view.county_code)
    read = {name for c in page.conditions for name in c.columns} if _typed(view, page) == "m" else set()
    columns = ", ".join(dict.fromkeys(("county_code", "id", "box", *view.filters, *sorted(read))))
    candidates = [
        f"(SELECT {columns} FROM {view.table} WHERE county_code = {county} AND {where} LIMIT {COUNTED + 1})"
        for where in ([f"box && {_box(e, bind)}" for e in page.envelopes] or ["true"])
    ]
    statement = f"""
WITH near AS MATERIALIZED ({" UNION ALL ".join(candidates)}),
hit AS MATERIALIZED (
    SELECT DISTINCT m.id
    FROM near m{joined(view, page)}
    WHERE (SELECT count(*) FROM near) <= {COUNTED}
      AND {filtered(view, page, bind)}
      AND {inside(view, page.envelopes, bind)}
)
SELECT (SELECT count(*) FROM near) AS near,
       (SELECT count(*) FROM hit) AS matched,
       ARRAY(SELECT id FROM hit WHERE id > {bind(page.after)} ORDER BY id OFFSET {bind(page.offset)} LIMIT {bind(page.limit)}) AS ids
"""
    return statement, bind.bound


def _walk(page: Page, after: str) -> tuple[str, str]:
    """What comes after that id, and the order to walk it in: by id, which in an extent the index (place, box) does."""
    if not page.envelopes:
        return f"m.id > {after}::bigint", "m.id"
    start, place = PLACE.format(id=f"{after}::bigint"), PLACE.format(id="m.id")
    return f"m.id > {after}::bigint AND {place} >> {start}", f"{place} <-> {start}"


def ids_in_order(view: View, page: Page) -> tuple[str, list[Any]]:
    """Ids of a page out of many: by the primary key, in an extent nearest first on (place, box), which skips what lies outside."""
    bind = Values()
    after = bind(page.after)
    beyond, order = _walk(page, after)
    statement = f"""
SELECT m.id
FROM {view.table} m{joined(view, page)}
WHERE m.county_code = {bind(view.county_code)}
  AND {beyond}
  AND {filtered(view, page, bind)}
  AND {inside(view, page.envelopes, bind)}
ORDER BY {order}
OFFSET {bind(page.offset)} LIMIT {bind(page.limit)}
"""
    return statement, bind.bound


def texts_in_order(view: View, page: Page) -> tuple[str, list[Any]]:
    """Ids and texts of a page out of many when nothing but the extent chooses: the walk of `ids_in_order`, reading each row as it goes."""
    bind = Values()
    after, shown = bind(page.after), _form(view, page.crs, bind)
    beyond, order = _walk(page, after)
    statement = f"""
SELECT m.id, {shown} AS feature
FROM {view.table} m{"" if page.crs.is_stored else shapes(view)}
WHERE m.county_code = {bind(view.county_code)}
  AND {beyond}
  AND ({" OR ".join(_meets(view, e, bind) for e in page.envelopes) or "true"})
ORDER BY {order}
LIMIT {bind(page.limit)}
"""
    return statement, bind.bound


def ids_sorted(view: View, page: Page) -> tuple[str, list[Any]]:
    """Ids and keys of a page in the order asked for."""
    bind = Values()
    statement = f"""
SELECT m.id, {sorting.chosen(page.sort)} AS key
FROM {view.table} m{joined(view, page)}
WHERE m.county_code = {bind(view.county_code)}
  AND {filtered(view, page, bind)}
  AND {inside(view, page.envelopes, bind)}
  AND {sorting.beyond(page.sort, page.key, bind.bound) if page.key else "true"}
ORDER BY {sorting.order(page.sort)}
OFFSET {bind(page.offset)} LIMIT {bind(page.limit)}
"""
    return statement, bind.bound


def count_sorted(view: View, page: Page) -> tuple[str, list[Any]]:
    """How many a sorted query matches, at most COUNTED + 1."""
    bind = Values()
    statement = f"""
SELECT count(*)
FROM (
    SELECT 1
    FROM {view.table} m{joined(view, page)}
    WHERE m.county_code = {bind(view.county_code)}
      AND {filtered(view, page, bind)}
      AND {inside(view, page.envelopes, bind)}
    LIMIT {COUNTED + 1}
) matching
"""
    return statement, bind.bound


_OUTLINE = """(substring(m.feature FOR m.head) || convert_to('{"land_code":"' || m.land_code || '"}}', 'UTF8'))"""


def form(view: View, bind: Values) -> str:
    """What the caller may see of a row m: an officer elsewhere than in his own body code and shape only."""
    if not view.is_officer:
        return "m.feature"
    return f"CASE WHEN m.responsible_body = {bind(view.own_body or '')} THEN m.feature ELSE {_OUTLINE} END"


def _form(view: View, crs: Crs, bind: Values) -> str:
    """The same as stored, in another system with the shape (of g) written anew."""
    shown = form(view, bind)
    if crs.is_stored:
        return shown
    shape = "g.geom" if view.is_public else "ST_ForcePolygonCCW(g.geom)"
    return (
        f'convert_to(\'{{"type":"Feature","id":\' || m.id || \',"geometry":\' || {crs.geojson(shape)} || \',"properties":\''
        f" || (convert_from({shown}, 'UTF8')::json -> 'properties')::text || '}}', 'UTF8')"
    )


def _texts(view: View, crs: Crs, bind: Values, columns: str) -> str:
    return f"SELECT {columns}{_form(view, crs, bind)} AS feature FROM {view.table} m{'' if crs.is_stored else shapes(view)}"


def texts(view: View, ids: list[int], crs: Crs = DEFAULT) -> tuple[str, list[Any]]:
    """Texts of these parcels in id order: what the caller may see of each."""
    bind = Values([view.county_code, ids])
    return f"{_texts(view, crs, bind, 'm.id, ')} WHERE m.county_code = $1 AND m.id = ANY($2::bigint[]) ORDER BY m.id", bind.bound


def one(view: View, key: int | str, crs: Crs = DEFAULT) -> tuple[str, list[Any]]:
    """Text of one parcel, by integer id or land_code."""
    bind = Values([view.county_code, key])
    column = "id" if isinstance(key, int) else "land_code"
    return f"{_texts(view, crs, bind, '')} WHERE m.county_code = $1 AND m.{column} = $2", bind.bound
