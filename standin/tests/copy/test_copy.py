"""COPY of real objects into a real table."""

from __future__ import annotations

import gzip
import json

import pytest

from standin_support.copy_session import BUCKET, ROLE

ROLE_CLAUSE = f"iam_role '{ROLE}'"


def test_loads_by_name_and_ignores_keys_without_a_column(warehouse):
    url = warehouse.put("a/1.json", {"id": 1, "name": "Björk", "other": True}, {"id": 2})
    warehouse.run("create table t (id integer, name varchar(20))")

    result = warehouse.copy(f"COPY t FROM '{url}' IAM_ROLE DEFAULT FORMAT AS JSON 'auto'")

    assert result.rows == 2
    assert result.notices == ("Load into table 't' completed, 2 record(s) loaded successfully.",)
    assert warehouse.run("select id, name from t order by id") == [(1, "Björk"), (2, None)]


def test_sees_a_temporary_table_of_the_same_transaction(warehouse):
    url = warehouse.put("a/1.json", {"id": 1})
    warehouse.run("create temporary table only_mine (id integer)")
    assert warehouse.copy(f"copy only_mine from '{url}' {ROLE_CLAUSE} json 'auto'").rows == 1


def test_history_is_visible_in_the_transaction_and_once_after_it(warehouse):
    url = warehouse.put("a/1", {"id": 1}, {"id": 2})
    warehouse.run("create table t (id integer)")
    warehouse.commit()
    warehouse.run("set transaction isolation level repeatable read")
    warehouse.copy(f"copy t from '{url}' {ROLE_CLAUSE} json 'auto'")
    history = "select loaded_rows, source_file_count, error_count, trim(status), trim(table_name) from sys_load_history"
    history += " where query_id = pg_last_copy_id()"

    assert warehouse.run(history) == [(2, 1, 0, "completed", "t")]
    assert warehouse.run("select pg_last_copy_count()") == [(2,)]
    warehouse.commit()
    assert warehouse.run(history) == [(2, 1, 0, "completed", "t")]
    loaded = warehouse.run("select trim(filename), lines_scanned from stl_load_commits where query = pg_last_copy_id()")
    assert loaded == [(url, 2)]


def test_line_counts_are_visible_in_the_transaction_and_once_after_it(warehouse):
    urls = [warehouse.put("a/1", {"id": 1}, {"id": 2}), warehouse.put("a/2", {"id": 3}), warehouse.put("a/3")]
    warehouse.run("create table t (id integer)")
    warehouse.commit()
    warehouse.run("set transaction isolation level repeatable read")
    warehouse.copy(f"copy t from 's3://{BUCKET}/a/' {ROLE_CLAUSE} json 'auto'")
    lines = "select trim(file_name), lines_scanned, bytes_scanned from sys_load_detail"
    lines += " where query_id = pg_last_copy_id() order by file_name"

    expected = [(urls[0], 2, 19), (urls[1], 1, 9), (urls[2], 0, 0)]
    assert warehouse.run(lines) == expected
    warehouse.commit()
    assert warehouse.run(lines) == expected


def test_invalid_data_fails_the_load_and_its_reason_survives_the_rollback(warehouse):
    url = warehouse.put("a/1", {"id": 1, "name": "ok"}, {"id": "x1", "name": "bad"}, {"id": 3, "name": "ok"})
    warehouse.run("create table t (id integer, name varchar(10))")
    warehouse.commit()

    error = warehouse.fails(f"copy t from '{url}' {ROLE_CLAUSE} json 'auto'")

    assert str(error) == "Load into table 't' failed.  Check 'stl_load_errors' system table for details."
    assert error.sqlstate == "XX000"
    assert warehouse.run("select count(*) from t") == [(0,)]
    newest = "order by start_time desc limit 1"
    detail = warehouse.run(
        "select trim(file_name), line_number, trim(column_name), trim(column_type), position, error_code,"
        f" trim(error_message) from sys_load_error_detail where session_id = pg_backend_pid() {newest}"
    )
    assert detail == [(url, 2, "id", "int4", 0, 1207, "Invalid digit, Value 'x', Pos 0, Type: Integer")]
    raw = warehouse.run(
        "select raw_line, raw_field_value from stl_load_errors where session = pg_backend_pid() "
        "order by starttime desc limit 1"
    )
    assert [text.rstrip() for text in raw[0]] == ['{"id": "x1", "name": "bad"}', "x1"]
    assert len(raw[0][0]) == 1024
    assert warehouse.run(
        "select trim(status), loaded_rows from sys_load_history where session_id = pg_backend_pid() "
        "order by query_id desc limit 1"
    ) == [("aborted", 0)]


