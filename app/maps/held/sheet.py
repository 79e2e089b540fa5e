"""The parcels of a county as of one version: pages of them from memory. Nothing here waits, so a page is of one moment."""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from app.maps.extent import Envelope
from app.maps.held.land import SHIFT, SLOTS, WORLD, Bools, Ints, Land
from app.maps.held.texts import Texts
from app.maps.queries import Page, View

MANY = 512
"""Blocks: of more, only those at an extent's edge are looked into, and a condition is the database's to apply."""
_CONDITIONS, _POSTPONED = 64, 1_000


@dataclass(frozen=True)
class Answer:
    """A page: texts, where the next one begins (None: this was the last), the number matched; how many `rows` hold where packed."""

    rows: list[bytes]
    after: list[Any] | None
    matched: int | None
    packed: int | None


class UnknownBitsError(Exception):
    """What the page's conditions keep of these blocks (their numbers) has to be asked first; None: of all, and `asked` so often."""

    def __init__(self, page: Page, numbers: list[int] | None, asked: int = 0) -> None:
        super().__init__(numbers)
        self.page, self.numbers, self.asked = page, numbers, asked


@dataclass
class Mask:
    """What a condition keeps of each block (by its place in Land.numbers), a bit for each parcel, where that is known."""

    known: Bools
    bits: Ints
    asked: int = 0
    """How often before it was known."""
    is_learnt: bool = False


