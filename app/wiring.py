"""Which handler hears which event: one list (the routers are in routes.py)."""

from app.core import events


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
