"""Sections 1.1 and 1.2: the COPY statement, its authorization and its formats. More of it is in ../copy."""

from __future__ import annotations

import gzip
import io
import json

import fastavro
import pyarrow
import pytest
from pyarrow import orc, parquet

from redshift_standin.copy import parse
from redshift_standin.copy.columns import Column
from redshift_standin.errors import WarehouseError
from standin_support.facts import Here, fact
from standin_support.loading import refusal
from standin_support.one_object import read
from standin_support.whole import BUCKET, CLUSTER, ROLE, TRUST, allow

TWO = (Column("a", "int4"), Column("b", "varchar", 50))


@fact(
    "1.1/1", "The options of COPY can be in any order and any case, with or without commas.", Here.SUPPORTED, "r_COPY"
)
def test_order_of_options(loader):
    url = loader.put("a", "id,name\n1,a\n")
    loader.run("create table t (id integer, name varchar(5))")
    loader.run(f"CoPy T FROM '{url}' IgnoreHeader AS 1, csv, MAXERROR 3 IAM_ROLE default emptyasnull")
    assert loader.run("select * from t") == [(1, "a")]


@fact("1.1/2", "COPY appends to the rows of a table.", Here.SUPPORTED, "r_COPY")
def test_appends(loader):
    url = loader.put("a", "1\n")
    loader.run("create table t (id integer)")
    loader.copy(url)
    assert loader.copy(url) == [(1,), (1,)]


@fact("1.1/2 INSERT", "COPY requires only the INSERT privilege on the table.", Here.SUPPORTED, "r_COPY")
def test_privilege(loader):
    url = loader.put("a", "1\n")
    loader.run("create table t (id integer)")
    guest = loader.as_user("guest")
    assert guest.copy_fails(url).sqlstate == "42501"
    loader.run("grant insert on t to guest")
    guest.run(f"copy t from '{url}' iam_role default")
    assert loader.run("select * from t") == [(1,)]
    loader.run("revoke insert on t from guest")
    assert guest.copy_fails(url).sqlstate == "42501"


@fact(
    "1.1/2 STATUPDATE",
    "With STATUPDATE, the user must own the table or be a superuser.",
    Here.SUPPORTED,
    "copy-parameters-data-load",
)
def test_statupdate_requires_the_owner(loader):
    url = loader.put("a", "1\n")
    loader.run("create table t (id integer)")
    guest = loader.as_user("guest")
    loader.run("grant insert on t to guest")
    error = guest.copy_fails(url, "statupdate off")
    assert (error.sqlstate, error.diag.message_primary) == ("42501", "must be owner of relation t")
    assert loader.copy(url, "statupdate on") == [(1,)]


@fact("1.1/2 external", "COPY cannot load an external table.", Here.REFUSED, "r_COPY")
def test_external_tables(loader):
    assert loader.fails("create external table s.e (id integer) stored as parquet location 's3://b/k'").sqlstate == (
        "0A000"
    )


@fact(
    "1.1/3",
    "FROM specifies a key prefix, not a folder: `a/data` also loads `a/data.bak`.",
    Here.SUPPORTED,
    "copy-parameters-data-source-s3",
)
def test_prefix_is_not_a_folder(loader):
    loader.put("a/data", "1\n")
    loader.put("a/data.bak", "2\n")
    loader.put("a/data/3", "3\n")
    loader.put("b/data", "4\n")
    loader.run("create table t (id integer)")
    assert loader.copy(f"s3://{BUCKET}/a/data") == [(1,), (2,), (3,)]


@fact(
    "1.1/4",
    "A JSONPaths file under the prefix of the data is read as data, and the COPY fails.",
    Here.SUPPORTED,
    "copy-parameters-data-format",
)
def test_jsonpaths_file_under_the_data_prefix(loader):
    loader.put("a/1.json", {"id": 1})
    paths = loader.put("a/paths.json", {"jsonpaths": ["$.id"]})
    loader.run("create table t (id integer)")
    assert "Load into table 't' failed" in str(loader.copy_fails(f"s3://{BUCKET}/a/", f"json '{paths}'"))
    assert loader.copy(f"s3://{BUCKET}/a/1", f"json '{paths}'") == [(1,)]


