"""Ledger arithmetic: Σ posted ground = area of the union of what stands, whatever was accepted and reversed before."""

from decimal import Decimal

import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box

from app.ledger.postings import Ground, Share, area, counted, new_ground, new_shape, reposts, shares, snap

E0, N0 = 620_000.0, 3_339_000.0
ZERO = Decimal(0)


class Book:
    """The ledger in memory: what the service does with the pure functions, without a database."""

    def __init__(self) -> None:
        self.standing: dict[int, Ground] = {}
        self.net: dict[int, Share] = {}
        self.entries: list[Share] = []
        self.last = 0

    def accept(self, shape: shapely.Geometry, accepted: Decimal) -> int:
        self.last += 1
        ground = Ground(self.last, snap(shape), accepted)
        self.standing[self.last] = ground
        touching = [g for g in self.standing.values() if g.plane.intersects(ground.plane)]
        self._post(self.last, shares(touching)[self.last])
        return self.last

    def reverse(self, order: int) -> None:
        gone = self.standing.pop(order)
        have = self.net[order]
        self._post(order, Share() - have)
        first = [g for g in self.standing.values() if g.plane.intersects(gone.plane)]
        near = [g for g in self.standing.values() if any(g.plane.intersects(f.plane) for f in first)]
        for key, gain in reposts(near, [gone], self.net).items():
            self._post(key, gain)

    def _post(self, order: int, amount: Share) -> None:
        self.entries.append(amount)
        before = self.net.get(order, Share())
        self.net[order] = Share(before.ground_m2 + amount.ground_m2, before.counted_m2 + amount.counted_m2)

    def total(self) -> Decimal:
        return sum((e.ground_m2 for e in self.entries), ZERO)

    def union(self) -> float:
        return float(shapely.area(shapely.union_all([g.plane for g in self.standing.values()])))


def shape(kind: int, x: float, y: float, w: float, h: float) -> shapely.Geometry:
    """Rectangles, triangles, discs, plots with a hole, crosses of two parts."""
    x, y = E0 + x, N0 + y
    if kind == 0:
        return box(x, y, x + w, y + h)
    if kind == 1:
        return Polygon([(x, y), (x + w, y + h / 3), (x + w / 3, y + h)])
    if kind == 2:
        return Point(x, y).buffer(w / 2)
    if kind == 3:
        return box(x, y, x + w, y + h).difference(box(x + w / 4, y + h / 4, x + w / 2, y + h / 2))
    return shapely.MultiPolygon([box(x, y, x + w / 3, y + h), box(x + w / 2, y, x + w, y + h / 2)])


coordinate = st.floats(0, 300, allow_nan=False)
size = st.floats(0.5, 250, allow_nan=False)
acts = st.lists(st.tuples(st.integers(0, 6), coordinate, coordinate, size, size, st.integers(0, 30)), min_size=1, max_size=18)


@settings(max_examples=300, deadline=None)
@given(acts)
def test_sum_of_ground_is_the_area_of_the_union(sequence: list[tuple[int, float, float, float, float, int]]) -> None:
    book = Book()
    for kind, x, y, w, h, pick in sequence:
        if kind >= 5 and book.standing:
            book.reverse(sorted(book.standing)[pick % len(book.standing)])
        else:
            book.accept(shape(kind % 5, x, y, w, h), Decimal("1000.55"))
        assert abs(float(book.total()) - book.union()) < 1e-3
        everything = shares(list(book.standing.values()))
        for order, should in everything.items():
            assert abs(book.net[order].ground_m2 - should.ground_m2) < Decimal("0.0001")
            assert abs(book.net[order].counted_m2 - should.counted_m2) <= Decimal("0.01")
        gone = [s for o, s in book.net.items() if o not in book.standing]
        assert all(s == Share(ZERO, ZERO) for s in gone)


def test_a_neighbour_whose_box_alone_touches_the_reversed_ground_gains_nothing() -> None:
    """Found by hypothesis: the disc's box touches the reversed square, its own earlier neighbour does not."""
    book = Book()
    square = book.accept(box(E0, N0 + 287, E0 + 1, N0 + 288), Decimal("1.00"))
    book.accept(box(E0, N0, E0 + 1, N0 + 90), Decimal("90.00"))
    book.accept(box(E0, N0 + 91, E0 + 1, N0 + 287), Decimal("196.00"))
    book.accept(Point(E0 + 2, N0 + 188).buffer(99), Decimal("30000.00"))
    book.reverse(square)
    assert abs(float(book.total()) - book.union()) < 1e-3


