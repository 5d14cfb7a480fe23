"""Section 1.6: the outcome of a COPY, and what its client receives. More of it is in ../copy/test_copy.py."""

from __future__ import annotations

import gzip
import io
import json
import re

import pyarrow
import pytest
from pyarrow import parquet

from redshift_standin.aws.faults import FAULTS
from standin_support.facts import Here, fact
from standin_support.loading import detail_of
from standin_support.whole import BUCKET, allow

MANIFEST = "loading-data-files-using-manifest"
S3 = "copy-parameters-data-source-s3"
S3_ERROR = "s3serviceexception-error"


@fact(
    "1.6/31",
    "A successful COPY sends the INFO: Load into table 'T' completed, N record(s) loaded successfully.",
    Here.SUPPORTED,
    "r_COPY_command_examples",
)
def test_success(loader):
    loader.run("create table t (id integer)")
    loader.copy(loader.put("a", "1\n2\n"))
    assert loader.notices == [("INFO", "Load into table 't' completed, 2 record(s) loaded successfully.")]


@fact(
    "1.6/31 errors",
    "A second INFO has the number of skipped rows, with two spaces before `Check`.",
    Here.SUPPORTED,
    "tutorial-loading-data",
)
def test_tolerated_errors(loader):
    loader.run("create table t (id integer)")
    loader.copy(loader.put("a", "1\nx\n"), "maxerror 5")
    assert loader.notices == [
        ("INFO", "Load into table 't' completed, 1 record(s) loaded successfully."),
        (
            "INFO",
            "Load into table 't' completed, 1 record(s) could not be loaded.  "
            "Check 'stl_load_errors' system table for details.",
        ),
    ]


@fact("1.6/32", "COPY does not report a row count to drivers.", Here.SUPPORTED, "no source")
def test_row_count(loader):
    url = loader.put("a", "1\n")
    loader.run("create table t (id integer)")
    cursor = loader.connection.execute(f"copy t from '{url}' iam_role default")
    assert (cursor.statusmessage, cursor.rowcount) == ("COPY", -1)


@fact(
    "1.6/33",
    "Invalid data fails with XX000: Load into table 'T' failed.  Check 'stl_load_errors' system table for details.",
    Here.SUPPORTED,
    "errors that drivers show",
)
def test_bad_data(loader):
    loader.run("create table t (id integer)")
    error = loader.copy_fails(loader.put("a", "x\n"))
    assert (error.sqlstate, error.diag.message_primary) == (
        "XX000",
        "Load into table 't' failed.  Check 'stl_load_errors' system table for details.",
    )


@fact(
    "1.6/33 place",
    "That error comes from commands_copy.c, CheckMaxRowError.",
    Here.SUPPORTED,
    "errors that drivers show",
)
def test_place_of_bad_data(loader):
    loader.run("create table t (id integer)")
    diagnosis = loader.copy_fails(loader.put("a", "x\n")).diag
    assert diagnosis.source_file.endswith("/commands_copy.c")
    assert diagnosis.source_function == "CheckMaxRowError"


@fact(
    "1.6/34",
    "Redshift Serverless names sys_load_error_detail instead, so clients must match both.",
    Here.DIFFERS,
    "errors that drivers show",
)
def test_pattern_of_bad_data(loader):
    loader.run("create table t (id integer)")
    found = re.search(
        r"Load into table '.*' failed\.\s+Check '(stl_load_errors|sys_load_error_detail)'",
        str(loader.copy_fails(loader.put("a", "x\n"))),
    )
    assert found[1] == "stl_load_errors"


@fact(
    "1.6/35",
    "A prefix without objects fails with XX000: The specified S3 prefix 'KEY' does not exist.",
    Here.SUPPORTED,
    "3scale/apisonator#196",
)
def test_empty_prefix(loader):
    loader.run("create table t (id integer)")
    error = loader.copy_fails(f"s3://{BUCKET}/2017/02/18/11")
    assert (error.sqlstate, error.diag.message_primary) == (
        "XX000",
        "The specified S3 prefix '2017/02/18/11' does not exist",
    )