@fact(
    "1.1/5",
    "The role in IAM_ROLE must be associated with the cluster, trust Redshift and have read access.",
    Here.SUPPORTED,
    "copy-parameters-authorization",
)
def test_role(loader):
    url = loader.put("a/1", "1\n")
    loader.run("create table t (id integer)")
    assert loader.copy(url, role=f"'{ROLE}'") == [(1,)]
    stranger = ROLE.replace("warehouse", "stranger")
    assert f"is not authorized to assume IAM Role {stranger}" in str(loader.copy_fails(url, role=f"'{stranger}'"))
    blind = loader.whole.make_role("blind", allow("s3:ListBucket"))
    assert "Access Denied" in str(loader.copy_fails(url, role=f"'{blind}'"))


@fact(
    "1.1/5 default",
    "`IAM_ROLE default`, without quotation marks, is the cluster's default role.",
    Here.SUPPORTED,
    "copy-parameters-authorization",
)
def test_default_role(loader):
    url = loader.put("a/1", "1\n")
    loader.run("create table t (id integer)")
    redshift = loader.whole.client("redshift")
    redshift.modify_cluster_iam_roles(ClusterIdentifier=CLUSTER, DefaultIamRoleArn="")
    assert "no default IAM role" in str(loader.copy_fails(url))
    redshift.modify_cluster_iam_roles(ClusterIdentifier=CLUSTER, DefaultIamRoleArn=ROLE)
    assert loader.copy(url) == [(1,)]


@fact(
    "1.1/5 SESSION",
    "`IAM_ROLE 'SESSION'` uses the caller's own IAM session.",
    Here.REFUSED,
    "copy-parameters-authorization",
)
def test_session():
    with pytest.raises(WarehouseError, match="'SESSION'") as caught:
        parse("copy t from 's3://b/k' iam_role 'SESSION'")
    assert caught.value.sqlstate == "0A000"


@fact(
    "1.1/5 chain",
    "With `IAM_ROLE 'A,B'` the cluster assumes A, A assumes B, and B reads S3. Spaces are not allowed.",
    Here.SUPPORTED,
    "authorizing-redshift-service-chaining-roles",
)
def test_chain_of_roles(loader):
    url = loader.put("a/1", "1\n")
    loader.run("create table t (id integer)")
    iam = loader.whole.client("iam")
    second = ROLE.replace("warehouse", "reader")
    first = loader.whole.make_role("assumer", allow("sts:AssumeRole", resource=second))
    chain = f"'{first},{second}'"
    assert f"is not authorized to assume IAM Role {second}" in str(loader.copy_fails(url, role=chain))
    trust = {"Effect": "Allow", "Principal": {"AWS": first}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=_policy(trust))
    assert "Access Denied" in str(loader.copy_fails(url, role=chain))
    iam.put_role_policy(RoleName="reader", PolicyName="s3", PolicyDocument=_policy(allow("s3:Get*", "s3:List*")))
    assert loader.copy(url, role=chain) == [(1,)]
    # B is not attached to the cluster and trusts only A; A may only assume B.
    assert "is not authorized to assume" in str(loader.copy_fails(url, role=f"'{second}'"))
    assert "is not authorized to assume" in str(loader.copy_fails(url, role=f"'{ROLE},{second}'"))
    assert "is not authorized to assume" in str(loader.copy_fails(url, role=f"'{first},{ROLE}'"))
    iam.update_assume_role_policy(RoleName="reader", PolicyDocument=_policy(TRUST))
    assert "is not authorized to assume" in str(loader.copy_fails(url, role=chain))
    assert "Invalid IAM role ARN" in str(loader.copy_fails(url, role=f"'{first}, {second}'"))


