"""Work done ahead of a network: while it uses one item, a thread makes the next ones."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T], depth: int) -> Iterator[T]:
    """The same items in the same order, made by a thread at most `depth` items ahead.

    An exception in the making is raised where the items are used. When the user stops early, so
    does the thread, after the item that it is making.
    """
    source, end = iter(items), object()
    pool = ThreadPoolExecutor(max_workers=1)
    coming: deque[Any] = deque(pool.submit(next, source, end) for _ in range(depth))
    try:
        while (item := coming.popleft().result()) is not end:
            coming.append(pool.submit(next, source, end))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
