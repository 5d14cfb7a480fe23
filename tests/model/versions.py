"""The expected versions of items with a history, in plain Python, without SQL and runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tests.model.latest import Item

# An item, and when its version begins, when it ends, and whether it is current.
Version = tuple[str, str | None, datetime, datetime, datetime | None, bool]


def versions_of(items: Iterable[Item]) -> set[Version]:
    """Return the version of each key at each of its times, which ends at the next of these times.

    If several items have the same key and time, the first one in the order of the names is the version; a name that is
    null comes after all others.
    """
    known = set(items)
    return {_version(key, moment, known) for key, _, moment in known if moment is not None}


def _version(key: str, moment: datetime, known: set[Item]) -> Version:
    names = [name for other, name, time in known if (other, time) == (key, moment)]
    name = min(names, key=lambda name: (name is None, name or ""))
    later = [time for other, _, time in known if other == key and time is not None and time > moment]
    return key, name, moment, moment, min(later, default=None), not later