def test_an_overlapping_acceptance_adds_only_the_new_ground() -> None:
    book = Book()
    first = book.accept(box(E0, N0, E0 + 100, N0 + 100), Decimal("9990.00"))
    second = book.accept(box(E0 + 60, N0, E0 + 160, N0 + 100), Decimal("10000.00"))
    assert book.net[second] == Share(Decimal("6000.000000"), Decimal("6000.00"))
    book.reverse(first)
    assert book.net[second] == Share(Decimal("10000.000000"), Decimal("10000.00"))
    assert book.total() == Decimal("10000.000000")


def test_the_same_ground_twice_counts_nothing_and_reversing_the_second_changes_nothing() -> None:
    book = Book()
    plot = box(E0, N0, E0 + 50, N0 + 40)
    first = book.accept(plot, Decimal("1998.20"))
    second = book.accept(plot, Decimal("1998.20"))
    assert book.net[second] == Share(ZERO, ZERO)
    book.reverse(second)
    assert book.net[first] == Share(Decimal("2000.000000"), Decimal("1998.20"))


def test_reversal_goes_to_the_earliest_that_covers() -> None:
    book = Book()
    first = book.accept(box(E0, N0, E0 + 10, N0 + 10), Decimal(100))
    second = book.accept(box(E0, N0, E0 + 10, N0 + 5), Decimal(50))
    third = book.accept(box(E0, N0, E0 + 10, N0 + 10), Decimal(100))
    book.reverse(first)
    assert book.net[second] == Share(Decimal("50.000000"), Decimal("50.00"))
    assert book.net[third] == Share(Decimal("50.000000"), Decimal("50.00"))


def test_parts_take_the_remainder() -> None:
    book = Book()
    strips = [book.accept(box(E0 + i * 10, N0, E0 + i * 10 + 10, N0 + 30), Decimal("300.00")) for i in range(2)]
    whole = book.accept(box(E0, N0, E0 + 30, N0 + 30), Decimal("899.99"))
    assert book.net[whole].counted_m2 == Decimal("300.00")
    for strip in strips:
        book.reverse(strip)
    assert book.net[whole] == Share(Decimal("900.000000"), Decimal("899.99"))


def test_partial_area_counts_its_share() -> None:
    assert counted(Decimal("1000.00"), Decimal("600"), Decimal("1000")) == Decimal("600.00")
    assert counted(Decimal("100.01"), Decimal("1"), Decimal("2")) == Decimal("50.01")
    assert counted(Decimal("1.00"), Decimal(0), Decimal(0)) == 0


def test_opening_rows_count_what_was_delivered() -> None:
    plot = snap(box(E0, N0, E0 + 10, N0 + 10))
    both = shares([Ground(1, plot, Decimal("98.50"), counts_in_full=True), Ground(2, plot, Decimal("97.10"), counts_in_full=True)])
    assert both == {1: Share(Decimal("100.000000"), Decimal("98.50")), 2: Share(Decimal("0.000000"), Decimal("97.10"))}


def test_snap_gives_polygons_on_the_grid() -> None:
    bow = Polygon([(E0, N0), (E0 + 10.00049, N0 + 10), (E0 + 10, N0), (E0, N0 + 10)])
    snapped = snap(bow)
    assert snapped.is_valid
    assert snapped.geom_type == "MultiPolygon"
    assert all(abs(v * 1000 - round(v * 1000)) < 1e-4 for v in shapely.get_coordinates(snapped).ravel())
    assert snap(Point(0, 0)).is_empty


def test_new_shape_covers_the_new_ground() -> None:
    a, b = snap(box(E0, N0, E0 + 10, N0 + 10)), snap(box(E0 + 4, N0, E0 + 14, N0 + 10))
    assert area(new_shape([a], b)) == new_ground([a], b) == Decimal("40.000000")
    assert new_shape([b], b).is_empty
