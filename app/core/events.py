"""Words that earlier rooms say to later ones: typed, synchronous, in the same transaction, carrying ids."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True)
class ConnectionOpened:
    """A connection is about to write for the first time: what costs once a connection is done now, before anything is locked."""

    county_code: str


@dataclass(frozen=True)
class ParcelsChanged:
    """Parcels were added, changed or retired; ids None means the whole county."""

    county_code: str
    parcel_ids: Sequence[int] | None


@dataclass(frozen=True)
class FactsPublished:
    """A classification run was published for the county."""

    county_code: str
    run_id: int
    parcel_ids: Sequence[int] | None = None


@dataclass(frozen=True)
class CaseChanged:
    """An 整治项目 changed its state; its parcels' display class may change."""

    county_code: str
    case_id: int
    parcel_ids: Sequence[int]


@dataclass(frozen=True)
class CaseAccepted:
    """验收通过: the accepted grounds are to be posted in the ledger, in this transaction."""

    county_code: str
    case_id: int
    event_id: int
    accepted_on: Any
    by: str


@dataclass(frozen=True)
class AcceptanceReversed:
    """核减: the acceptance of a case no longer stands."""

    county_code: str
    case_id: int
    event_id: int
    reversed_on: Any
    reason: str
    document: str
    by: str


@dataclass(frozen=True)
class GroundPosted:
    """Freed land was posted or reversed; the freed-land layer changed."""

    county_code: str
    posting_ids: Sequence[int]


Handler = Callable[[AsyncConnection, Any], Awaitable[None]]
_handlers: dict[type, list[Handler]] = {}


def subscribe(event: type, handler: Handler) -> None:
    """Register a handler once; app/wiring.py is the only caller."""
    handlers = _handlers.setdefault(event, [])
    if handler not in handlers:
        handlers.append(handler)


async def publish(conn: AsyncConnection, event: Any) -> None:
    """Run every handler in order, inside the caller's transaction."""
    for handler in _handlers.get(type(event), []):
        await handler(conn, event)
