"""Apply: one handler a kind; each checks against the register first, then writes in the import's one transaction."""

from app.imports.apply import enterprises, ledger_opening, lists, occupancy, parcels, planning, simple, territories
from app.imports.apply.plan import Handler
from app.imports.apply.undo import Applied, tables_of, undo
from app.imports.corrections import deliver as corrections

__all__ = ["Applied", "handler_of", "tables_of", "undo"]

_HANDLERS: dict[str, Handler] = {
    "towns": territories.plan_towns,
    "blocks": territories.plan_blocks,
    "control-lines": planning.handler("control-lines"),
    "planning": planning.handler("planning"),
    "parcels": parcels.plan,
    "enterprises": enterprises.plan,
    "occupancy": occupancy.plan,
    "lists": lists.plan,
    "ledger-opening": ledger_opening.plan,
    "corrections": corrections.plan,
    **{kind: simple.handler(kind) for kind in simple.UPSERTS},
}


def handler_of(kind: str) -> Handler:
    """The handler of a kind."""
    return _HANDLERS[kind]
