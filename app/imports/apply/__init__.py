"""Apply: one handler a kind; each checks against the register first, then writes in the import's one transaction."""

from collections.abc import Awaitable, Callable

from app.core.work import Work
from app.imports.apply import enterprises, ledger_opening, lists, occupancy, parcel_undo, parcels, planning, simple, territories
from app.imports.apply.parcel_undo import Applied
from app.imports.apply.plan import Handler
from app.imports.corrections import deliver as corrections
from app.imports.errors import UndoRefused
from app.imports.kinds import kind_of

__all__ = ["Applied", "handler_of", "undo"]

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


_UNDO: dict[str, Callable[[Work, Applied], Awaitable[dict[str, int]]]] = {"parcels": parcel_undo.undo}


async def undo(work: Work, kind: str, applied: Applied) -> dict[str, int]:
    """Take an applied import back; the caller holds the county's import lock. Errors: UndoRefused with what stands against it."""
    if kind not in _UNDO:
        label = kind_of(kind).label
        raise UndoRefused(f"“{label}”的导入还不能整批撤销", hint=f"请交付一份更正的“{label}”")
    return await _UNDO[kind](work, applied)
