"""Section 1.7: functions and system views about a COPY."""

from __future__ import annotations

import pytest

from standin_support.facts import Here, fact
from standin_support.whole import BUCKET

COUNT, IDENTIFIER = "PG_LAST_COPY_COUNT", "PG_LAST_COPY_ID"
LAST = "where query_id = pg_last_copy_id()"


def _count(loader):
    return loader.run("select pg_last_copy_count()")[0][0]


def _identifier(loader):
    return loader.run("select pg_last_copy_id()")[0][0]


@fact("1.7/45", "pg_last_copy_count() is 0 before a session's first COPY.", Here.SUPPORTED, COUNT)
def test_last_copy_count_before_the_first_copy(loader):
    assert _count(loader) == 0


@fact("1.7/45 rows", "It is the number of rows that the session's last COPY loaded.", Here.SUPPORTED, COUNT)
def test_last_copy_count(loader):
    loader.run("create table t (id integer)")
    loader.copy(loader.put("a", "1\n2\nx\n"), "maxerror 5")
    assert _count(loader) == 2
    assert _count(loader.as_user("guest")) == 0


@fact("1.7/45 failed", "It is 0 after a COPY that failed while loading.", Here.SUPPORTED, COUNT)
def test_last_copy_count_after_invalid_data(loader):
    loader.run("create table t (id integer)")
    loader.copy(loader.put("a", "1\n2\n"))
    loader.copy_fails(loader.put("b", "x\n"))
    assert _count(loader) == 0


@fact(
    "1.7/45 syntax",
    "A COPY with a syntax error or a missing privilege does not change it.",
    Here.SUPPORTED,
    COUNT,
)
def test_last_copy_count_after_an_invalid_statement(loader):
    loader.run("create table t (id integer)")
    url = loader.put("a", "1\n2\n")
    loader.copy(url)
    loader.copy_fails(url, "frobnicate")
    loader.copy_fails(url, table="nothing")
    assert _count(loader) == 2


@fact("1.7/46", "pg_last_copy_id() is -1 before a session's first COPY.", Here.SUPPORTED, IDENTIFIER)
def test_last_copy_id_before_the_first_copy(loader):
    assert _identifier(loader) == -1


@fact("1.7/46 set", "It is set as soon as a COPY begins to load, even if the data is bad.", Here.SUPPORTED, IDENTIFIER)
def test_last_copy_id(loader):
    loader.run("create table t (id integer)")
    loader.copy(loader.put("a", "1\n"))
    first = _identifier(loader)
    loader.copy_fails(loader.put("b", "x\n"))
    assert 0 < first < _identifier(loader)


@fact("1.7/46 not set", "A syntax error or an error from S3 does not change it.", Here.SUPPORTED, IDENTIFIER)
def test_last_copy_id_after_a_refused_copy(loader):
    loader.run("create table t (id integer)")
    url = loader.put("a", "1\n")
    loader.copy(url)
    first = _identifier(loader)
    loader.copy_fails(url, "frobnicate")
    loader.copy_fails(f"s3://{BUCKET}/none")
    assert _identifier(loader) == first


@pytest.mark.parametrize(
    ("view", "columns"),
    [
        pytest.param(
            "stl_load_errors",
            "userid slice tbl starttime session query filename line_number colname type col_length position raw_line "
            "raw_field_value err_code err_reason is_partial start_offset copy_job_id",
            marks=fact("1.7/47", "The columns of STL_LOAD_ERRORS.", Here.SUPPORTED, "r_STL_LOAD_ERRORS"),
        ),
        pytest.param(
            "sys_load_error_detail",
            "user_id query_id transaction_id session_id database_name table_id start_time file_name line_number "
            "column_name column_type column_length position error_code error_message",
            marks=fact("1.7/48", "The columns of SYS_LOAD_ERROR_DETAIL.", Here.SUPPORTED, "SYS_LOAD_ERROR_DETAIL"),
        ),
        pytest.param(
            "stl_load_commits",
            "userid query slice name filename byte_offset lines_scanned errors curtime status file_format is_partial "
            "start_offset copy_job_id",
            marks=fact("1.7/50", "The columns of STL_LOAD_COMMITS.", Here.SUPPORTED, "r_STL_LOAD_COMMITS"),
        ),
        pytest.param(
            "sys_load_detail",
            "user_id query_id file_name bytes_scanned lines_scanned record_time splits_scanned start_time end_time "
            "file_etag file_last_modified",
            marks=fact("1.7/51", "The columns of SYS_LOAD_DETAIL.", Here.SUPPORTED, "SYS_LOAD_DETAIL"),
        ),
        pytest.param(
            "sys_load_history",
            "user_id query_id transaction_id session_id database_name status table_name start_time end_time duration "
            "data_source file_format loaded_rows loaded_bytes source_file_count source_file_bytes file_count_scanned "
            "file_bytes_scanned error_count copy_job_id",
            marks=fact("1.7/51 history", "The columns of SYS_LOAD_HISTORY.", Here.SUPPORTED, "SYS_LOAD_HISTORY"),
        ),
    ],
)
def test_columns(loader, view, columns):
    described = loader.connection.execute(f"select * from {view} where 1 = 0").description
    assert [column.name for column in described] == columns.split()


