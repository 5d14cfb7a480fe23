from __future__ import annotations

import pytest

from redshift_elt.sql import identifiers


def test_names_are_quoted():
    assert identifiers.identifier("time") == '"time"'
    assert identifiers.table("songplays") == '"songplays"'
    assert identifiers.table("etl.loads") == '"etl"."loads"'


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Users",
        "users; drop table users",
        'users"',
        "1st",
        "a-b",
        "naïve",
        "x" * 128,
        "users\n",
        None,
        "a.b.c",
        "a.",
    ],
)
def test_invalid_table_name_is_refused(name):
    with pytest.raises(ValueError, match="cannot be a table"):
        identifiers.table(name)


def test_longest_name_is_allowed():
    assert identifiers.identifier("x" * 127) == '"' + "x" * 127 + '"'


def test_quote_in_a_literal_is_doubled():
    assert identifiers.literal("s3://bucket/o'brien.json") == "'s3://bucket/o''brien.json'"


@pytest.mark.parametrize("text", ["a\\b", "a\nb", "a\x00b"])
def test_invalid_literal_is_refused(text):
    with pytest.raises(ValueError, match="cannot be an SQL literal"):
        identifiers.literal(text)


def test_key_has_one_or_more_names():
    assert identifiers.key("user_id") == ("user_id",)
    assert identifiers.key(["session_id", "item_in_session"]) == ("session_id", "item_in_session")
    with pytest.raises(ValueError, match="The key is empty"):
        identifiers.key([])
