import itertools
import threading

import pytest

from superanimal_core.network.ahead import ahead


def test_the_same_items_come_in_the_same_order():
    assert list(ahead(range(100), 3)) == list(range(100))
    assert list(ahead([], 3)) == []


def test_a_mistake_in_the_making_is_raised_where_the_items_are_used():
    def items():
        yield 1
        raise ValueError("broken frame")

    made = ahead(items(), 2)
    assert next(made) == 1
    with pytest.raises(ValueError, match="broken frame"):
        next(made)


def test_no_more_items_are_made_than_wanted_and_no_thread_stays():
    made = []
    items = ahead((made.append(i) or i for i in itertools.count()), 2)
    before = threading.active_count()
    assert [next(items) for _ in range(5)] == [0, 1, 2, 3, 4]
    items.close()
    assert threading.active_count() <= before
    assert len(made) <= 5 + 2 + 2  # used, waiting, in the making and at the door