def _policy(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@fact(
    "1.1/5 keys",
    "Access keys and CREDENTIALS are still accepted, although the documentation no longer lists them.",
    Here.SUPPORTED,
    "copy-parameters-authorization until 2025; cluster-versions, patch 204",
)
def test_keys(loader):
    url = loader.put("a/1", "1\n")
    loader.run("create table t (id integer)")
    key = loader.whole.make_user("loader", allow("s3:Get*", "s3:List*"))
    pair = f"access_key_id '{key['AccessKeyId']}' secret_access_key '{key['SecretAccessKey']}'"
    loader.run(f"copy t from '{url}' {pair}", f"copy t from '{url}' credentials 'aws_iam_role={ROLE}'")
    assert loader.run("select * from t") == [(1,), (1,)]


@fact(
    "1.1/6",
    "REGION is required for a bucket in another region than the cluster's.",
    Here.SUPPORTED,
    "copy-parameters-data-source-s3",
)
def test_region(loader):
    s3 = loader.whole.client("s3", region="eu-west-1")
    s3.create_bucket(Bucket="shop-far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="shop-far", Key="a", Body=b"1\n")
    loader.run("create table t (id integer)")
    assert "Error PermanentRedirect" in str(loader.copy_fails("s3://shop-far/a"))
    assert loader.copy("s3://shop-far/a", "region as 'eu-west-1'") == [(1,)]


@fact(
    "1.1/7",
    "USING TEMPLATE takes options from a COPY template.",
    Here.REFUSED,
    "r_COPY-WITH-TEMPLATE",
)
def test_template():
    assert refusal("using template csv_files").sqlstate == "0A000"


@fact(
    "1.1/8", "Objects that S3 encrypts on the server need no option.", Here.SUPPORTED, "copy-parameters-data-source-s3"
)
def test_encryption_of_s3(loader):
    loader.whole.client("s3").put_object(Bucket=BUCKET, Key="a", Body=b"1\n", ServerSideEncryption="AES256")
    loader.run("create table t (id integer)")
    assert loader.copy(f"s3://{BUCKET}/a") == [(1,)]


@fact(
    "1.1/8 ENCRYPTED",
    "Client-side encrypted files are no longer loaded.",
    Here.SUPPORTED,
    "copy-parameters-data-source-s3",
)
def test_encryption_by_the_client():
    assert refusal("master_symmetric_key 'k' encrypted").sqlstate == "0A000"


@pytest.mark.parametrize(
    ("content", "options", "rows"),
    [
        pytest.param(
            '1,"a ""b"", c\nd"\n',
            "csv",
            [("1", r'a "b", c\nd')],
            marks=fact(
                "1.2/9",
                "CSV fields are separated by commas. Quotation marks enclose commas and line breaks, and are "
                "doubled within a field.",
                Here.SUPPORTED,
                "copy-parameters-data-format",
            ),
        ),
        pytest.param(
            "1;%a;b%\n",
            "csv delimiter ';' quote as '%'",
            [("1", "a;b")],
            marks=fact(
                "1.2/9 QUOTE",
                "The delimiter and the quotation mark of CSV can be changed.",
                Here.SUPPORTED,
                "copy-parameters-data-format",
            ),
        ),
        pytest.param(
            '1|"a"\n',
            "",
            [("1", '"a"')],
            marks=fact(
                "1.2/10",
                "Without a format, the files are text with `|` between the fields.",
                Here.SUPPORTED,
                "copy-parameters-data-format",
            ),
        ),
        pytest.param(
            "1|~|a\n",
            "delimiter '|~|'",
            [("1", "a")],
            marks=fact(
                "1.2/10 several",
                "DELIMITER can have several characters.",
                Here.SUPPORTED,
                "copy-parameters-data-format",
            ),
        ),
        pytest.param(
            "1\x01a\n",
            r"delimiter '\001'",
            [("1", "a")],
            marks=fact("1.2/10 octal", "DELIMITER can be octal.", Here.SUPPORTED, "copy-parameters-data-format"),
        ),
        pytest.param(
            "1\ta\n",
            r"delimiter '\t'",
            [("1", "a")],
            marks=fact("1.2/10 tab", r"DELIMITER `'\t'` is a tab.", Here.SUPPORTED, "copy-parameters-data-format"),
        ),
        pytest.param(
            '{"a": 1, "b": "x"}',
            "format as json 'auto'",
            [("1", "x")],
            marks=fact(
                "1.2/11",
                "JSON 'auto' matches the keys of each object with the column names.",
                Here.SUPPORTED,
                "copy-parameters-data-format",
            ),
        ),
        pytest.param(
            '{"a": 1, "b": "x"}',
            "json",
            [("1", "x")],
            marks=fact(
                "1.2/11 alone", "JSON without an argument means 'auto'.", Here.SUPPORTED, "copy-parameters-data-format"
            ),
        ),
        pytest.param(
            '{"A": 1, "B": "x"}',
            "json 'auto ignorecase'",
            [("1", "x")],
            marks=fact(
                "1.2/11 ignorecase",
                "JSON 'auto ignorecase' matches regardless of case.",
                Here.SUPPORTED,
                "copy-parameters-data-format",
            ),
        ),
        pytest.param(
            " 1abc\n",
            "fixedwidth 'first:2,second:3'",
            [("1", "abc")],
            marks=fact(
                "1.2/12 FIXEDWIDTH",
                "FIXEDWIDTH splits lines by widths. The labels are ignored.",
                Here.SUPPORTED,
                "copy-parameters-data-format",
            ),
        ),
    ],
)
def test_formats(monkeypatch, content, options, rows):
    assert read(monkeypatch, content.encode(), options, *TWO) == (rows, [])


@fact("1.2/12 AVRO", "COPY can load Avro files.", Here.SUPPORTED, "copy-parameters-data-format")
def test_avro(loader):
    file = io.BytesIO()
    fields = [{"name": "b", "type": "string"}, {"name": "a", "type": "int"}]
    fastavro.writer(file, {"type": "record", "name": "r", "fields": fields}, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}])
    loader.run("create table t (a integer, b varchar(5))")
    assert loader.copy(loader.put("a.avro", file.getvalue()), "format as avro 'auto'") == [(1, "x"), (2, "y")]


