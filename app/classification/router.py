"""/api/classification, /api/parcels/{land_code}/verdicts, /api/determinations."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

from app.accounts.deps import IfMatch, Read, Signed, Write
from app.classification import service, views
from app.classification.schemas import DeterminationIn, RevocationIn

router = APIRouter(prefix="/api", tags=["研判"])
Calibre = Annotated[str | None, Query(max_length=40, description="口径,默认政策包的默认口径")]
Code = Annotated[str | None, Query(max_length=20)]
Result = Literal["true", "false", "unknown"]
DeterminationId = Annotated[int, Path(ge=1, lt=2**53)]


def _json(value: Any) -> JSONResponse:
    """Decimals as JSON numbers, dates as ISO text."""
    return JSONResponse(jsonable_encoder(value))


@router.get("/classification/runs", summary="研判批次")
async def list_runs(principal: Signed, conn: Read) -> Response:
    """Finished runs, newest first."""
    return _json(await views.list_runs(conn, principal))


@router.get("/classification/summary", summary="低效底数")
async def read_summary(
    principal: Signed, conn: Read, calibre: Calibre = None, by: Literal["criterion", "line", "ownership", "body"] | None = None
) -> Response:
    """宗数、亩、占比、原因、线内外、权属、责任主体;初判与认定分列。Errors: facts_not_published, parameter_invalid."""
    return _json(await views.read_summary(conn, principal, calibre=calibre, by=by))


@router.get("/classification/parcels", summary="底数对应的宗地")
async def list_parcels(
    principal: Signed, conn: Read, calibre: Calibre = None, responsible_body: Code = None, inefficient: Result | None = None,
    idle: Literal["suspected", "not_idle", "insufficient_data"] | None = None, standard_land: Result | None = None, criterion: Code = None,
    criterion_unknown: Code = None, relation: Literal["inside", "crossing", "outside", "unknown"] | None = None,
    ownership: Literal["G", "J", "Z", "unknown"] | None = None, determined: bool | None = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:  # fmt: skip
    """The parcels a figure of the summary counts; `total` is that figure."""
    cuts = {
        "body": responsible_body, "inefficient": inefficient, "idle": idle, "standard_land": standard_land, "criterion": criterion,
        "criterion_unknown": criterion_unknown, "relation": relation, "ownership": ownership, "is_determined": determined,
    }  # fmt: skip
    return _json(await views.list_parcels(conn, principal, calibre=calibre, cuts=cuts, cursor=cursor, limit=limit))


@router.get("/parcels/{land_code}/verdicts", summary="这块地为什么")
async def read_verdicts(land_code: Annotated[str, Path(max_length=40)], principal: Signed, conn: Read) -> Response:
    """Value · unit · comparison · threshold · clause · data date · source of each verdict."""
    return _json(await views.read_verdicts(conn, principal, land_code))


@router.post("/determinations", status_code=201, summary="登记认定")
async def determine(work: Write, body: DeterminationIn, response: Response) -> dict[str, Any]:
    """认定 with its document number. Errors: may_not_determine, already_determined, not_found."""
    answer = await service.determine(work, body)
    response.headers["ETag"] = f'"{answer["version"]}"'
    return answer


@router.post("/determinations/{determination_id}/revoke", summary="撤销认定")
async def revoke(work: Write, determination_id: DeterminationId, version: IfMatch, body: RevocationIn) -> dict[str, Any]:
    """Ends a 认定 by a document; If-Match is its version. Errors: stale_version, determination_revoked."""
    return await service.revoke(work, determination_id, version, body)
