"""COPY statements that are parsed or refused."""

from __future__ import annotations

import pytest

from redshift_standin.aws.iam.access_keys import AccessKeys
from redshift_standin.copy import parse
from redshift_standin.copy.jsonpaths import follow, read_jsonpaths
from redshift_standin.copy.statement import Format
from redshift_standin.errors import WarehouseError

ROLE = "arn:aws:iam::123456789012:role/copy"
TEXT = f"copy t from 's3://b/k' iam_role '{ROLE}' "
MINIMAL = f"copy t from 's3://b/k' iam_role '{ROLE}' json 'auto' "


def test_options_come_in_any_order_and_case():
    copy = parse(
        f"""COPY "Sales".staging (A, "b") FROM 's3://bucket/a/b' -- a remark
        Gzip, maxerror AS 7 TIMEFORMAT as 'epochmillisecs' CompUpdate off /* another */ statupdate
        FORMAT AS JSON 's3://bucket/paths' region 'us-west-2' manifest truncatecolumns IAM_ROLE '{ROLE}'"""
    )
    assert (copy.schema, copy.table, copy.columns) == ("sales", "staging", ["a", "b"])
    assert (copy.bucket, copy.key, copy.grant, copy.region) == ("bucket", "a/b", ROLE, "us-west-2")
    assert (copy.json, copy.compression, copy.manifest) == ("s3://bucket/paths", "gzip", True)
    assert (copy.error_limit, copy.time_format, copy.truncate_columns) == (7, "epochmillisecs", True)


@pytest.mark.parametrize(
    ("option", "limit"), [("", 1), ("maxerror 0", 1), ("maxerror 1", 1), ("ignoreallerrors", None)]
)
def test_error_limit(option, limit):
    assert parse(MINIMAL + option).error_limit == limit


def test_json_without_argument_is_auto_and_default_is_the_default_role():
    copy = parse("copy t from 's3://b/k' iam_role default format json")
    assert (copy.json, copy.grant) == ("auto", None)


def test_default_format_is_pipe_delimited_text_and_csv_has_commas():
    assert (parse(TEXT).format, parse(TEXT).delimiter) == (Format.TEXT, "|")
    assert (parse(TEXT + "csv").format, parse(TEXT + "csv").delimiter) == (Format.CSV, ",")
    assert parse(TEXT + "format as csv delimiter as ';'").delimiter == ";"
    assert parse(TEXT + "delimiter ';' csv quote as '%'").quote == "%"


@pytest.mark.parametrize(
    ("written", "meant"), [(r"\t", "\t"), (r"\174", "|"), (r"\001", "\x01"), ("|~|", "|~|"), (";", ";"), ("''", "'")]
)
def test_delimiters(written, meant):
    """AWS page "Data format parameters": delimiters in octal, and of several characters."""
    assert parse(TEXT + f"delimiter '{written}'").delimiter == meant


@pytest.mark.parametrize(
    ("written", "meant"), [(r"\N", r"\N"), (r"\\N", r"\N"), (r"\0", "\0"), (r"\000", "\0"), ("", ""), ("NULL", "NULL")]
)
def test_null_strings(written, meant):
    """AWS page "Data conversion parameters", NULL AS."""
    assert parse(TEXT + f"null as '{written}'").null == meant


def test_tuning_options_are_accepted():
    assert parse(TEXT + "comprows 1000 compupdate preset statupdate true").error_limit == 1


@pytest.mark.parametrize(
    ("statement", "sqlstate", "message"),
    [
        (MINIMAL + "frobnicate", "42601", 'at or near "frobnicate"'),
        (MINIMAL + "gzip bzip2", "42601", "conflicting or redundant options"),
        (MINIMAL + "timeformat 'YYYY'", "42601", "Invalid date or time format"),
        (MINIMAL + "timeformat 'YYYY-MM-DD HH:MI:SSOF'", "42601", "Invalid date or time format"),
        (MINIMAL + "dateformat 'MM MON DD YYYY MM'", "42601", "Invalid date or time format"),
        (MINIMAL + "dateformat 'YYYY-MM-DD Q'", "0A000", "Q in the format"),
        (MINIMAL + "ignoreheader -1", "42601", "IGNOREHEADER"),
        (MINIMAL + "encoding 'latin1'", "0A000", "LATIN1"),
        (TEXT + "csv quote '' ", "42601", "QUOTE"),
        (TEXT + "quote '%'", "42601", "not compatible with QUOTE"),
        (TEXT + "fixedwidth 'a:1' delimiter ','", "42601", "FIXEDWIDTH is not compatible with DELIMITER"),
        (TEXT + "fixedwidth 'a:1' escape", "42601", "FIXEDWIDTH is not compatible with ESCAPE"),
        (TEXT + "fixedwidth 'a:1' encoding utf16", "42601", "ENCODING"),
        (TEXT + "fixedwidth 'a:x'", "42601", "label:width"),
        (TEXT + r"delimiter '\n'", "0A000", "in a string of COPY"),
        (TEXT + "format text", "42601", "text"),
        ("copy t from 's3://b/k' json 'auto'", "XX000", "CREDENTIALS argument is required but not specified"),
        (f"copy t from 's3://b/k' iam_role '{ROLE}, {ROLE}' json 'auto'", "XX000", "Invalid IAM role ARN"),
        ("copy t from stdin", "42601", "stdin"),
        ("copy t from 'emr://x/y' iam_role default json", "0A000", "from emr"),
        ("copy t (a, a) from 's3://b/k' iam_role default json", "42701", "more than once"),
        ("copy t from", "42601", "at end of input"),
        ("copy t from 's3://b", "42601", "unterminated quoted string"),
    ],
)
def test_refused(statement, sqlstate, message):
    with pytest.raises(WarehouseError, match=message) as caught:
        parse(statement)
    assert caught.value.sqlstate == sqlstate


