"""Which routers are served: one list. Processes that answer no request need none of them (see wiring.py)."""

from fastapi import APIRouter

from app import docs_page, status
from app.accounts import audit_router
from app.accounts import router as accounts
from app.classification import router as classification
from app.dossiers import router as dossiers
from app.imports import errors as import_problems
from app.imports.corrections import router as corrections
from app.imports.jobs import router as imports
from app.imports.workbooks import router as workbooks
from app.ledger import router as ledger
from app.maps import router as maps
from app.maps.analysis import router as analysis
from app.maps.changes import router as changes
from app.maps.exports import router as exports
from app.maps.pages import clients
from app.maps.tiles import router as tiles
from app.policy import router as policy
from app.remediation import router as remediation

ROUTERS: tuple[APIRouter, ...] = (
    tiles.hot, maps.hot,  # first: asked with every move of a map
    maps.router, tiles.router,
    status.router,
    docs_page.router,
    accounts.router, audit_router.router, policy.router, classification.router, remediation.router, ledger.router,
    dossiers.router, analysis.router, changes.router, exports.router,
    workbooks.router, corrections.router, imports.router,  # in this order: /api/imports/template is no number of an import
    clients.router,
)  # fmt: skip

PROBLEMS = (import_problems,)
"""Catalogues of rooms that are loaded only when a file comes; /api/errors lists them all the same."""
