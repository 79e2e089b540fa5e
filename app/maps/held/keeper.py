"""The counties that this worker holds."""

import asyncpg
from fastapi import Request

from app.maps.held.county import County
from app.maps.held.sheet import Answer
from app.maps.queries import Page, View
from app.settings import settings


def knows(view: View, page: Page) -> bool:
    """Whether such a page can be answered from memory: staff's form, as stored, in the order of ids, of one plain extent."""
    if view.is_public or page.sort or page.shape or len(page.envelopes) > 1 or not page.crs.is_stored:
        return False
    return not [e for e in page.envelopes if e.is_flat] and not [c for c in page.conditions if c.needs_shape]


class Keeper:
    """Counties, each as long as it needs at most so many bytes; 0: none is held."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._counties: dict[str, County] = {}

    async def page(self, pool: asyncpg.Pool, view: View, page: Page, version: int) -> Answer | None:
        """A page as of `version` or later; None: the database has to be asked."""
        if not self.limit or not knows(view, page):
            return None
        county = self._counties.get(view.county_code)
        if county is None:
            county = self._counties[view.county_code] = County(view.county_code, self.limit)
        return await county.page(pool, view, page, version)

    def close(self) -> None:
        """The service stops."""
        for county in self._counties.values():
            county.close()


def keeper_of(request: Request) -> Keeper:
    """The keeper of this worker, as large as the settings say."""
    state = request.scope["app"].state
    keeper: Keeper | None = getattr(state, "parcels", None)
    if keeper is None:
        keeper = state.parcels = Keeper(settings().map_memory_mb << 20)
    return keeper
