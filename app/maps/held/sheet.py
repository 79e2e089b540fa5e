"""The parcels of a county as of one version: pages of them from memory. Nothing here waits, so a page is of one moment."""

import struct
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from app.maps.extent import Envelope
from app.maps.held.grid import Bools, Ints
from app.maps.held.land import SHIFT, SLOTS, WORLD, Land
from app.maps.held.texts import Texts
from app.maps.queries import Page, View

MANY = 32_768
"""Candidates: of more, only the blocks at an extent's edge are looked into, and a condition is the database's to apply."""
_CONDITIONS, _POSTPONED = 32, 1_000
_UNKNOWN = 2
_most = np.maximum.reduce
_RECTANGLE = struct.Struct("<BIII10d")


def _rectangle(west: float, south: float, east: float, north: float) -> bytes:
    """An extent's WKB: read together with the parcels' it costs a tenth of making its shape."""
    return _RECTANGLE.pack(1, 3, 1, 5, west, south, east, south, east, north, west, north, west, south)


class Answer(NamedTuple):
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
    """What a condition keeps: 1 of each row that it does, 0, or _UNKNOWN."""

    kept: npt.NDArray[np.int8]
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
        return self.land.is_worn or len(self.texts.bytes) > 1.1 * self.texts.read + (1 << 20)

    def install(self, ids: list[int], rows: list[Any]) -> None:
        """These parcels as they are now, in the order of their ids; those without a row are gone."""
        here = np.array([row["id"] for row in rows], np.int64)
        if len(rows) < len(ids) or self.land.places(here) is None:
            self._rebuild(np.array(ids), here)
        places = self.land.places(here)
        assert places is not None
        for place, row in zip(places.tolist(), rows, strict=True):
            self.texts.put(place, row["feature"], row["shape"], row["head"])
        boxes = np.array([[row[side] for row in rows] for side in ("west", "south", "east", "north")], float)
        self.land.move(places, boxes, np.array([row["is_single"] for row in rows], bool))
        for mask in self._masks.values():
            mask.kept[places] = _UNKNOWN

    def _rebuild(self, ids: Ints, here: Ints) -> None:
        """Of the changed parcels these are here: make room for those that came, close the gaps of those that went."""
        land, texts = self.land, self.texts
        came, is_here = here[~np.isin(here, land.ids)], ~np.isin(land.ids, ids[~np.isin(ids, here)])
        self.land, order = land.changed(is_here, came)

        def moved(column: Any, fill: int = 0) -> Any:
            return np.append(column[is_here], np.full(len(came), fill, column.dtype))[order]

        for name in texts.columns:
            setattr(texts, name, moved(getattr(texts, name)))
        for mask in self._masks.values():
            mask.kept = moved(mask.kept, _UNKNOWN)

    def learn(self, view: View, page: Page, numbers: Sequence[int] | None, bits: dict[int, int], changed: Collection[int] = ()) -> None:
        """What the page's conditions keep of these blocks (None: of all); not of parcels that have `changed` since."""
        land, mask = self.land, self._mask(view, page)
        blocks = np.arange(len(land.numbers)) if numbers is None else np.flatnonzero(np.isin(land.numbers, numbers))
        said = np.array([bits.get(number, 0) for number in land.numbers[blocks].tolist()], np.int64)
        rows = land.rows(blocks)
        mask.kept[rows] = (said.repeat(land.lengths(blocks)) >> (land.ids[rows] & (SLOTS - 1))) & 1
        mask.kept[np.isin(land.ids, np.array(list(changed), np.int64))] = _UNKNOWN
        mask.is_learnt = True

    def postpone(self, view: View, page: Page) -> None:
        """The page's conditions could not be learnt: the database applies them for long before that is tried again."""
        self._mask(view, page).asked = -_POSTPONED

    def page(self, view: View, page: Page) -> Answer | None:
        """A page; None: the database has to be asked. Errors: UnknownBitsError."""
        extent = page.envelopes[0] if page.envelopes else WORLD
        rows, is_filtered = self.land.candidates(extent, MANY), bool(page.filters or page.conditions)
        if rows is not None:
            rows = self.land.in_order(self._meeting(extent, rows[self._keeps(view, page, rows)] if is_filtered else rows))
            matched: int | None = len(rows)
            if page.after or page.offset:
                rows = rows[np.searchsorted(self.land.ids[rows], page.after, "right") + page.offset :]
        elif is_filtered or page.offset:
            return None
        else:
            near = self.land.near(extent)
            matched = page.matched if page.after else self._count(extent, near)
            rows = self._onwards(extent, near, page)
        shown = rows[: page.limit]
        after = [int(self.land.ids[shown[-1]]), matched] if len(rows) > page.limit else None
        is_packed = page.is_packed and not view.is_officer
        texts = self.texts.joined(shown) if is_packed else self._seen(view, page, shown)
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
        if not np.count_nonzero(met.unsure):
            return met.rows
        shapes = shapely.from_wkb([*self.texts.shapes(met.rows[met.unsure]), _rectangle(*extent)])
        keep = ~met.unsure
        keep[met.unsure] = shapely.intersects(shapes[:-1], shapes[-1])
        return met.rows[keep]

    def _mask(self, view: View, page: Page) -> Mask:
        """The mask of the page's conditions; an officer's hold in his own body only."""
        asked = (tuple(page.filters.items()), page.conditions, view.own_body or "" if view.is_officer and page.asks else None)
        mask = self._masks.get(asked)
        if mask is None:
            mask = self._masks[asked] = Mask(np.full(len(self.land.ids), _UNKNOWN, np.int8))
            if len(self._masks) > _CONDITIONS:
                self._masks.popitem(last=False)
        self._masks.move_to_end(asked)
        return mask

    def _keeps(self, view: View, page: Page, rows: Ints) -> Bools:
        """Which of the rows the page's conditions keep."""
        mask = self._mask(view, page)
        if not mask.is_learnt:
            mask.asked += 1
            raise UnknownBitsError(page, None, mask.asked)
        kept = mask.kept.take(rows)
        if _most(kept, initial=0) == _UNKNOWN:
            raise UnknownBitsError(page, np.unique(self.land.ids[rows[kept == _UNKNOWN]] >> SHIFT).tolist())
        return kept.view(bool)

    def _seen(self, view: View, page: Page, rows: Ints) -> list[bytes]:
        """What the caller may see: an officer parcels of his own body in full, of others code and shape."""
        if not view.is_officer:
            return self.texts.each(rows)
        own = page._replace(filters={"responsible_body": view.own_body or ""}, conditions=())
        is_own = self._keeps(view, own, rows)
        pairs = zip(is_own.tolist(), self.texts.each(rows), self.texts.outlines(rows), strict=True)
        return [text if is_full else outline for is_full, text, outline in pairs]