@fact(
    "1.7/47 row",
    "An invalid row is listed with its file, line, column, text and reason, padded with blanks.",
    Here.SUPPORTED,
    "r_STL_LOAD_ERRORS",
)
def test_load_error_row(loader):
    loader.run("create table t (id integer, name varchar(5))")
    url = loader.put("a", "1|a\n2x|b\n")
    loader.copy_fails(url)
    row = loader.run(
        "select filename, line_number, colname, type, raw_line, raw_field_value, err_code, err_reason "
        "from stl_load_errors where query = pg_last_copy_id()"
    )[0]
    assert [value.rstrip() if isinstance(value, str) else value for value in row] == [
        url, 2, "id", "int4", "2x|b", "2x", 1207, "Invalid digit, Value 'x', Pos 1, Type: Integer",
    ]  # fmt: skip
    assert [len(row[index]) for index in (0, 2, 3, 4, 5, 7)] == [256, 127, 10, 1024, 1024, 100]


@fact("1.7/47 JSON", "The line of a JSON object is the line on which it ends.", Here.SUPPORTED, "r_STL_LOAD_ERRORS")
def test_line_number_of_a_json_object(loader):
    loader.run("create table t (id integer)")
    loader.copy_fails(loader.put("a", '{"id": 1}\n{\n"id": "x"\n}\n'), "json 'auto'")
    assert loader.run("select line_number from stl_load_errors where query = pg_last_copy_id()") == [(4,)]


@fact("1.7/47 slice", "Which slice loads a file. The stand-in assigns files in turn.", Here.UNKNOWN, "no source")
def test_slices(loader):
    loader.run("create table t (id integer)")
    for number in range(3):
        loader.put(f"a/{number}", "1\n")
    loader.copy(f"s3://{BUCKET}/a/")
    # ra3.large has two slices.
    assert loader.run("select slice from stl_load_commits where query = pg_last_copy_id() order by filename") == [
        (0,),
        (1,),
        (0,),
    ]


@fact("1.7/49", "STL_LOADERROR_DETAIL has the values of an invalid row.", Here.REFUSED, "r_STL_LOADERROR_DETAIL")
def test_values_of_an_invalid_row(loader):
    assert loader.fails("select * from stl_loaderror_detail").sqlstate == "42P01"


@fact(
    "1.7/49 STL_REPLACEMENTS",
    "STL_REPLACEMENTS lists the rows in which ACCEPTINVCHARS replaced something.",
    Here.SUPPORTED,
    "r_STL_REPLACEMENTS",
)
def test_replacements(loader):
    loader.run("create table t (id integer, name varchar(5))")
    url = loader.put("a", b"1|a\n2|b\xe4\n")
    loader.copy(url, "acceptinvchars")
    assert loader.run(
        "select trim(filename), line_number, trim(colname) from stl_replacements where query = pg_last_copy_id()"
    ) == [(url, 2, "name")]


@fact(
    "1.7/50 files", "STL_LOAD_COMMITS lists each file with its lines and errors.", Here.SUPPORTED, "r_STL_LOAD_COMMITS"
)
def test_files(loader):
    loader.run("create table t (id integer)")
    url = loader.put("a", "1\nx\n")
    loader.copy(url, "maxerror 5")
    assert loader.run(
        "select userid = (select usesysid from pg_user where usename = 'awsuser'), trim(filename), lines_scanned, "
        "errors, status, trim(file_format) from stl_load_commits where query = pg_last_copy_id()"
    ) == [(True, url, 2, 1, 1, "TEXT")]


@fact("1.7/50 rollback", "A row in it does not mean that the COPY was committed.", Here.SUPPORTED, "r_STL_LOAD_COMMITS")
def test_files_after_a_rollback(loader):
    loader.run("create table t (id integer)")
    url = loader.put("rolled-back", "1\n")
    loader.run("begin", f"copy t from '{url}' iam_role default", "rollback")
    assert loader.run("select count(*) from t") == [(0,)]
    assert loader.run(f"select trim(filename) from stl_load_commits where filename = '{url}'") == [(url,)]


