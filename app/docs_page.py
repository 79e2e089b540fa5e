"""接口说明: Swagger UI over /api, with files of our own console build and nothing from elsewhere.

All addresses are relative to /api/docs, so the page works below any sub-path a proxy puts it.
"""

import json
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from app.maps import answers, links
from app.maps.ogc import OPENAPI

router = APIRouter(include_in_schema=False)

PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>一码管地 · 接口说明</title>
<link rel="icon" href="../console/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="../console/swagger/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<noscript>需要启用 JavaScript;接口定义 (OpenAPI) 见 <a href="../api">../api</a>。</noscript>
<script src="../console/swagger/swagger-ui-bundle.js"></script>
<script>
const root = new URL('..', location.href).href.replace(/\\/$/, '')
const say = (text) => { document.getElementById('docs').textContent = text }
if (typeof SwaggerUIBundle === 'undefined') say('网页控制台尚未构建,请先运行 ./scripts/run;接口定义见 ' + root + '/api')
else fetch('../api').then((answer) => answer.json()).then((spec) => SwaggerUIBundle({
  dom_id: '#docs', spec: { ...spec, servers: [{ url: root }] }, validatorUrl: null, deepLinking: true,
  docExpansion: 'list', defaultModelsExpandDepth: 0, persistAuthorization: false,
})).catch((error) => say('读取接口定义失败: ' + error))
</script>
</body>
</html>
"""


@lru_cache(maxsize=8)
def _text(base: str, document: str) -> bytes:
    """The document for callers who reach the service there."""
    return document.replace('"servers":[]', json.dumps({"servers": [{"url": base}]}, ensure_ascii=False)[1:-1], 1).encode()


def _form(f: Annotated[Literal["json"] | None, Query()] = None) -> None:
    """`f` that clients send; there is one form."""


@router.get("/api", dependencies=[Depends(_form)])
async def openapi(request: Request) -> Response:
    """OpenAPI 3.0, its server as the caller reaches it."""
    said: dict[str, Any] = request.app.openapi()
    if not hasattr(request.app.state, "described"):
        request.app.state.described = json.dumps({"servers": [], **said}, ensure_ascii=False, separators=(",", ":"))
    body = _text(links.base(request), request.app.state.described)
    tag = answers.etag(body.decode())
    return answers.not_modified(request, tag) or await answers.send(request, body, tag=tag, media=OPENAPI)


@router.get("/api/docs", response_class=HTMLResponse)
async def docs() -> str:
    """Swagger UI."""
    return PAGE
