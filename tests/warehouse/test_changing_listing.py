"""A bucket that changes between two pages of a listing: this run and the next one load what is there in the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore.client
import pytest

from local.datagen import Options, generate
from tests.model.star_schema import comparable_tables, star_schema
from tests.support.warehouse import BUCKET, LOADS, WarehouseUnderTest

KEYS_PER_PAGE = 3


@pytest.fixture
def data(tmp_path) -> Path:
    generate(tmp_path / "data", Options(days=1, users=3, songs=8, seed=3))
    return tmp_path / "data"


@contextmanager
def change_after_first_page(change: Callable[[], None]) -> Iterator[list[int]]:
    """Make S3 list a few keys per page, and change the bucket once, when the next page is requested.

    :return: a list that gets the number of keys of the page that was listed after the change.
    """
    call = botocore.client.BaseClient._make_api_call
    changed: list[int] = []

    def listed(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        if operation != "ListObjectsV2":
            return call(client, operation, arguments)
        is_second = "ContinuationToken" in arguments and not changed
        if is_second:
            # A page of this call would itself count as the second one.
            changed.append(0)
            change()
        response = call(client, operation, {"MaxKeys": KEYS_PER_PAGE, **arguments})
        if is_second:
            changed[0] = response["KeyCount"]
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", listed)
        yield changed


def write(warehouse: WarehouseUnderTest, data: Path, file: Path, song: dict[str, Any]) -> None:
    file.write_text(json.dumps(song))
    warehouse.put(str(file.relative_to(data)), file.read_bytes())


def test_objects_that_change_while_the_bucket_is_listed_are_loaded_by_the_next_run(warehouse, data):
    warehouse.upload(data)
    files = sorted((data / "song_data").rglob("*.json"))
    first, last = files[0], files[-1]
    assert len(files) > KEYS_PER_PAGE

    def change() -> None:
        song = json.loads(first.read_text())
        write(warehouse, data, first, song | {"title": "Changed after it was listed"})
        write(warehouse, data, first.with_name("A0.json"), song | {"song_id": "SOBEFORE", "title": "Before the page"})
        write(warehouse, data, last.with_name("ZZ.json"), song | {"song_id": "SOAFTER", "title": "After the page"})

    run = warehouse.run(full_load=True)
    with change_after_first_page(change) as changed:
        run.execute("stage_songs")
    assert changed == [KEYS_PER_PAGE]
    run.execute("stage_events")
    for load in LOADS:
        run.execute(load)
    warehouse.run("2018-11-01T00:00:00Z", "2018-11-02T00:00:00Z").complete()
    assert comparable_tables(warehouse.star_schema()) == comparable_tables(star_schema(data))


def test_object_that_vanishes_from_a_page_that_was_listed_allows_a_retry(warehouse, data):
    warehouse.upload(data)
    first = min((data / "song_data").rglob("*.json"))
    run = warehouse.run(full_load=True)

    def change() -> None:
        warehouse.s3.delete_object(Bucket=BUCKET, Key=str(first.relative_to(data)))

    with change_after_first_page(change), pytest.raises(Exception, match="NoSuchKey"):
        run.execute("stage_songs")
    assert warehouse.tables_of_runs() == []
    first.unlink()
    run.complete()
    assert comparable_tables(warehouse.star_schema()) == comparable_tables(star_schema(data))