def test_maxerror_tolerates_fewer_errors_than_its_value(warehouse):
    url = warehouse.put("a/1", {"id": 1}, {"id": "x"}, b"{not json", {"id": 4})
    warehouse.run("create table t (id integer)")

    result = warehouse.copy(f"copy t from '{url}' {ROLE_CLAUSE} json 'auto' maxerror 3")

    assert warehouse.run("select id from t order by id") == [(1,), (4,)]
    assert result.notices == (
        "Load into table 't' completed, 2 record(s) loaded successfully.",
        "Load into table 't' completed, 2 record(s) could not be loaded.  Check 'stl_load_errors' system table for "
        "details.",
    )
    rejected = "select line_number, error_code from sys_load_error_detail where query_id = pg_last_copy_id()"
    assert warehouse.run(rejected) == [(2, 1207), (3, 1216)]
    warehouse.commit()
    assert warehouse.run(rejected) == [(2, 1207), (3, 1216)]
    assert "failed" in str(warehouse.fails(f"copy t from '{url}' {ROLE_CLAUSE} json 'auto' maxerror as 2"))


@pytest.mark.parametrize(
    ("paths", "message"),
    [(["$.id", "$.b"], "Number of jsonpaths"), (["$.id", ""], "Invalid JSONPath format")],
)
def test_maxerror_does_not_tolerate_an_invalid_jsonpaths_file(warehouse, paths, message):
    url, paths = warehouse.put("a/1", {"id": 1}), warehouse.put("paths", {"jsonpaths": paths})
    warehouse.run("create table t (id integer)")
    warehouse.commit()
    failure = warehouse.fails(f"copy t from '{url}' {ROLE_CLAUSE} json '{paths}' maxerror 100")
    assert message in str(failure)


def test_truncated_line_does_not_affect_its_neighbors(warehouse):
    url = warehouse.put(
        "a/1", {"id": 1, "name": "a"}, b'{"id": 2, "name": "b', {"id": 3, "name": "}"}, b"}", [5], {"id": 6}
    )
    warehouse.run("create table t (id integer, name varchar(9))")
    warehouse.copy(f"copy t from '{url}' {ROLE_CLAUSE} json 'auto' ignoreallerrors")
    assert warehouse.run("select id from t order by id") == [(1,), (3,), (6,)]
    rejected = "select line_number, error_code, trim(column_name) from sys_load_error_detail"
    rejected += " where query_id = pg_last_copy_id()"
    assert warehouse.run(rejected) == [(2, 1216, ""), (4, 1216, ""), (5, 1216, "")]


def test_error_about_invalid_utf8_is_recorded(warehouse):
    url = warehouse.put("a/1", b'{"id": "\xe4"}', b'{"id": "\\u0000"}')
    warehouse.run("create table t (id integer)")
    warehouse.copy(f"copy t from '{url}' {ROLE_CLAUSE} json 'auto' ignoreallerrors")
    rejected = "select line_number, error_code from sys_load_error_detail where query_id = pg_last_copy_id()"
    assert warehouse.run(rejected) == [(1, 1207), (2, 1207)]


@pytest.mark.parametrize("content", [b"", b"\n", b" \n\n"])
def test_object_without_records_loads_no_rows(warehouse, content):
    url = warehouse.put("a/1", content)
    warehouse.run("create table t (id integer)")
    assert warehouse.copy(f"copy t from '{url}' {ROLE_CLAUSE} json 'auto'").rows == 0


def test_truncated_object_is_named_and_nothing_is_loaded(warehouse):
    whole = warehouse.put("a/1.gz", {"id": 1}, compress=True)
    cut = warehouse.put("a/2.gz", gzip.compress(b'{"id": 2}\n' * 100)[:-9])
    warehouse.run("create table t (id integer)")
    warehouse.commit()
    failure = warehouse.fails(f"copy t from 's3://{BUCKET}/a/' {ROLE_CLAUSE} gzip json 'auto' maxerror 100")
    assert str(failure) == "failed to inflate with gzip: unexpected end of file."
    assert f"S3 key being read : {cut}" in failure.detail
    assert whole not in failure.detail
    assert warehouse.run("select count(*) from t") == [(0,)]