@pytest.mark.parametrize(
    "clause",
    [
        "secret_access_key 'SECRETSECRET'",
        "access_key_id 'AKIAX' secret_access_key 'SECRETSECRET' iam_role default",
        "access_key_id 'AKIAX' secret_access_key 'SECRETSECRET' secret_access_key 'SECRETSECRET'",
        "credentials 'aws_access_key_id=AKIAX;aws_secret_access_key=SECRETSECRET' iam_role default",
        "credentials 'aws_access_key_id=AKIAX; aws_secret_access_key=SECRETSECRET'",
        "credentials 'aws_access_key_id=AKIAX;aws_secret_access_key=SECRETSECRET;master_symmetric_key=SECRET'",
        "with credentials as 'aws_secret_access_key=SECRETSECRET'",
        "'SECRETSECRET'",
    ],
)
def test_refused_keys_are_not_repeated(clause):
    with pytest.raises(WarehouseError) as caught:
        parse(f"copy t from 's3://b/k' {clause} json 'auto'")
    assert "SECRET" not in str(caught.value).replace("SECRET_ACCESS_KEY", "")


@pytest.mark.parametrize(
    ("clause", "grant"),
    [
        ("access_key_id 'AKIAX' secret_access_key 'S'", AccessKeys("AKIAX", "S")),
        ("session_token 'T' secret_access_key 'S' access_key_id 'ASIAX'", AccessKeys("ASIAX", "S", "T")),
        ("credentials 'aws_access_key_id=AKIAX;aws_secret_access_key=S+/='", AccessKeys("AKIAX", "S+/=")),
        (
            "with credentials as 'aws_access_key_id=ASIAX;aws_secret_access_key=S;token=T=='",
            AccessKeys("ASIAX", "S", "T=="),
        ),
        (f"credentials 'aws_iam_role={ROLE}'", ROLE),
    ],
)
def test_older_forms_of_authorization(clause, grant):
    """AWS page "Authorization parameters" as it was until 2025."""
    copy = parse(f"copy t from 's3://b/k' {clause} json 'auto'")
    assert copy.grant == grant
    assert "secret" not in repr(copy).replace("secret_access_key", "")


def test_jsonpaths_into_objects_and_lists():
    paths = read_jsonpaths(b"""{"jsonpaths": ["$['a b']['c']", "$['list'][1]", "$[0]"]}""", "s3://b/p")
    assert follow(paths[0])({"a b": {"c": 1}}) == 1
    assert follow(paths[0])({}) is None
    assert follow(paths[1])({"list": [1, 2]}) == 2
    assert follow(paths[2])([3]) == 3


@pytest.mark.parametrize(
    "content",
    [
        b'{"jsonpaths": ["$.a", "$[\'b\']"]}',
        b'{"jsonpaths": ["$.a", ""]}',
        b'{"jsonpaths": ["$.a.*"', b'{"jsonpaths": [1]}',
        b'{"jsonpaths": []}',
        b'{"jsonpaths": ["$.a"]} {}',
        b'["$.a"]',
    ],
)  # fmt: skip
def test_malformed_jsonpaths_fail(content):
    with pytest.raises(WarehouseError, match="Invalid JSONPath format"):
        read_jsonpaths(content, "s3://b/p")


def test_file_without_the_key_jsonpaths_matches_by_name():
    assert read_jsonpaths(b'{"paths": ["$.a"]}', "s3://b/p") is None
