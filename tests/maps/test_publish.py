"""The map follows the register: changed parcels, new cases, retired parcels, in the same transaction."""

import json

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.events import CaseChanged, ParcelsChanged
from app.maps import publish
from tests.maps.conftest import BASE, COUNTY


async def shown(conn: AsyncConnection, parcel_id: int) -> dict | None:
    row = (await conn.execute(text("SELECT feature FROM map_parcel WHERE id = :i"), {"i": parcel_id})).first()
    return json.loads(row.feature)["properties"] if row else None


async def test_a_part_of_the_county_follows(county: None, conn: AsyncConnection) -> None:
    before = await shown(conn, BASE + 2)
    assert before["display_class"] != "orange"
    await conn.execute(text("INSERT INTO case_parcel (county_code, case_id, parcel_id) VALUES (:c, :k, :p)"),
                       {"c": COUNTY, "k": BASE + 1, "p": BASE + 2})  # fmt: skip
    await publish.on_case_changed(conn, CaseChanged(COUNTY, BASE + 1, [BASE + 2]))
    assert (await shown(conn, BASE + 2))["display_class"] == "orange"
    await conn.execute(text("UPDATE remediation_case SET state = 'reversed' WHERE id = :k"), {"k": BASE + 1})
    await publish.on_case_changed(conn, CaseChanged(COUNTY, BASE + 1, [BASE + 1, BASE + 2]))
    assert (await shown(conn, BASE + 2))["display_class"] == before["display_class"]
    await conn.execute(
        text("UPDATE parcel_version SET valid = daterange(lower(valid), '2025-09-01') WHERE parcel_id = :p"), {"p": BASE + 3}
    )
    await publish.on_parcels_changed(conn, ParcelsChanged(COUNTY, [BASE + 3]))
    assert await shown(conn, BASE + 3) is None
    counts = [
        (await conn.execute(text(f"SELECT count(*) FROM {t} WHERE county_code = :c"), {"c": COUNTY})).scalar() for t in publish.TABLES
    ]
    assert counts == [59, 59, 59]
