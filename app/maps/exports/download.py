"""The file as an answer: ETag of its content, ranges that resume, a Chinese name with an ASCII one beside it."""

import base64
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import FileResponse

from app.core.errors import Problem
from app.core.shift import MARK, SHIFTED
from app.maps.exports.spec import Plan

PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie, X-API-Key"}


class RangeBeyond(Problem):
    code, status, title = "range_beyond", 416, "所要的一段超出文件"


def answer(request: Request, job: Any, path: Path, plan: Plan) -> Response:
    """200, 206, 304 or 416."""
    tag = f'"{job.sha256}"'
    held = request.headers.get("if-none-match", "")
    if held.strip() == "*" or tag in (part.strip().removeprefix("W/") for part in held.split(",")):
        return Response(status_code=304, headers={"ETag": tag, **PRIVATE})
    _check(request, tag, job.size_bytes)
    headers = {
        "ETag": tag,
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(job.sha256)).decode()}:",
        "Content-Disposition": disposition(job.file_name, f"{plan.spec.collection}{plan.form.suffix}"),
        "X-Content-Type-Options": "nosniff",
        **PRIVATE,
        **_system(plan),
    }
    return FileResponse(path, media_type=plan.form.media, headers=headers)


def disposition(name: str, plain: str) -> str:
    """Attachment with its name (RFC 6266) and an ASCII one for old clients."""
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


def _system(plan: Plan) -> dict[str, str]:
    """Content-Crs; shifted coordinates are said to be what they are (header values are ASCII: percent-encoded)."""
    said = {"Content-Crs": f"<{plan.target.uri}>"} if plan.target.uri and plan.form.has_shape else {}
    return said | ({"X-Coordinates": quote(MARK.format(name=SHIFTED[plan.target.shift][0]))} if plan.target.shift else {})


_RANGE = re.compile(r"\s*bytes\s*=\s*(?:(\d{1,18})-(\d{0,18})|-0*[1-9]\d{0,17})\s*")


def _check(request: Request, tag: str, size: int) -> None:
    """A single range that begins behind the end is a named 416; what is no single range is not regarded (RFC 9110 §14.2)."""
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None or (match[1] and match[2] and int(match[2]) < int(match[1])):
        request.scope["headers"] = [pair for pair in request.scope["headers"] if pair[0] != b"range"]
        return
    if match[1] and int(match[1]) >= size and request.headers.get("if-range", tag) == tag:
        problem = RangeBeyond(f"文件共 {size} 字节")
        problem.headers = {"Content-Range": f"bytes */{size}"}
        raise problem