@fact(
    "1.6/35 detail",
    "Its DETAIL has the lines error, code (8001), context, query, location and process.",
    Here.SUPPORTED,
    "3scale/apisonator#196",
)
def test_detail_of_an_empty_prefix(loader):
    loader.run("create table t (id integer)")
    detail = detail_of(loader.copy_fails(f"s3://{BUCKET}/none"))
    assert detail["error"] == "The specified S3 prefix 'none' does not exist"
    assert (detail["code"], detail["context"], detail["location"].partition(":")[0]) == ("8001", "", "s3_utility.cpp")
    assert re.fullmatch(r"\d+", detail["query"])
    assert re.fullmatch(r"padbmaster \[pid=\d+\]", detail["process"])


@fact(
    "1.6/36",
    "A missing object fails with S3ServiceException, Status 404, NoSuchKey. The error has its URL.",
    Here.SUPPORTED,
    "awslabs/aws-lambda-redshift-loader#73",
)
def test_missing_object(loader):
    gone = f"s3://{BUCKET}/gone"
    manifest = loader.put("m", {"entries": [{"url": gone, "mandatory": True}]})
    loader.run("create table t (id integer)")
    error = loader.copy_fails(manifest, "manifest")
    assert re.fullmatch(
        r"S3ServiceException:The specified key does not exist\.,Status 404,Error NoSuchKey,"
        r"Rid \w+,ExtRid [\w+/=]+,CanRetry 1",
        error.diag.message_primary,
    )
    assert (detail_of(error)["code"], detail_of(error)["context"]) == ("8001", f"S3 key being read : {gone}")


@fact(
    "1.6/37",
    "Missing read access fails with S3ServiceException:Access Denied,Status 403,Error AccessDenied.",
    Here.SUPPORTED,
    S3_ERROR,
)
def test_access_denied(loader):
    url = loader.put("a", "1\n")
    loader.run("create table t (id integer)")
    role = loader.whole.make_role("lister", allow("s3:ListBucket"))
    assert "S3ServiceException:Access Denied,Status 403,Error AccessDenied," in str(
        loader.copy_fails(url, role=f"'{role}'")
    )


@fact(
    "1.6/37 region",
    "A bucket in another region fails with S3ServiceException, Status 301, PermanentRedirect.",
    Here.SUPPORTED,
    S3_ERROR,
)
def test_another_region(loader):
    url = loader.put("a", "1\n")
    loader.run("create table t (id integer)")
    assert re.search(
        "S3ServiceException:The bucket you are attempting to access must be addressed using the specified endpoint.*,"
        "Status 301,Error PermanentRedirect,",
        str(loader.copy_fails(url, "region 'eu-west-1'")),
    )


@fact("1.6/37 key", "A wrong secret key fails with Status 403, SignatureDoesNotMatch.", Here.SUPPORTED, S3_ERROR)
def test_wrong_key(loader):
    url = loader.put("a", "1\n")
    loader.run("create table t (id integer)")
    key = loader.whole.make_user("keyed", allow("s3:*"))["AccessKeyId"]
    error = loader.fails(f"copy t from '{url}' access_key_id '{key}' secret_access_key 'wrong'")
    assert re.search("S3ServiceException:.*,Status 403,Error SignatureDoesNotMatch,", str(error))


@fact(
    "1.6/38",
    "An unreadable manifest fails with: Problem reading manifest file - S3ServiceException:…",
    Here.SUPPORTED,
    "databricks/spark-redshift#136",
)
def test_missing_manifest(loader):
    loader.run("create table t (id integer)")
    assert "Problem reading manifest file - S3ServiceException:The specified key does not exist.,Status 404" in str(
        loader.copy_fails(f"s3://{BUCKET}/m", "manifest")
    )


