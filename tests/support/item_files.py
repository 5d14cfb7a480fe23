"""Files with items, which are changed from time to time, and runs of a DAG that loads them, in any order."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from datetime import datetime

from hypothesis import strategies as st

from tests.model.latest import Item
from tests.support.warehouse import Run, WarehouseUnderTest

PREFIX = "song_data/items/"
_DAY = "2018-11-{:02}T00:00:00"


def item(key: str, name: str | None, day: int | None) -> Item:
    """Return an item that was updated on a day of November 2018."""
    return key, name, None if day is None else datetime(2018, 11, day)


def put(warehouse: WarehouseUnderTest, file: int, *items: Item) -> None:
    """Upload a file with items, by its number; a file of that number is replaced."""
    lines = [
        json.dumps({"item_id": key, "name": name, "updated_at": moment and str(moment)}) for key, name, moment in items
    ]
    warehouse.put(f"{PREFIX}{file}.json", "\n".join(lines).encode())


def staged(warehouse: WarehouseUnderTest) -> Run:
    """Return a new run that has staged the files which are there."""
    run = warehouse.run(_DAY.format(1), _DAY.format(2))
    run.execute("stage")
    return run


def items(days: Sequence[int | None]) -> st.SearchStrategy[Item]:
    """Generate items: few keys and names, so that they often meet, and names that differ in a trailing blank."""
    keys, names = st.sampled_from(["i1", "i2"]), st.sampled_from(["Alpha", "Beta", "Beta ", None])
    return st.builds(item, keys, names, st.sampled_from(days))


def run_in_any_order(
    warehouse: WarehouseUnderTest,
    files: Sequence[Sequence[Item]],
    steps: Sequence[str],
    load: Callable[[Run], object],
    chance: random.Random,
) -> None:
    """Upload files one by one, stage what is there in several runs, and load the runs in any order, some twice.

    In the end every file is loaded.

    :param steps: some of ``upload``, ``stage`` and ``load``.
    :param chance: decides which run is loaded next.
    """
    waiting = list(enumerate(files))
    runs: list[Run] = []
    for step in [*steps, *["upload"] * len(files), "stage"]:
        if step == "upload" and waiting:
            number, of_file = waiting.pop(0)
            put(warehouse, number, *of_file)
        elif step == "stage" and len(waiting) < len(files):
            runs.append(staged(warehouse))
        elif step == "load" and runs:
            load(chance.choice(runs))
    chance.shuffle(runs)
    for run in runs:
        load(run)
