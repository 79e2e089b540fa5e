"""What a template is filled with beforehand: parcels, enterprises and contracts of a responsible body."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import NotFound

Pair = tuple[str, str]


@dataclass(frozen=True)
class Subjects:
    """Codes with what is shown beside them; `place` is the body's name, or the county's."""

    place: str
    parcels: list[Pair] = field(default_factory=list)
    enterprises: list[Pair] = field(default_factory=list)
    contracts: list[Pair] = field(default_factory=list)


_PARCELS = """
SELECT p.source_key AS code, coalesce(v.name, '') AS shown FROM parcel p
JOIN parcel_version v ON v.county_code = p.county_code AND v.parcel_id = p.id AND v.is_current
WHERE p.county_code = :c AND (CAST(:b AS text) IS NULL OR v.responsible_body = :b) ORDER BY 1
"""
_ENTERPRISES = """
SELECT e.uscc AS code, e.name AS shown FROM enterprise e
WHERE e.county_code = :c AND e.status IS DISTINCT FROM 'cancelled' AND (CAST(:b AS text) IS NULL OR EXISTS (
  SELECT FROM occupancy o JOIN parcel_version v ON v.county_code = o.county_code AND v.parcel_id = o.parcel_id AND v.is_current
  WHERE o.county_code = e.county_code AND o.enterprise_id = e.id AND v.responsible_body = :b AND coalesce(o.end_on, 'infinity') > :d
)) ORDER BY 1
"""
_CONTRACTS = """
SELECT s.electronic_no AS code, p.source_key AS shown FROM supply_contract s
JOIN parcel p ON p.county_code = s.county_code AND p.id = s.parcel_id
JOIN parcel_version v ON v.county_code = p.county_code AND v.parcel_id = p.id AND v.is_current
WHERE s.county_code = :c AND (CAST(:b AS text) IS NULL OR v.responsible_body = :b) ORDER BY 1
"""
_PLACE = """
SELECT coalesce(b.name, c.name) AS name FROM county c LEFT JOIN responsible_body b ON b.county_code = c.code AND b.code = :b
WHERE c.code = :c AND (CAST(:b AS text) IS NULL OR b.code IS NOT NULL)
"""


async def load(conn: AsyncConnection, county: str, body: str | None, *, on: date) -> Subjects:
    """Of one responsible body, or of the whole county. Errors: NotFound when the county has no such body."""
    place = (await conn.execute(text(_PLACE), {"c": county, "b": body})).scalar_one_or_none()
    if place is None:
        raise NotFound("没有这个责任主体", pointer="query:body")
    found = []
    for sql, more in ((_PARCELS, {}), (_ENTERPRISES, {"d": on}), (_CONTRACTS, {})):
        rows = await conn.execute(text(sql), {"c": county, "b": body, **more})
        found.append([(row.code, row.shown) for row in rows])
    return Subjects(place, *found)
