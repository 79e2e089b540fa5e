"""What an import must know of the county: its plane, outline, towns of the day, responsible bodies."""

from dataclasses import dataclass, field
from datetime import date

import shapely
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.imports.checks.places import Places
from app.imports.errors import CountyUnknown
from app.imports.readers.base import Place

UNASSIGNED = "000"


@dataclass
class Context:
    """The county an import goes into."""

    county: str
    meridian_epsg: int
    places: Places
    bodies: dict[str, str]
    body_of_town: dict[str, str]
    unassigned_body: str
    town_codes: frozenset[str]
    town_names: dict[str, str] = field(default_factory=dict)

    @property
    def unassigned_town(self) -> str:
        return self.county + UNASSIGNED

    def body_code(self, said: str | None) -> str | None:
        """Code of a responsible body by its name or code; None when the county has no such body."""
        return None if said is None else self.bodies.get(said)


async def place(conn: AsyncConnection, county: str) -> Place:
    """Where the county lies; what no county of the system is, is refused."""
    found = await conn.execute(text("SELECT meridian_epsg, ST_AsBinary(geom) AS geom FROM county WHERE code = :c"), {"c": county})
    row = found.one_or_none()
    if row is None:
        raise CountyUnknown(f"没有 {county}", hint="用 yima county add 添加")
    return Place(None if row.geom is None else shapely.from_wkb(row.geom), row.meridian_epsg)


async def load(conn: AsyncConnection, county: str, *, on: date) -> Context:
    """Read the county as it is on the delivery's day."""
    found = await conn.execute(text("SELECT meridian_epsg, ST_AsBinary(geom) AS geom FROM county WHERE code = :c"), {"c": county})
    row = found.one_or_none()
    if row is None:
        raise CountyUnknown(f"没有 {county}", hint="用 yima county add 添加")
    found = await conn.execute(
        text(
            "SELECT DISTINCT ON (code) code, name, ST_AsBinary(geom) AS geom FROM town WHERE county_code = :c"
            " AND coalesce(valid_from, '-infinity') <= :d AND coalesce(valid_to, 'infinity') > :d"
            " ORDER BY code, geom IS NULL, valid_from DESC NULLS LAST, id"
        ),
        {"c": county, "d": on},
    )
    towns = found.all()
    shapes = {t.code: None if t.geom is None else shapely.from_wkb(t.geom) for t in towns}
    bodies = (
        await conn.execute(
            text("SELECT code, name, kind, town_code FROM responsible_body WHERE county_code = :c ORDER BY sort, code"), {"c": county}
        )
    ).all()
    return Context(
        county=county,
        meridian_epsg=row.meridian_epsg,
        places=Places.of(None if row.geom is None else shapely.from_wkb(row.geom), shapes, row.meridian_epsg),
        bodies={b.name: b.code for b in reversed(bodies)} | {b.code: b.code for b in bodies},
        body_of_town={b.town_code: b.code for b in reversed(bodies) if b.town_code},
        unassigned_body=next((b.code for b in bodies if b.kind == "unassigned"), county + UNASSIGNED),
        town_codes=frozenset(shapes),
        town_names={t.code: t.name for t in towns},
    )
