"""A county of rectangles for case and ledger tests: bodies, parcels, people and 慈溪's pack under another county code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import crs
from app.core.principal import Principal, Role
from app.policy.loader import Pack, build, packs

COUNTY = "999777"
BODY, OTHER, OUT = "999777101", "999777102", "999777118"
EPSG = 4549
EAST, NORTH = 620_000.0, 3_339_000.0
_serial = count(1)
_people = count(100)

OFFICER = Principal(11, "专管员甲", Role.officer, COUNTY, None, BODY)
OTHER_OFFICER = Principal(12, "专管员乙", Role.officer, COUNTY, None, OTHER)
PLANNER = Principal(13, "规划甲", Role.planner, COUNTY, "zg")
ACCEPTOR = Principal(14, "验收甲", Role.acceptor, COUNTY, "jx")
FOREIGN_ACCEPTOR = Principal(15, "验收乙", Role.acceptor, COUNTY, "fg")
VIEWER = Principal(16, "只读", Role.viewer, COUNTY)
PROMOTED_OFFICER = Principal(11, "专管员甲", Role.acceptor, COUNTY, "jx")
"""The officer after he moved to the lead department: the same person."""
PEOPLE = {
    "officer": OFFICER, "other_officer": OTHER_OFFICER, "planner": PLANNER, "acceptor": ACCEPTOR, "foreign_acceptor": FOREIGN_ACCEPTOR,
    "viewer": VIEWER, "promoted": PROMOTED_OFFICER,
}  # fmt: skip


@cache
def pack() -> Pack:
    """慈溪's pack for the test county: tasks of two bodies, 庵东's role taken by OUT."""
    content = next(p.content for p in packs() if p.content.id == "330282-cixi")
    allocation = content.allocations[0]
    rows = [allocation.rows[0].model_copy(update={"body": BODY, "name": "甲镇", "value": Decimal(6000)}),
            allocation.rows[1].model_copy(update={"body": OTHER, "name": "乙镇", "value": Decimal(3500)})]  # fmt: skip
    calibres = content.calibres.model_copy(
        update={"sets": [s.model_copy(update={"excluded": [OUT] if s.excluded else []}) for s in content.calibres.sets]}
    )
    changed = {"county_code": COUNTY, "calibres": calibres,
               "allocations": [allocation.model_copy(update={"rows": rows, "stretch": Decimal(500)})]}  # fmt: skip
    return build(content.model_copy(update=changed))


def use_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything in the two rooms sees the test county's pack."""
    for module in (
        "app.ledger.service",
        "app.ledger.openings",
        "app.ledger.targets",
        "app.ledger.views",
        "app.remediation.service",
        "app.remediation.views",
    ):
        monkeypatch.setattr(f"{module}.pack_for", lambda *_args: pack())


def rectangle(x: float, y: float, w: float, h: float) -> shapely.Geometry:
    """A rectangle in the plane, as EPSG:4490 lon/lat."""
    plane = np.array([shapely.box(EAST + x, NORTH + y, EAST + x + w, NORTH + y + h)], dtype=object)
    return crs.reproject(plane, EPSG, crs.STORED)[0]


async def found(conn: AsyncConnection) -> None:
    """County and bodies; may be repeated."""
    await conn.execute(
        text("INSERT INTO county (code, name, meridian_epsg, is_test) VALUES (:c, '台账试验县', :e, true) ON CONFLICT DO NOTHING"),
        {"c": COUNTY, "e": EPSG},
    )
    rows = [(BODY, "甲镇", "town"), (OTHER, "乙镇", "town"), (OUT, "丙镇", "town"), (f"{COUNTY}000", "未归属", "unassigned")]
    for number, (code, name, kind) in enumerate(rows):
        await conn.execute(
            text("INSERT INTO responsible_body (county_code, code, name, kind, sort) VALUES (:c, :b, :n, :k, :s) ON CONFLICT DO NOTHING"),
            {"c": COUNTY, "b": code, "n": name, "k": kind, "s": number},
        )