@fact(
    "1.6/38 path",
    "A prefix instead of a manifest fails with: COPY with MANIFEST parameter requires full path of an S3 object.",
    Here.SUPPORTED,
    "PostHog/posthog#61603",
)
def test_manifest_that_is_a_prefix(loader):
    loader.put("m/1", "1\n")
    loader.run("create table t (id integer)")
    error = loader.copy_fails(f"s3://{BUCKET}/m/", "manifest")
    assert "COPY with MANIFEST parameter requires full path of an S3 object" in str(error)
    assert detail_of(error)["code"] == "8001"


@fact(
    "1.6/38 role",
    "A role without access to the manifest can get the same error.",
    Here.DIFFERS,
    "PostHog/posthog#61603",
)
def test_manifest_without_read_access(loader):
    manifest = loader.put("m", {"entries": []})
    loader.run("create table t (id integer)")
    role = loader.whole.make_role("blind", allow("s3:ListBucket"))
    assert "Problem reading manifest file - S3ServiceException:Access Denied" in str(
        loader.copy_fails(manifest, "manifest", role=f"'{role}'")
    )


@fact(
    "1.6/39",
    "A missing table fails with XX000: Cannot COPY into nonexistent table T. No load error is recorded.",
    Here.SUPPORTED,
    "estuary/connectors#918",
)
def test_missing_table(loader):
    error = loader.copy_fails(loader.put("a", "1\n"), table="nothing")
    assert (error.sqlstate, error.diag.message_primary) == ("XX000", "Cannot COPY into nonexistent table nothing")
    error = loader.copy_fails(loader.put("a", "1\n"), table="public.nothing")
    assert error.diag.message_primary == "Cannot COPY into nonexistent table public.nothing"
    assert loader.run("select count(*) from stl_load_errors where session = pg_backend_pid()") == [(0,)]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(
            option,
            marks=fact(
                f"1.6/40 {option.split()[0].upper() if option else 'text'}",
                "An empty object adds no rows.",
                Here.SUPPORTED,
                "no source",
            ),
        )
        for option in ("", "csv", "json 'auto'")
    ],
)
def test_empty_object(loader, options):
    loader.run("create table t (id integer)")
    assert loader.copy(loader.put("a", b""), options) == []


@fact("1.6/40 PARQUET", "An empty object is not a Parquet file and fails the COPY.", Here.SUPPORTED, "no source")
def test_empty_parquet_object(loader):
    loader.run("create table t (id integer)")
    assert "Spectrum Scan Error" in str(loader.copy_fails(loader.put("a", b""), "parquet"))


@fact("1.6/40 AVRO", "Empty Avro objects are skipped.", Here.SUPPORTED, "cluster-versions, patch 201")
def test_empty_avro_object(loader):
    loader.run("create table t (id integer)")
    assert loader.copy(loader.put("a", b""), "avro 'auto'") == []


@fact("1.6/41", "A prefix with only an empty folder marker loads no rows.", Here.SUPPORTED, "no source")
def test_folder_marker(loader):
    loader.put("a/b/", b"")
    loader.run("create table t (id integer)")
    assert loader.copy(f"s3://{BUCKET}/a/b/", "json 'auto'") == []


def _manifest(loader, *entries: dict, **more) -> str:
    return loader.put("m", {"entries": list(entries), **more})


@fact(
    "1.6/42",
    "A manifest lists the URLs of objects. Objects that are not mandatory can be missing.",
    Here.SUPPORTED,
    MANIFEST,
)
def test_manifest(loader):
    url = loader.put("a", "1\n")
    loader.put("ab", "2\n")
    loader.run("create table t (id integer)")
    manifest = _manifest(loader, {"url": url, "mandatory": True}, {"url": f"s3://{BUCKET}/gone"})
    assert loader.copy(manifest, "manifest") == [(1,)]