@fact("1.2/12 ORC", "COPY can load ORC files.", Here.SUPPORTED, "copy-usage_notes-copy-from-columnar")
def test_orc(loader):
    file = io.BytesIO()
    orc.write_table(pyarrow.table({"n": pyarrow.array([1, 2], pyarrow.int32()), "t": ["x", None]}), file)
    loader.run("create table t (a integer, b varchar(5))")
    assert loader.copy(loader.put("a.orc", file.getvalue()), "format as orc") == [(1, "x"), (2, None)]


@pytest.mark.parametrize(
    ("options", "sqlstate"),
    [
        pytest.param(
            "csv escape",
            "42601",
            marks=fact(
                "1.2/9 ESCAPE", "CSV cannot be combined with ESCAPE.", Here.SUPPORTED, "copy-parameters-data-format"
            ),
        ),
        pytest.param(
            "csv removequotes",
            "42601",
            marks=fact(
                "1.2/9 REMOVEQUOTES",
                "CSV cannot be combined with REMOVEQUOTES.",
                Here.SUPPORTED,
                "copy-parameters-data-format",
            ),
        ),
        pytest.param(
            "csv fixedwidth 'a:1'",
            "42601",
            marks=fact(
                "1.2/9 FIXEDWIDTH",
                "CSV cannot be combined with FIXEDWIDTH.",
                Here.SUPPORTED,
                "copy-parameters-data-format",
            ),
        ),
        pytest.param(
            "csv delimiter '||'",
            "0A000",
            marks=fact(
                "1.2/10 CSV",
                "The DELIMITER of CSV can have several characters.",
                Here.REFUSED,
                "copy-parameters-data-format",
            ),
        ),
        pytest.param(
            "json 'noshred'",
            "0A000",
            marks=fact(
                "1.2/11 noshred",
                "JSON 'noshred' loads whole documents into a SUPER column.",
                Here.REFUSED,
                "copy-parameters-data-format",
            ),
        ),
        pytest.param(
            "shapefile",
            "0A000",
            marks=fact("1.2/12 SHAPEFILE", "COPY can load shapefiles.", Here.REFUSED, "copy-parameters-data-format"),
        ),
        pytest.param(
            "lzop",
            "0A000",
            marks=fact(
                "1.2/13 LZOP",
                "COPY can load files compressed with lzop.",
                Here.REFUSED,
                "copy-parameters-file-compression",
            ),
        ),
        pytest.param(
            "format parquet maxerror 5",
            "42601",
            marks=fact(
                "1.2/14",
                "PARQUET cannot be combined with MAXERROR, IGNOREALLERRORS, NOLOAD, or options for strings and dates.",
                Here.SUPPORTED,
                "copy-usage_notes-copy-from-columnar",
            ),
        ),
        pytest.param(
            "format parquet region 'us-west-2'",
            "42601",
            marks=fact(
                "1.2/14 REGION",
                "PARQUET cannot be combined with REGION, not even for the cluster's own region.",
                Here.SUPPORTED,
                "copy-usage_notes-copy-from-columnar",
            ),
        ),
    ],
)
def test_refused_options_and_formats(options, sqlstate):
    assert refusal(options).sqlstate == sqlstate