class Sheet:
    """All parcels, and what is known of conditions that were asked."""

    def __init__(self, land: Land, texts: Texts) -> None:
        self.land, self.texts = land, texts
        self._masks: OrderedDict[Any, Mask] = OrderedDict()

    @property
    def is_worn(self) -> bool:
        """Changed so often that reading it anew would free memory."""
        return len(self.texts.bytes) > 1.1 * self.texts.read + (1 << 20)

    def install(self, ids: list[int], rows: list[Any]) -> None:
        """These parcels as they are now, in the order of their ids; those without a row are gone."""
        here = np.array([row["id"] for row in rows], np.int64)
        if len(rows) < len(ids) or self.land.places(here) is None:
            self._rebuild(np.array(ids), here)
        places = self.land.places(here)
        assert places is not None
        for place, row in zip(places.tolist(), rows, strict=True):
            self.texts.put(place, row["feature"], row["shape"], row["head"])
        boxes = [np.array([row[side] for row in rows], float) for side in ("west", "south", "east", "north")]
        self.land.move(places, boxes, np.array([row["is_single"] for row in rows], bool))
        stale = np.isin(self.land.numbers, np.array(ids) >> SHIFT)
        for mask in self._masks.values():
            mask.known[stale] = False

    def _rebuild(self, ids: Ints, here: Ints) -> None:
        """Of the changed parcels these are here: make room for those that came, close the gaps of those that went."""
        land, texts = self.land, self.texts
        came, gone = here[~np.isin(here, land.ids)], np.isin(land.ids, ids[~np.isin(ids, here)])
        order = np.argsort(np.append(land.ids[~gone], came), kind="stable")

        def moved(column: Any) -> Any:
            return np.append(column[~gone], np.zeros(len(came), column.dtype))[order]

        boxes = [moved(side) for side in land.boxes]
        self.land = Land(np.append(land.ids[~gone], came)[order], boxes, moved(land.single))
        if not np.array_equal(self.land.numbers, land.numbers):
            self._masks.clear()
        for name in texts.columns:
            setattr(texts, name, moved(getattr(texts, name)))

    def learn(self, view: View, page: Page, numbers: Sequence[int] | None, bits: dict[int, int], changed: Collection[int] = ()) -> None:
        """What the page's conditions keep of these blocks (None: of all); not of those with parcels that have `changed` since."""
        mask = self._mask(view, page)
        places = np.arange(len(self.land.numbers)) if numbers is None else np.flatnonzero(np.isin(self.land.numbers, numbers))
        mask.bits[places] = [bits.get(number, 0) for number in self.land.numbers[places].tolist()]
        mask.known[places], mask.is_learnt = True, True
        mask.known[np.isin(self.land.numbers, np.array(list(changed), np.int64) >> SHIFT)] = False

    def postpone(self, view: View, page: Page) -> None:
        """The page's conditions could not be learnt: the database applies them for long before that is tried again."""
        self._mask(view, page).asked = -_POSTPONED

    def page(self, view: View, page: Page) -> Answer | None:
        """A page; None: the database has to be asked. Errors: UnknownBitsError."""
        extent = page.envelopes[0] if page.envelopes else WORLD
        near, is_filtered = self.land.near(extent), bool(page.filters or page.conditions)
        if len(near) <= MANY:
            rows = self.land.rows(near)
            rows = self._meeting(extent, rows[self._keeps(view, page, near, rows)] if is_filtered else rows)
            matched: int | None = len(rows)
            if page.after or page.offset:
                rows = rows[np.searchsorted(self.land.ids[rows], page.after, "right") + page.offset :]
        elif is_filtered or page.offset:
            return None
        else:
            matched = page.matched if page.after else self._count(extent, near)
            rows = self._onwards(extent, near, page)
        shown = rows[: page.limit]
        after = [int(self.land.ids[shown[-1]]), matched] if len(rows) > page.limit else None
        is_packed = page.is_packed and not view.is_officer
        texts = self.texts.runs(shown) if is_packed else self._seen(view, page, shown)
        return Answer(texts, after, matched, len(shown) if is_packed else None)

    def _count(self, extent: Envelope, near: Ints) -> int:
        """Number of parcels in a large extent."""
        inside, edge = self.land.count(extent, near)
        return inside + len(self._meeting(extent, edge))

    def _onwards(self, extent: Envelope, near: Ints, page: Page) -> Ints:
        """Rows of one page of a large extent, and more where there are more."""
        rest, found, number = near[np.searchsorted(self.land.numbers[near], page.after >> SHIFT) :], [np.empty(0, np.int64)], 0
        step = 2 * (page.limit // SLOTS + 2)
        while len(rest) and number <= page.limit:
            rows = self._meeting(extent, self.land.rows(rest[:step]))
            found.append(rows[self.land.ids[rows] > page.after])
            number, rest = number + len(found[-1]), rest[step:]
        return np.concatenate(found)

    def _meeting(self, extent: Envelope, rows: Ints) -> Ints:
        """Those of the rows that meet the extent: by their box, and where that can't decide by their shape."""
        met = self.land.meeting(extent, rows)
        if not met.unsure.any():
            return met.rows
        shapes = shapely.from_wkb(self.texts.shapes(met.rows[met.unsure]))
        keep = ~met.unsure
        keep[met.unsure] = shapely.intersects(shapes, shapely.box(extent.west, extent.south, extent.east, extent.north))
        return met.rows[keep]

    def _mask(self, view: View, page: Page) -> Mask:
        """The mask of the page's conditions; an officer's hold in his own body only."""
        asked = (tuple(page.filters.items()), page.conditions, view.own_body or "" if view.is_officer and page.asks else None)
        mask = self._masks.get(asked)
        if mask is None:
            count = len(self.land.numbers)
            mask = self._masks[asked] = Mask(np.zeros(count, bool), np.zeros(count, np.int64))
            if len(self._masks) > _CONDITIONS:
                self._masks.popitem(last=False)
        self._masks.move_to_end(asked)
        return mask

    def _keeps(self, view: View, page: Page, near: Ints, rows: Ints) -> Bools:
        """Which of the rows of these blocks the page's conditions keep."""
        mask = self._mask(view, page)
        if not mask.is_learnt:
            mask.asked += 1
            raise UnknownBitsError(page, None, mask.asked)
        unknown = near[~mask.known[near]]
        if len(unknown):
            raise UnknownBitsError(page, self.land.numbers[unknown].tolist())
        bits = np.repeat(mask.bits[near], self.land.lengths(near))
        found: Bools = (bits >> (self.land.ids[rows] & (SLOTS - 1))) & 1 == 1
        return found

    def _seen(self, view: View, page: Page, rows: Ints) -> list[bytes]:
        """What the caller may see: an officer parcels of his own body in full, of others code and shape."""
        if not view.is_officer:
            return self.texts.each(rows)
        own = replace(page, filters={"responsible_body": view.own_body or ""}, conditions=())
        near = np.unique(np.searchsorted(self.land.numbers, self.land.ids[rows] >> SHIFT))
        whole = self.land.rows(near)
        is_own = np.isin(rows, whole[self._keeps(view, own, near, whole)])
        pairs = zip(is_own.tolist(), self.texts.each(rows), self.texts.outlines(rows), strict=True)
        return [text if is_full else outline for is_full, text, outline in pairs]