@fact(
    "1.7/51 object",
    "SYS_LOAD_DETAIL has the ETag and the modification time of each object.",
    Here.SUPPORTED,
    "SYS_LOAD_DETAIL",
)
def test_objects(loader):
    loader.run("create table t (id integer)")
    loader.copy(loader.put("a", "1\n"))
    head = loader.whole.client("s3").head_object(Bucket=BUCKET, Key="a")
    etag, modified, size, lines = loader.run(
        f"select trim(file_etag), file_last_modified, bytes_scanned, lines_scanned from sys_load_detail {LAST}"
    )[0]
    assert etag == head["ETag"].strip('"')
    assert modified.replace(microsecond=0) == head["LastModified"].replace(tzinfo=None)
    assert (size, lines) == (2, 1)


@fact("1.7/51 COPY", "SYS_LOAD_HISTORY has a row for each COPY.", Here.SUPPORTED, "SYS_LOAD_HISTORY")
def test_history(loader):
    loader.run("create table t (id integer)")
    loader.put("a/1", "1\n2\n")
    loader.put("a/2", "3\n")
    loader.copy(f"s3://{BUCKET}/a/")
    assert loader.run(
        "select trim(status), trim(table_name), trim(data_source), trim(file_format), loaded_rows, source_file_count, "
        f"source_file_bytes, error_count, session_id = pg_backend_pid(), duration > 0 from sys_load_history {LAST}"
    ) == [("completed", "t", f"s3://{BUCKET}/a/", "TEXT", 3, 2, 6, 0, True, True)]


@fact("1.7/51 aborted", "A failed COPY has the status `aborted`.", Here.SUPPORTED, "SYS_LOAD_HISTORY")
def test_history_of_a_failed_copy(loader):
    loader.run("create table t (id integer)")
    loader.copy_fails(loader.put("a", "x\n"))
    assert loader.run(f"select trim(status), loaded_rows from sys_load_history {LAST}") == [("aborted", 0)]


@fact("1.7/51 running", "A COPY has the status `running` until it ends.", Here.DIFFERS, "SYS_LOAD_HISTORY")
def test_history_of_a_running_copy(loader):
    assert loader.run("select count(*) from sys_load_history where status = 'running'") == [(0,)]


VIEWS = (
    "sys_load_history",
    "sys_load_detail",
    "sys_load_error_detail",
    "stl_load_errors",
    "stl_load_commits",
    "stl_replacements",
)


@fact(
    "1.7/52",
    "Regular users see only their own rows.",
    Here.SUPPORTED,
    "c_visibility-of-data",
)
def test_visibility(loader):
    loader.run("create table t (id integer, name varchar(5))")
    guest, stranger = loader.as_user("guest"), loader.as_user("stranger")
    loader.run("grant insert on t to guest")
    url = loader.put("a", b"1|a\nx|b\n2|\xe4\n")
    guest.run(f"copy t from '{url}' iam_role default maxerror 5 acceptinvchars")
    query = guest.run("select pg_last_copy_id()")[0][0]
    column = {view: "query" if view.startswith("stl") else "query_id" for view in VIEWS}
    for view in VIEWS:
        question = f"select count(*) from {view} where {column[view]} = {query}"
        assert guest.run(question) == [(1,)], view
        assert loader.run(question) == [(1,)], view
        assert stranger.run(question) == [(0,)], view
        assert stranger.run(f"select count(*) from {view}") == [(0,)], view
    assert stranger.fails("select count(*) from standin.load_history").sqlstate == "3F000"


@fact("1.7/52 queries", "The same applies to the query history.", Here.SUPPORTED, "c_visibility-of-data")
def test_visibility_of_queries(loader):
    loader.run("create table t (id integer)", "select * from t")
    guest, reader = loader.as_user("guest"), loader.whole.psycopg()
    for view, session in (("sys_query_history", "session_id"), ("stl_query", "pid")):
        question = f"select count(*) > 0 from {view} where {session} = {loader.connection.info.backend_pid}"
        assert reader.execute(question).fetchone() == (True,)
        assert guest.run(question) == [(False,)]


@fact("1.7/52 rollback", "Load errors remain when their COPY is rolled back.", Here.SUPPORTED, "no source")
def test_load_errors_survive_a_rollback(loader):
    loader.run("create table t (id integer)")
    url = loader.put("a", "x\n")
    loader.run("begin")
    loader.copy_fails(url)
    # Until the COPY ends, its session cannot run a query.
    assert loader.fails("select * from stl_load_errors").sqlstate == "25P02"
    loader.run("rollback")
    assert loader.run("select err_code from stl_load_errors where query = pg_last_copy_id()") == [(1207,)]
