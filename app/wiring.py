"""Which routers are served and which handler hears which event: two lists."""

from fastapi import APIRouter

from app import docs_page, status
from app.accounts import audit_router
from app.accounts import router as accounts
from app.classification import router as classification
from app.core import events
from app.dossiers import router as dossiers
from app.imports import errors as import_problems
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
    dossiers.router, analysis.router, changes.router, exports.router, imports.router, workbooks.router,
    clients.router,
)  # fmt: skip

PROBLEMS = (import_problems,)
"""Catalogues of rooms that are loaded only when a file comes; /api/errors lists them all the same."""


def subscribe() -> None:
    """Earlier rooms speak, later rooms hear; in this order, in the same transaction."""
    from app.ledger import service as ledger_service
    from app.maps import publish
    from app.maps.changes import notes
    from app.zoning import service as zoning

    events.subscribe(events.ConnectionOpened, publish.on_connection_opened)
    events.subscribe(events.ParcelsChanged, zoning.on_parcels_changed)
    events.subscribe(events.ParcelsChanged, notes.on_parcels_changed)  # before the publication: it asks where the parcels stood
    events.subscribe(events.ParcelsChanged, publish.on_parcels_changed)
    events.subscribe(events.FactsPublished, publish.on_facts_published)
    events.subscribe(events.CaseChanged, notes.on_case_changed)
    events.subscribe(events.CaseChanged, publish.on_case_changed)  # last: it locks the county's map
    events.subscribe(events.GroundPosted, notes.on_ground_posted)
    events.subscribe(events.CaseAccepted, ledger_service.on_case_accepted)
    events.subscribe(events.AcceptanceReversed, ledger_service.on_acceptance_reversed)
