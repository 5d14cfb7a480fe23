"""Process a stream in lists of limited length, so that memory does not grow with the stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in lists.

    :param size: the length of each list; the last one can be shorter.
    """
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
