"""Parts side by side come in order; the first fault in order is raised, and what waits behind it is not begun."""

import pytest

from app.core.parts import side_by_side


def test_parts_come_in_order_also_within_parts() -> None:
    assert list(side_by_side(lambda n: list(side_by_side(str, range(n))), range(40))) == [[str(m) for m in range(n)] for n in range(40)]
    assert list(side_by_side(str, [])) == []


def test_the_first_fault_in_order_is_raised_and_ends_the_rest() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number in (3, 4):
            raise ValueError(f"part {number}")
        return number

    with pytest.raises(ValueError, match="part 3"):
        list(side_by_side(work, range(1000)))
    assert max(begun) < 10


def test_who_takes_no_more_leaves_the_rest_undone() -> None:
    begun: list[int] = []
    parts = side_by_side(begun.append, range(1000))
    next(parts)
    parts.close()
    assert len(begun) < 10