@dataclass(frozen=True)
class Plot:
    """A parcel that was written."""

    id: int
    land_code: str
    source_key: str


async def plot(
    conn: AsyncConnection, x: float, y: float, w: float, h: float, *, body: str = BODY, registered: Decimal | None = None
) -> Plot:
    """A rectangular parcel; without a registered area its planar one is used."""
    n = next(_serial)
    made = Plot(int(COUNTY) * 10**9 + n, f"{COUNTY}101P{n:06d}0", f"key{n}")
    geom = rectangle(x, y, w, h)
    planar = crs.planar_area_m2(np.array([geom], dtype=object), EPSG)[0]
    await conn.execute(
        text("INSERT INTO parcel (id, county_code, land_code, source_key) VALUES (:i, :c, :l, :k)"),
        {"i": made.id, "c": COUNTY, "l": made.land_code, "k": made.source_key},
    )
    await conn.execute(
        text(
            "INSERT INTO parcel_version (county_code, parcel_id, valid, geom, town_code, responsible_body, area_registered_m2,"
            " area_planar_m2, area_geodesic_m2) VALUES (:c, :i, daterange('2020-01-01', NULL), ST_Multi(ST_GeomFromWKB(:g, 4490)), :b, :b,"
            " :r, round(CAST(:p AS numeric), 2), round(CAST(:p AS numeric), 2))"
        ),
        {"c": COUNTY, "i": made.id, "g": shapely.to_wkb(geom), "b": body, "r": registered, "p": Decimal(repr(float(planar)))},
    )
    return made


async def submitted_case(conn: AsyncConnection, plots: Sequence[Plot], *, method: str = "rebuild", body: str = BODY) -> int:
    """A case that waits for its acceptance, written without the workflow."""
    n = next(_serial)
    case_id = int(COUNTY) * 10**9 + 500_000 + n
    await conn.execute(
        text(
            "INSERT INTO remediation_case (id, county_code, code, name, responsible_body, method, state, campaign, created_on, state_since,"
            " submitted_by) VALUES (:i, :c, :k, :k, :b, :m, 'submitted', '2021-2025', '2025-01-01', '2025-09-01', 11)"
        ),
        {"i": case_id, "c": COUNTY, "k": f"ZZ-T-{n}", "b": body, "m": method},
    )
    for p in plots:
        await conn.execute(
            text("INSERT INTO case_parcel (county_code, case_id, parcel_id) VALUES (:c, :k, :p)"), {"c": COUNTY, "k": case_id, "p": p.id}
        )
    return case_id


async def totals(conn: AsyncConnection) -> tuple[Decimal, Decimal, Decimal]:
    """Σ ground, Σ counted, and the area of the union of the standing grounds (PostGIS) of the test county."""
    sums = await conn.execute(
        text("SELECT coalesce(sum(ground_m2), 0) AS g, coalesce(sum(counted_m2), 0) AS c FROM ledger_posting WHERE county_code = :c"),
        {"c": COUNTY},
    )
    union = await conn.execute(
        text("SELECT coalesce(ST_Area(ST_Union(plane)), 0) FROM ledger_ground WHERE county_code = :c AND is_standing"), {"c": COUNTY}
    )
    row = sums.one()
    return row.g, row.c, Decimal(repr(union.scalar_one()))


async def wipe(conn: AsyncConnection) -> None:
    """Empty the test county's cases and ledger (the owner may; append-only guards are lifted for this transaction)."""
    await conn.execute(text("SET LOCAL ROLE yima_owner"))
    for table in ("ledger_posting", "case_event"):
        await conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    for table in ("ledger_posting", "ledger_ground", "evidence", "case_event", "case_enterprise", "case_parcel", "remediation_case",
                  "target_observation", "parcel_version", "parcel"):  # fmt: skip
        await conn.execute(text(f"DELETE FROM {table} WHERE county_code = :c"), {"c": COUNTY})
    for table in ("ledger_posting", "case_event"):
        await conn.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


AnyDict = dict[str, Any]
DAY = date(2025, 9, 30)
