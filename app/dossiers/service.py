"""Use-cases: read what the caller may see; a read of exact figures is logged apart, before it is answered."""

import json
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import audit, db
from app.core.principal import Principal
from app.dossiers import archive as archives
from app.dossiers import portrait as portraits
from app.maps.moments import Moment


async def _logged(principal: Principal, layer: str, object_id: str) -> None:
    async with db.engine().begin() as conn:
        await audit.log_read(conn, principal, layer=layer, fields="tax_per_mu", object_id=object_id)


async def archive(conn: AsyncConnection, principal: Principal, key: str, moment: Moment) -> dict[str, Any]:
    """一地一档案."""
    found = await archives.archive(conn, principal, key, moment)
    body = found["parcel"].get("responsible_body")
    if found["access"] == "full" and principal.sees_exact_figures(body["code"] if body else None):
        await _logged(principal, "parcels", found["parcel"]["land_code"])
    if "geometry" in found:
        found["geometry"] = json.loads(found["geometry"])
    return found


async def portrait(conn: AsyncConnection, principal: Principal, uscc: str) -> dict[str, Any]:
    """一企一画像."""
    found = await portraits.portrait(conn, principal, uscc)
    if found["access"] == "full":
        await _logged(principal, "enterprises", found["enterprise"]["uscc"])
    return found
