"""The fields that a JSONPaths file reads, as the AWS page "COPY from JSON format" defines the paths."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from redshift_elt.connection.columns import Columns
from redshift_elt.staging.drift.expected_fields import ExpectedField, ExpectedFields
from redshift_elt.staging.formats.json_format import Json


def expected(*paths: object, columns: tuple[str, ...] = ("first", "second")):
    text = json.dumps({"jsonpaths": paths})
    context = SimpleNamespace(
        source=SimpleNamespace(bucket="bucket", format=Json("paths.json")),
        s3=SimpleNamespace(read_key=lambda key, bucket: text if (key, bucket) == ("paths.json", "bucket") else ""),
    )
    return ExpectedFields.of(context, Columns(columns, frozenset()))


@pytest.mark.parametrize(
    ("path", "name", "whole"),
    [
        ("$.userId", "userId", True),
        ("$['userId']", "userId", True),
        ('$["user id"]', "user id", True),
        ("$['user.id']", "user.id", True),
        ("$.user.id", "user", False),
        ("$['user']['id']", "user", False),
        ("$.tags[0]", "tags", False),
    ],
)
def test_path(path, name, whole):
    found = expected("$['a']", path)
    assert found is not None
    assert found.fields[1] == ExpectedField(name, "second", whole)


@pytest.mark.parametrize("paths", [["$[0]", "$[1]"], [], ["$['a']", 2]])
def test_paths_without_fields_of_records_are_not_compared(paths):
    assert expected(*paths) is None
