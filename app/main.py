"""create_app(): wiring only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from app import wiring
from app.accounts.cors import CorsPerKey
from app.core import db, web
from app.core.hot import HotFirst, Service
from app.core.lean import Lean
from app.core.methods import HeadAndOptions
from app.maps.pages import Pages
from app.routes import ROUTERS

CONSOLE = Path(__file__).parent / "console" / "dist"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the map's pool, close both at the end."""
    app.state.map_pool = await db.map_pool()
    yield
    if hasattr(app.state, "parcels"):
        app.state.parcels.close()
    await app.state.map_pool.close()
    await db.dispose()


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The description of the service, made when it is first asked for."""
    if app.openapi_schema is None:
        from app.description import described

        app.openapi_schema = described(app)
    return app.openapi_schema


def create_app() -> FastAPI:
    """The service, ready to be served."""
    app = Service(
        title="一码管地",
        summary="工业用地治理: 宗地、控制线、企业、研判、整治、台账",
        version="0.1.0",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # nothing leaves the house; asking for it costs every request
        dependencies=[Depends(web.known_parameters), Depends(web.storable_text)],
    )
    web.install(app)
    hot = [route for router in ROUTERS for route in router.routes if isinstance(route, Lean)]
    app.hot = HotFirst(app, hot, app.exception_handlers)
    app.add_middleware(HotFirst, routes=hot, handlers=app.exception_handlers)
    app.add_middleware(Pages)
    app.add_middleware(HeadAndOptions, routes=app.routes)
    app.add_middleware(CorsPerKey)
    wiring.subscribe()
    for router in ROUTERS:
        app.include_router(router)
    if CONSOLE.is_dir():
        app.mount("/console", StaticFiles(directory=CONSOLE, html=True), name="console")
    app.openapi = partial(_openapi, app)  # type: ignore[method-assign]
    return app