@fact(
    "1.2/13",
    "GZIP, BZIP2 or ZSTD specifies the compression of all files.",
    Here.SUPPORTED,
    "copy-parameters-file-compression",
)
def test_compression(loader):
    url = loader.put("a.gz", gzip.compress(b"1\n"))
    loader.run("create table t (id integer)")
    assert loader.copy(url, "gzip") == [(1,)]


@fact(
    "1.2/13 names",
    "Without such an option, a text file is read unchanged, regardless of its name.",
    Here.SUPPORTED,
    "no source",
)
def test_compression_is_not_guessed(loader):
    url = loader.put("a.gz", gzip.compress(b"1\n"))
    loader.run("create table t (id integer)")
    loader.copy_fails(url)
    assert loader.run("select * from t") == []


def _parquet(**columns: pyarrow.Array) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), buffer)
    return buffer.getvalue()


@fact(
    "1.2/14 position",
    "The columns of a Parquet file are matched by position.",
    Here.SUPPORTED,
    "copy-usage_notes-copy-from-columnar",
)
def test_parquet(loader):
    url = loader.put("a", _parquet(name=pyarrow.array([1], pyarrow.int32()), id=pyarrow.array(["x"])))
    loader.run("create table t (id integer, name varchar(5))")
    assert loader.copy(url, "format as parquet") == [(1, "x")]


@fact(
    "1.2/14 count",
    "A Parquet file must have as many columns as the table. With FILLRECORD, the last columns can be missing.",
    Here.SUPPORTED,
    "copy-usage_notes-copy-from-columnar",
)
def test_columns_of_parquet(loader):
    url = loader.put("a", _parquet(id=pyarrow.array([1], pyarrow.int32())))
    loader.run("create table t (id integer, name varchar(5))")
    assert "Spectrum Scan Error" in str(loader.copy_fails(url, "parquet"))
    assert loader.copy(url, "parquet fillrecord") == [(1, None)]


@fact(
    "1.2/15",
    "A string in a Parquet file that is too long for its column fails the COPY with code 15001.",
    Here.SUPPORTED,
    "aws/aws-sdk-pandas#280",
)
def test_long_string_in_parquet(loader):
    url = loader.put("a", _parquet(name=pyarrow.array(["x" * 262])))
    loader.run("create table t (name varchar(256))")
    error = loader.copy_fails(url, "parquet")
    assert (error.sqlstate, error.diag.message_primary) == ("XX000", "Spectrum Scan Error")
    detail = error.diag.message_detail
    assert "code:      15001" in detail
    assert "data column name is longer than the length defined in the table. Table: 256, Data: 262" in detail


@pytest.mark.parametrize(
    ("content", "options"),
    [
        pytest.param(
            b"1|" + b"x" * (4 << 20),
            "truncatecolumns",
            marks=fact("1.2/16", "A row can have up to 4 MB.", Here.SUPPORTED, "r_COPY"),
        ),
        pytest.param(
            b'{"a": 1, "x": "' + b"|" * (2 << 20) + b'"}',
            "json",
            marks=fact(
                "1.2/16 JSON",
                "A JSON object can have up to 4 MB, and each `|` in it counts twice.",
                Here.SUPPORTED,
                "copy-parameters-data-format",
            ),
        ),
        pytest.param(
            b'{"a": 1, "x": "' + b"y" * (4 << 20) + b'"}',
            "json maxerror 10",
            marks=fact(
                "1.2/16 MAXERROR",
                "MAXERROR does not tolerate an object that is too large.",
                Here.SUPPORTED,
                "snowplow/snowplow-rdb-loader#72",
            ),
        ),
    ],
)
def test_largest_row(loader, content, options):
    url = loader.put("a", content)
    loader.run("create table t (a integer, b varchar(5))")
    assert "larger than 4194304 bytes" in str(loader.copy_fails(url, options))


def test_row_of_the_maximum_size(monkeypatch):
    text = b"1|" + b"x" * ((4 << 20) - 2)
    assert read(monkeypatch, text, "truncatecolumns", *TWO) == ([("1", "x" * 50)], [])
    value = b'{"a": 1, "x": "%s"}' % (b"|" * ((2 << 20) - 9))
    assert read(monkeypatch, value, "json", *TWO) == ([("1", r"\N")], [])