def test_unreadable_object_is_named(warehouse):
    readable, secret = warehouse.put("a/1", {"id": 1}), warehouse.put("a/2", {"id": 2})
    manifest = warehouse.put("manifest", {"entries": [{"url": url, "mandatory": True} for url in (readable, secret)]})
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/a/2"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    warehouse.iam.put_role_policy(RoleName="copy", PolicyName="deny", PolicyDocument=policy)
    warehouse.run("create table t (id integer)")
    try:
        failure = warehouse.fails(f"copy t from '{manifest}' {ROLE_CLAUSE} manifest json 'auto' maxerror 100")
    finally:
        warehouse.iam.delete_role_policy(RoleName="copy", PolicyName="deny")
    assert "S3ServiceException:Access Denied,Status 403,Error AccessDenied" in str(failure)
    assert f"S3 key being read : {secret}" in failure.detail


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (
            "no-such-bucket/a",
            "",
            "S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket",
        ),
        (f"{BUCKET}/m", "manifest region 'eu-west-1'", "Status 301,Error PermanentRedirect"),
        (f"{BUCKET}/m", "gzip", "failed to inflate with gzip: incorrect data."),
    ],
)
def test_s3_error_fails_the_copy(warehouse, source, options, message):
    warehouse.put("m", {"entries": [{"url": f"s3://{BUCKET}/gone", "mandatory": True}]})
    warehouse.run("create table t (id integer)")
    assert message in str(warehouse.fails(f"copy t from 's3://{source}' {ROLE_CLAUSE} json 'auto' {options}"))


def test_role_needs_trust_permission_and_association(warehouse):
    url = warehouse.put("a/1", {"id": 1})
    warehouse.run("create table t (id integer)")
    warehouse.commit()
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    }
    arn = warehouse.iam.create_role(RoleName="late", AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    statement = f"copy t from '{url}' iam_role '{arn}' json 'auto'"

    not_attached = warehouse.fails(statement)
    assert f"is not authorized to assume IAM Role {arn}" in str(not_attached)
    assert "Associate" in not_attached.hint
    warehouse.redshift.modify_cluster_iam_roles(ClusterIdentifier="shop", AddIamRoles=[arn])
    assert "trust policy" in warehouse.fails(statement).hint
    document["Statement"]["Principal"] = {"Service": ["redshift.amazonaws.com"]}
    warehouse.iam.update_assume_role_policy(RoleName="late", PolicyDocument=json.dumps(document))
    assert "S3ServiceException:Access Denied,Status 403,Error AccessDenied" in str(warehouse.fails(statement))

    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": f"arn:aws:s3:::{BUCKET}",
                "Condition": {"StringLike": {"s3:prefix": ["a/*"]}},
            },
            {"Effect": "Allow", "Action": ["s3:Get*"], "Resource": f"arn:aws:s3:::{BUCKET}/a/*"},
        ],
    }
    warehouse.iam.put_role_policy(RoleName="late", PolicyName="read", PolicyDocument=json.dumps(policy))
    assert warehouse.copy(statement).rows == 1
    warehouse.put("b/1", {"id": 1})
    denied = warehouse.fails(f"copy t from 's3://{BUCKET}/b/' iam_role '{arn}' json 'auto'")
    assert "Access Denied" in str(denied)
    policy["Statement"].append({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    warehouse.iam.put_role_policy(RoleName="late", PolicyName="read", PolicyDocument=json.dumps(policy))
    assert "Access Denied" in str(warehouse.fails(statement))


def test_cancelled_copy_loads_nothing(warehouse):
    # At least two pieces: the cancellation is checked between them.
    url = warehouse.put("a", *[{"id": number, "pad": "x" * 1000} for number in range(2500)])
    warehouse.run("create table t (id integer)")
    warehouse.commit()
    warehouse.backend.cancelled = True

    error = warehouse.fails(f"copy t from '{url}' {ROLE_CLAUSE} json 'auto'")

    assert error.sqlstate == "57014"
    assert warehouse.backend.pieces == 0
    assert warehouse.run("select count(*) from t") == [(0,)]


@pytest.mark.long("COPY of thousands of objects")
def test_fifteen_thousand_objects_by_a_manifest(warehouse, clients):
    from moto.s3.models import FakeKey

    from redshift_standin.aws.s3.model import buckets

    keys = buckets()[BUCKET].keys
    entries = []
    for number in range(15_000):
        name = f"many/{number:05}.json"
        keys.setlist(name, [FakeKey(name, b'{"id": %d}' % number, "123456789012", "us-west-2", bucket_name=BUCKET)])
        entries.append({"url": f"s3://{BUCKET}/{name}", "mandatory": True})
    manifest = warehouse.put("manifest", {"entries": entries})
    warehouse.run("create table t (id integer)")
    result = warehouse.copy(f"copy t from '{manifest}' {ROLE_CLAUSE} manifest json 'auto'")
    assert result.rows == 15_000
    assert warehouse.run("select count(distinct id), min(id), max(id) from t") == [(15_000, 0, 14_999)]
    for entry in entries:
        keys.pop(entry["url"].removeprefix(f"s3://{BUCKET}/"))
