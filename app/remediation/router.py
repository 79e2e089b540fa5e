"""/api/cases: 整治项目, their steps and evidence."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response, UploadFile
from fastapi.responses import FileResponse

from app.accounts.deps import IfMatch, Read, Signed, Write
from app.core.errors import NotFound
from app.core.files import CHUNK
from app.remediation import evidence, service, views
from app.remediation.errors import EvidenceTooLarge
from app.remediation.schemas import CaseIn, EvidenceIn, TransitionIn
from app.settings import settings

router = APIRouter(prefix="/api/cases", tags=["cases"])
SAFE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, no-cache"}
"""An uploaded file is shown, never run."""
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("")
async def list_cases(
    principal: Signed,
    conn: Read,
    state: str | None = None,
    responsible_body: str | None = None,
    parcel: str | None = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """整治项目, newest first; an officer sees those of his own body."""
    return await views.page(conn, principal, state=state, body=responsible_body, parcel=parcel, cursor=cursor, limit=limit)


@router.get("/summary")
async def read_summary(principal: Signed, conn: Read) -> dict[str, Any]:
    """已报未验: 状态 × 宗/亩/天数/责任单位, 逾期, 到期."""
    return await views.held(conn, principal)


@router.post("", status_code=201)
async def create_case(work: Write, body: CaseIn) -> dict[str, Any]:
    """入库."""
    answer: dict[str, Any] = await service.create(work, body)
    return answer


@router.get("/{case}")
async def read_case(case: str, principal: Signed, conn: Read, response: Response) -> dict[str, Any]:
    """One case by id or number, with the steps open to the caller."""
    found = await views.one(conn, principal, case)
    response.headers["ETag"] = f'"{found["version"]}"'
    return found


@router.post("/{case}/transitions")
async def take_step(case: str, work: Write, version: IfMatch, body: TransitionIn, response: Response) -> dict[str, Any]:
    """Take a step; If-Match is the case's version."""
    answer = await service.transition(work, case, version, body)
    response.headers["ETag"] = f'"{answer["version"]}"'
    return answer


@router.post("/{case}/evidence", status_code=201)
async def upload_evidence(
    case: str,
    work: Write,
    request: Request,
    file: UploadFile,
    kind: Annotated[Literal["photo", "document", "plan"], Form()] = "photo",
    lon: Annotated[Decimal | None, Form(ge=-180, le=180)] = None,
    lat: Annotated[Decimal | None, Form(ge=-90, le=90)] = None,
    coord_source: Annotated[Literal["exif", "device_gcj02", "drawn"] | None, Form()] = None,
) -> dict[str, Any]:
    """Add 佐证材料 (JPEG, PNG, WebP, PDF)."""
    if int(request.headers.get("content-length") or 0) > settings().upload_max_mb * CHUNK + CHUNK:
        raise EvidenceTooLarge(f"上限 {settings().upload_max_mb} MB", pointer="/file")
    said = EvidenceIn(kind=kind, lon=lon, lat=lat, coord_source=coord_source, filename=evidence.clean_name(file.filename))
    return await service.add_evidence(work, case, file, said)


@router.get("/{case}/evidence/{sha256}")
async def download_evidence(case: str, sha256: str, principal: Signed, conn: Read) -> FileResponse:
    """The file as it was uploaded; pictures open in place, PDFs are saved."""
    row = await views.file(conn, principal, case, sha256)
    path = evidence.path_of(row.sha256)
    if not path.is_file():
        raise NotFound("文件已不在存储中", sha256=row.sha256)
    place = "attachment" if row.media_type == "application/pdf" else "inline"
    return FileResponse(path, media_type=row.media_type, filename=row.filename, content_disposition_type=place, headers=SAFE)
