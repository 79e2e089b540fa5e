"""A test county of its own for every test that writes: two towns, three bodies, an outline."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import shapely
from sqlalchemy import text

from app.core import crs, db
from app.core.principal import system
from app.imports.apply.parcel_classes import Difference
from app.imports.report import ImportReport
from app.imports.service import Options, import_files, undo_import

from .makers import square

_NUMBERS = count(990_501)
FIRST, SECOND = date(2024, 6, 30), date(2025, 6, 30)


def stored(geom: shapely.Geometry) -> shapely.Geometry:
    """From the plane to 4490."""
    return crs.reproject(np.array([geom], dtype=object), 4549, 4490)[0]


@dataclass
class TestCounty:
    """Where a test imports into."""

    __test__ = False
    code: str

    @property
    def towns(self) -> tuple[str, str]:
        return f"{self.code}101", f"{self.code}102"

    def key(self, number: int) -> str:
        return f"{self.code}001001GB{number:05d}"

    async def load(self, *files: Path, kind: str = "parcels", on: date = FIRST, dry_run: bool = False, **options: Any) -> ImportReport:
        stated = Options(data_date=on, **options)
        return await import_files(files, kind=kind, county_code=self.code, options=stated, principal=system(self.code), dry_run=dry_run)

    async def differences(self, *files: Path, on: date, covers: str | None = None) -> list[Difference]:
        """How a delivery differs from the register; nothing is written."""
        return (await self.load(*files, on=on, covers=covers, dry_run=True)).differences

    async def undo(self, import_id: int | None, reason: str = "试验") -> dict[str, int]:
        assert import_id is not None
        return await undo_import(import_id, county_code=self.code, reason=reason, principal=system(self.code))

    async def rows(self, sql: str, **values: Any) -> list[Any]:
        async with db.engine().connect() as conn:
            return list((await conn.execute(text(sql), {"c": self.code, **values})).all())

    async def value(self, sql: str, **values: Any) -> Any:
        return (await self.rows(sql, **values))[0][0]


async def made_county() -> TestCounty:
    """Towns 101 (x < 5,000 m) and 102 (beyond), bodies of both and a platform; an outline around them."""
    made = TestCounty(str(next(_NUMBERS)))
    outline = shapely.to_wkb(shapely.multipolygons([stored(square(-1000, -1000, 12_000, 6_000))]))
    shapes = [shapely.multipolygons([stored(square(x, -1000, 6_000, 6_000))]) for x in (-1000, 5000)]
    async with db.engine().begin() as conn:
        sql = "INSERT INTO county (code, name, meridian_epsg, is_test, geom) VALUES (:c, '试验县', 4549, true, ST_GeomFromWKB(:g, 4490))"
        await conn.execute(text(sql), {"c": made.code, "g": outline})
        for code, name, shape in zip(made.towns, ("甲镇", "乙镇"), shapes, strict=True):
            sql = "INSERT INTO town (county_code, code, scheme, name, kind, is_synthetic, geom) VALUES (:c, :t, 'NBS2023', :n, 'town', true, ST_GeomFromWKB(:g, 4490))"
            await conn.execute(text(sql), {"c": made.code, "t": code, "n": name, "g": shapely.to_wkb(shape)})
            sql = "INSERT INTO responsible_body (county_code, code, name, kind, town_code, sort) VALUES (:c, :t, :n, 'town', :t, 1)"
            await conn.execute(text(sql), {"c": made.code, "t": code, "n": name})
        sql = "INSERT INTO responsible_body (county_code, code, name, kind, sort) VALUES (:c, :f, '经济开发区', 'functional_area', 2), (:c, :u, '未归属', 'unassigned', 999)"
        await conn.execute(text(sql), {"c": made.code, "f": f"{made.code}402", "u": f"{made.code}000"})
    return made


@pytest.fixture
async def county(seeded: None) -> TestCounty:
    """A county of the test's own."""
    return await made_county()


@pytest.fixture
def real(shared: Path) -> Path:
    """Folder of real deliveries."""
    return shared / "data"


@pytest.fixture
async def planner(county: TestCounty) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the import routes as the county's planner."""
    from .over_http import client_of, person

    async with client_of(person(county)) as client:
        yield client