@fact("1.6/42 mandatory", "A missing mandatory object fails the COPY.", Here.SUPPORTED, MANIFEST)
def test_mandatory(loader):
    url = loader.put("a", "1\n")
    loader.run("create table t (id integer)")
    manifest = _manifest(loader, {"url": url}, {"url": f"s3://{BUCKET}/gone", "mandatory": True})
    assert "Error NoSuchKey" in str(loader.copy_fails(manifest, "manifest"))


@fact("1.6/42 none", "If all objects are missing, the COPY always fails.", Here.SUPPORTED, MANIFEST)
def test_all_objects_missing(loader):
    loader.run("create table t (id integer)")
    manifest = _manifest(loader, {"url": f"s3://{BUCKET}/gone", "mandatory": False})
    assert "Error NoSuchKey" in str(loader.copy_fails(manifest, "manifest"))


@fact("1.6/42 twice", "An object that is listed twice is loaded twice.", Here.SUPPORTED, MANIFEST)
def test_object_listed_twice(loader):
    url = loader.put("a", "1\n")
    loader.run("create table t (id integer)")
    assert loader.copy(_manifest(loader, {"url": url}, {"url": url}), "manifest") == [(1,), (1,)]


@fact("1.6/42 prefix", "An entry is a full key, not a prefix.", Here.SUPPORTED, MANIFEST)
def test_entry_is_not_a_prefix(loader):
    loader.put("a/1", "1\n")
    loader.run("create table t (id integer)")
    manifest = _manifest(loader, {"url": f"s3://{BUCKET}/a/", "mandatory": True})
    assert "Error NoSuchKey" in str(loader.copy_fails(manifest, "manifest"))


@fact("1.6/42 keys", "Other keys of a manifest are ignored.", Here.SUPPORTED, MANIFEST)
def test_other_keys(loader):
    url = loader.put("a", "1\n")
    loader.run("create table t (id integer)")
    manifest = _manifest(loader, {"url": url, "note": 1, "meta": {"content_length": 2}}, schema={}, author="x")
    assert loader.copy(manifest, "manifest") == [(1,)]


@fact("1.6/42 length", "For Parquet, an entry requires the object's content_length.", Here.SUPPORTED, S3)
def test_length_of_parquet(loader):
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table({"id": pyarrow.array([1], pyarrow.int32())}), buffer)
    url = loader.put("a", buffer.getvalue())
    loader.run("create table t (id integer)")
    assert "content_length" in str(loader.copy_fails(_manifest(loader, {"url": url}), "parquet manifest"))
    entry = {"url": url, "meta": {"content_length": len(buffer.getvalue())}}
    assert loader.copy(_manifest(loader, entry), "parquet manifest") == [(1,)]


@fact("1.6/42 plain", "A manifest is never compressed, even if its files are.", Here.SUPPORTED, MANIFEST)
def test_manifest_is_not_compressed(loader):
    url = loader.put("a.gz", gzip.compress(b"1\n"))
    loader.run("create table t (id integer)")
    assert loader.copy(_manifest(loader, {"url": url}), "manifest gzip") == [(1,)]
    packed = loader.put("m.gz", gzip.compress(json.dumps({"entries": [{"url": url}]}).encode()))
    assert "Problem reading manifest file" in str(loader.copy_fails(packed, "manifest gzip"))


@fact("1.6/43", "COPY retries when S3 does not respond.", Here.DIFFERS, "copy-usage_notes-multiple-files")
def test_outages(loader):
    url = loader.put("a", "1\n")
    loader.run("create table t (id integer)")
    FAULTS.set("copy", "SlowDown", 1)
    try:
        assert "Status 503,Error SlowDown" in str(loader.copy_fails(url))
        assert loader.copy(url) == [(1,)]
    finally:
        FAULTS.clear()


@fact("1.6/44", "A repeated COPY loads the same files again.", Here.SUPPORTED, "r_COPY")
def test_repeated_copy_loads_the_same_files(loader):
    url = loader.put("a", "1\n")
    loader.run("create table t (id integer)")
    loader.copy(url)
    assert loader.copy(url) == [(1,), (1,)]
