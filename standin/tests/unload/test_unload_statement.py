"""UNLOAD statements that are parsed or refused: AWS page "UNLOAD"."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from redshift_standin.aws.iam.access_keys import AccessKeys
from redshift_standin.errors import WarehouseError
from redshift_standin.unload import S3Unloader, parse

ROLE = "arn:aws:iam::123456789012:role/warehouse"
MINIMAL = "unload ('select 1') to 's3://bucket/pre/fix' iam_role default "


def test_every_option_in_any_order():
    unload = parse(
        f"""UNLOAD ('select ''a'', \\'b\\'') TO 's3://bucket/pre/fix' PARALLEL FALSE NULL 'n' HEADER DELIMITER AS '\\t'
        ADDQUOTES ESCAPE GZIP ALLOWOVERWRITE MAXFILESIZE AS 1.5 GB EXTENSION 'txt.gz' REGION AS 'us-west-2'
        MANIFEST VERBOSE IAM_ROLE '{ROLE}'"""
    )
    assert (unload.query, unload.bucket, unload.prefix) == ("select 'a', 'b'", "bucket", "pre/fix")
    assert (unload.parallel, unload.null, unload.header, unload.delimiter) == (False, "n", True, "\t")
    assert (unload.add_quotes, unload.escape, unload.compression, unload.allow_overwrite) == (True, True, "gzip", True)
    assert (unload.max_file_bytes, unload.extension, unload.region) == (1_610_612_736, "txt.gz", "us-west-2")
    assert (unload.manifest, unload.verbose, unload.grant) == (True, True, ROLE)


def test_defaults():
    unload = parse(MINIMAL)
    assert (unload.format, unload.parallel, unload.grant, unload.manifest) == ("text", True, None, False)
    # 6.2 GB
    assert unload.max_file_bytes == 6_657_199_308


@pytest.mark.parametrize(
    ("written", "size"), [("5", 5_242_880), ("5 mb", 5_242_880), ("6.2 gb", 6_657_199_308), ("as 1gb", 1_073_741_824)]
)
def test_maxfilesize(written, size):
    if written == "as 1gb":
        written = "as 1 gb"
    assert parse(MINIMAL + f"maxfilesize {written}").max_file_bytes == size


@pytest.mark.parametrize(
    "clause",
    [
        "credentials 'aws_access_key_id=ASIA;aws_secret_access_key=S;token=T'",
        "access_key_id 'ASIA' secret_access_key 'S' session_token 'T'",
    ],
)
def test_access_keys(clause):
    assert parse(f"unload ($$select 1$$) to 's3://b/k' {clause}").grant == AccessKeys("ASIA", "S", "T")


@pytest.mark.parametrize(
    ("options", "sqlstate", "message"),
    [
        ("frobnicate", "42601", 'at or near "frobnicate"'),
        ("'secret'", "42601", 'at or near "..."'),
        ("gzip zstd", "42601", "conflicting"),
        ("csv json", "42601", "conflicting"),
        ("format parquet csv", "42601", "conflicting"),
        ("cleanpath allowoverwrite", "42601", "conflicting"),
        ("credentials 'aws_iam_role=arn:aws:iam::123456789012:role/x'", "42601", "conflicting"),
        ("delimiter '||'", "42601", "single ASCII"),
        ("maxfilesize 4.9", "42601", "between 5 MB and 6.2 GB"),
        ("maxfilesize 6.3 gb", "42601", "between 5 MB and 6.2 GB"),
        ("parquet rowgroupsize 31", "42601", "between 32 MB and 128 MB"),
        ("parquet rowgroupsize 129 mb", "42601", "between 32 MB and 128 MB"),
        ("rowgroupsize 32", "0A000", "PARQUET"),
        ("parquet gzip", "0A000", "GZIP argument is not supported for PARQUET based UNLOAD"),
        ("parquet header", "0A000", "HEADER argument is not supported for PARQUET"),
        ("json delimiter ','", "0A000", "DELIMITER argument is not supported for JSON"),
        ("json null as ''", "0A000", "NULL argument is not supported for JSON"),
        ("csv addquotes", "0A000", "ADDQUOTES argument is not supported for CSV"),
        ("parquet extension 'x'", "0A000", "not supported by the stand-in"),
        ("partition by a", "42601", 'near "a"'),
        ("fixedwidth 'a:1'", "0A000", "FIXEDWIDTH is not supported by the stand-in"),
        ("encrypted auto", "0A000", "ENCRYPTED is not supported by the stand-in"),
        ("format orc", "0A000", "ORC is not supported by the stand-in"),
    ],
)
def test_refused(options, sqlstate, message):
    with pytest.raises(WarehouseError, match=message) as caught:
        parse(MINIMAL + options)
    assert caught.value.sqlstate == sqlstate


def test_authorization_is_required():
    with pytest.raises(WarehouseError, match="CREDENTIALS argument is required but not specified"):
        parse("unload ('select 1') to 's3://b/k'")


@pytest.mark.parametrize(
    ("query", "sqlstate", "message"),
    [
        ("select 1 limit 10", "42601", "Limit clause is not supported"),
        ("(select 1 limit 10)", "42601", "Limit clause is not supported"),
        ("select 1; select 2", "42601", 'near ";"'),
        ("delete from t", "42601", 'near "delete"'),
        ("", "42601", "at end of input"),
        ("select generate_series(1, 2)", "0A000", "not supported by the stand-in"),
    ],
)
def test_refused_queries(query, sqlstate, message):
    with pytest.raises(WarehouseError, match=message) as caught:
        # Such a query is refused before the session does anything.
        asyncio.run(S3Unloader().unload(MINIMAL.replace("select 1", query), SimpleNamespace(database="dev")))
    assert caught.value.sqlstate == sqlstate
