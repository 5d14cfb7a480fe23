"""Section 5, facts 21 to 32: hashes, queries, types. More is in ../sql/test_values.py and test_queries.py."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from standin_support.checks import (
    DIFFERS,
    NO_SOURCE,
    NOT_HERE,
    REFUSED,
    SUPPORTED,
    UNKNOWN,
    Fails,
    case,
    check,
)
from standin_support.facts import fact


@pytest.mark.parametrize(
    "results",
    [
        case(
            "5/21 MD5",
            "MD5 returns 32 hexadecimal digits.",
            "r_MD5",
            {"md5('Amazon Redshift')": "f7415e33f972c03abd4f3fed36748f7a"},
        ),
        case(
            "5/21 SHA1",
            "SHA, SHA1 and FUNC_SHA1 return 40 hexadecimal digits.",
            "SHA1",
            {f"{name}('abc')": "a9993e364706816aba3e25717850c26c9cd0d89d" for name in ("sha", "sha1", "func_sha1")},
        ),
        case(
            "5/21 SHA2",
            "SHA2 accepts 0, 224, 256, 384 or 512 bits, and returns an empty string for other values.",
            "SHA2",
            {
                "sha2('abc', 256)": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "sha2('abc', 0) = sha2('abc', 256)": True,
                "len(sha2('abc', 224))": 56,
                "len(sha2('abc', 384))": 96,
                "len(sha2('abc', 512))": 128,
                "sha2('abc', 128)": "",
            },
        ),
        case(
            "5/21 FNV_HASH",
            "FNV_HASH differs between an INTEGER and a BIGINT, and accepts a seed.",
            "r_FNV_HASH",
            {
                "fnv_hash(1)": -5968735742475085980,
                "fnv_hash(1::bigint)": -8517097267634966620,
                "fnv_hash('Amazon Redshift')": 7783490368944507294,
                "fnv_hash('Amazon Redshift', fnv_hash(1))": -2202602717770968555,
            },
        ),
        case(
            "5/21 FARMFINGERPRINT64",
            "FARMFINGERPRINT64 returns a BIGINT.",
            "r_FARMFINGERPRINT64",
            {"farmfingerprint64('abc')": NOT_HERE},
            REFUSED,
        ),
        case(
            "5/21 MD5_DIGEST",
            "MD5_DIGEST returns the MD5 hash as bytes.",
            NO_SOURCE,
            {"md5_digest('abc')": NOT_HERE},
            REFUSED,
        ),
        case(
            "5/22 LISTAGG",
            "LISTAGG ignores NULLs and empty strings.",
            "r_LISTAGG",
            {
                "select listagg(v, ',') within group (order by n) from texts": "a,a  ,b",
                "select listagg(n) within group (order by n desc) from texts": "54321",
                "select listagg(distinct n, ',') within group (order by n) from texts": "1,2,3,4,5",
            },
        ),
        case(
            "5/22 LISTAGG, limit",
            "LISTAGG fails if its result is longer than the maximum VARCHAR.",
            "r_LISTAGG",
            {
                "select listagg(repeat('x', 30000)) from texts": Fails(
                    "Result size exceeds LISTAGG limit", psycopg.errors.InternalError_
                )
            },
        ),
        case(
            "5/22 WITHIN GROUP",
            "All LISTAGG, MEDIAN and PERCENTILE_CONT in one SELECT must have the same WITHIN GROUP order.",
            "r_LISTAGG, r_MEDIAN",
            {
                "select listagg(v) within group (order by n), listagg(n) within group (order by v) from texts": Fails(
                    "within group ORDER BY clauses for aggregate functions must be the same"
                ),
                "select percentile_cont(0.6) within group (order by i), median(b) from numbers": Fails(
                    "within group ORDER BY clauses for aggregate functions must be the same"
                ),
                "select listagg(v) within group (order by n), listagg(n) from texts where n = 1": [("a", "1")],
                "select median(i) = percentile_cont(0.5) within group (order by i) from numbers": True,
            },
        ),
        case(
            "5/22 DISTINCT",
            "LISTAGG, MEDIAN and PERCENTILE_CONT cannot be combined with another DISTINCT aggregate.",
            "r_LISTAGG",
            {
                "select listagg(v), count(distinct n) from texts": Fails("with other distinct aggregate function"),
                "select median(i), (select count(distinct n) from texts) from numbers group by i having i = 1": [
                    (Decimal(1), 5)
                ],
            },
        ),
        case(
            "5/22 STRING_AGG",
            "STRING_AGG is not supported.",
            "c_unsupported-postgresql-functions",
            {"select string_agg(v, ',') from texts": NOT_HERE},
        ),
        case(
            "5/23 APPROXIMATE COUNT",
            "APPROXIMATE COUNT(DISTINCT ..) can be off by two percent. The stand-in's is exact.",
            "r_COUNT",
            {"select approximate count(distinct v) from texts": 3},
            DIFFERS,
        ),
        case(
            "5/23 APPROXIMATE PERCENTILE_DISC",
            "APPROXIMATE PERCENTILE_DISC can be off by half a percent. The stand-in's is exact.",
            "r_APPROXIMATE_PERCENTILE_DISC",
            {"select approximate percentile_disc(0.5) within group (order by i) from numbers": 2},
            DIFFERS,
        ),
        case(
            "5/24 MEDIAN, PERCENTILE_CONT",
            "MEDIAN is PERCENTILE_CONT(0.5).",
            "r_MEDIAN, r_PERCENTILE_CONT",
            {
                "select median(f) from numbers": 2.5,
                "select percentile_cont(0.5) within group (order by f) from numbers": 2.5,
                "select percentile_cont(0.25) within group (order by f) from numbers": 2.0,
            },
        ),
        case(
            "5/24 without a table",
            "MEDIAN, PERCENTILE_CONT and LISTAGG fail in a query that reads no table.",
            "c_SQL_functions_compute_node_only",
            {
                "median(1)": Fails("must be applied on at least one user created table"),
                "listagg('a')": Fails("must be applied on at least one user created table"),
            },
        ),
        case(
            "5/24 of catalog tables",
            "They also fail in a query of catalog tables only.",
            "c_SQL_functions_compute_node_only",
            {"select count(*) from (select median(1) from pg_database) q": 1},
            DIFFERS,
        ),
        case(
            "5/25 QUALIFY",
            "QUALIFY filters rows by window functions. A table name directly before it needs an alias.",
            "r_QUALIFY_clause",
            {
                "select i from numbers x qualify row_number() over (order by i desc) = 1": 4,
                "select i from numbers qualify row_number() over (order by i desc) = 1": Fails(
                    "syntax error", psycopg.errors.SyntaxError
                ),
            },
        ),
        case(
            "5/25 GROUP BY",
            "GROUP BY ALL, GROUPING SETS, ROLLUP and CUBE are supported.",
            "r_GROUP_BY_clause",
            {
                "select i % 2, sum(i) from numbers group by all order by 1": [(0, 6), (1, 1)],
                "select i % 2, sum(i) from numbers group by rollup (1) order by 2": [(1, 1), (0, 6), (None, 7)],
                "select count(*) from (select i, b from numbers group by cube (i, b)) q": 10,
                "select count(*) from (select i, b from numbers group by grouping sets ((i), (b), ())) q": 7,
            },
        ),
        case(
            "5/25 TOP, LIMIT, OFFSET",
            "TOP n, LIMIT and OFFSET are supported.",
            "r_SELECT_list, r_ORDER_BY_clause",
            {
                "select top 2 i from numbers order by i desc": [(4,), (2,)],
                "select i from numbers order by i limit 1 offset 1": 2,
            },
        ),
        case(
            "5/25 EXCLUDE",
            "SELECT * EXCLUDE omits columns.",
            "r_SELECT_list",
            {
                "select * exclude b from numbers": NOT_HERE,
                "select * exclude (b, f) from numbers": NOT_HERE,
                "select n.* exclude b from numbers n": NOT_HERE,
            },
            REFUSED,
        ),
        case(
            "5/25 PIVOT, UNPIVOT",
            "PIVOT and UNPIVOT turn rows into columns and back.",
            "r_FROM_clause-pivot-unpivot-examples",
            {
                "select * from (select v, n from texts) pivot (sum(n) for v in ('a', 'b'))": NOT_HERE,
                "select * from (select i, b from numbers) unpivot (n for c in (i, b))": NOT_HERE,
            },
            REFUSED,
        ),
        case(
            "5/26 order of strings",
            "Strings are sorted by byte values.",
            "c_collation_sequences",
            {"'Z' < 'a'": True, "'é' > 'z'": True},
        ),
        case(
            "5/26 ORDER BY a string",
            "ORDER BY does not accept a string literal.",
            "r_ORDER_BY_clause",
            {"select i from numbers order by 'a'": Fails("constant in ORDER BY", psycopg.errors.SyntaxError)},
        ),
    ],
)
def test_hashes_and_queries(session, tables, results):
    check(session, results)


@fact("5/26 order of rows", "Rows without an ORDER BY have no particular order.", SUPPORTED, "r_ORDER_BY_clause")
def test_rows_are_not_returned_in_insertion_order(session, tables):
    rows = session.execute("select i from numbers").fetchall()
    assert rows != [(1,), (2,), (4,)]
    assert sorted(rows) == [(1,), (2,), (4,)]


@pytest.mark.parametrize(
    "results",
    [
        case(
            "5/27 BOOLEAN",
            "BOOLEAN accepts TRUE, FALSE and the strings t, f, 1, 0, yes, no, y, n, true, false.",
            "r_Boolean_type",
            {f"{text}::boolean": True for text in ("true", "'t'", "'1'", "'yes'", "'y'", "'true'")}
            | {f"{text}::boolean": False for text in ("false", "'f'", "'0'", "'no'", "'n'", "'false'")},
        ),
        case(
            "5/27 BOOLEAN and integers",
            "BOOLEAN can be cast to every integer type, and every integer type to BOOLEAN.",
            "r_TRY_CAST",
            {
                "true::smallint": 1,
                "true::int": 1,
                "false::bigint": 0,
                "2::smallint::bool": True,
                "0::int::bool": False,
                "0::bigint::bool": False,
            },
        ),
        case(
            "5/27 BOOLEAN and strings",
            "BOOLEAN cannot be cast to a string.",
            "no page; users' reports of the error",
            {
                "true::varchar": Fails("^cannot cast type boolean to character varying", psycopg.errors.CannotCoerce),
                "select cast(i > 1 as char(5)) from numbers": Fails("cannot cast", psycopg.errors.CannotCoerce),
                "case when true then 'true' else 'false' end": "true",
                "true::int::varchar": "1",
            },
        ),
        case(
            "5/28 SUPER",
            "JSON_PARSE returns a SUPER value. Queries can navigate and unnest it, and JSON_SERIALIZE "
            "converts it to JSON.",
            "JSON_PARSE, query-super",
            {
                "json_parse('{}')": NOT_HERE,
                "json_serialize(null)": NOT_HERE,
                "select v.a[0] from texts": NOT_HERE,
                "create temp table s (a super)": NOT_HERE,
            },
            REFUSED,
        ),
        case(
            "5/28 JSON_EXTRACT_PATH_TEXT",
            "JSON_EXTRACT_PATH_TEXT follows a path of keys in a JSON string.",
            "JSON_EXTRACT_PATH_TEXT",
            {
                """json_extract_path_text('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}', 'f4', 'f6')""": "star",
                """json_extract_path_text('{"f2":', 'f2', true)""": None,
                """json_extract_path_text('{"f2":', 'f2')""": Fails("JSON", psycopg.errors.InternalError_),
            },
        ),
        case(
            "5/28 JSON_EXTRACT_ARRAY_ELEMENT_TEXT",
            "JSON_EXTRACT_ARRAY_ELEMENT_TEXT counts from 0, and returns NULL beyond the end of the array.",
            "JSON_EXTRACT_ARRAY_ELEMENT_TEXT",
            {
                "json_extract_array_element_text('[111,112,113]', 2)": "113",
                """json_extract_array_element_text('["a",["b",1]]', 1)""": '["b",1]',
                "json_extract_array_element_text('[111]', 1)": None,
                "json_extract_array_element_text('[111]', -1)": None,
                """json_extract_array_element_text('["a",["b",1,["c",2,3,null,]]]', 1)""": Fails(
                    "invalid json array object", psycopg.errors.InternalError_
                ),
                """json_extract_array_element_text('["a",["b",1,["c",2,3,null,]]]', 1, true)""": None,
            },
        ),
        case(
            "5/28 IS_VALID_JSON",
            "IS_VALID_JSON is true only for objects, and IS_VALID_JSON_ARRAY only for arrays.",
            "IS_VALID_JSON",
            {
                """is_valid_json('{"a":{"b":{"c":1}}}')""": True,
                "is_valid_json('{{}}')": False,
                """is_valid_json('{1:"a"}')""": False,
                "is_valid_json('[1,2,3]')": False,
                "is_valid_json_array('[1,2,3]')": True,
            },
        ),
        case(
            "5/28 operators of JSON",
            "PostgreSQL's JSON operators are not supported.",
            "c_unsupported-postgresql-datatypes",
            {"'{}' -> 'a'": NOT_HERE, "'{}' ->> 'a'": NOT_HERE},
        ),
        case(
            "5/29 names of types",
            "INT2, INT4, INT8, FLOAT4, FLOAT8, BPCHAR, NVARCHAR and NCHAR are aliases of other types.",
            "c_Supported_data_types",
            {
                "select format_type(atttypid, atttypmod) from pg_attribute where attnum > 0 "
                "and attrelid = (select oid from pg_class where relname = 'aliases') order by attnum": [
                    ("smallint",),
                    ("integer",),
                    ("bigint",),
                    ("real",),
                    ("double precision",),
                    ("double precision",),
                    ("character(256)",),
                    ("character varying(256)",),
                    ("character(1)",),
                    ("character varying(256)",),
                    ("numeric(18,0)",),
                ]
            },
        ),
        case(
            "5/29 DECIMAL",
            "DECIMAL and NUMERIC without a precision are DECIMAL(18,0), which has no fraction.",
            "r_Numeric_types201, tidyverse/dbplyr#1033",
            {
                "7.4::decimal": Decimal(7),
                "7.4::numeric": Decimal(7),
                "1e18::decimal": Fails("overflow", psycopg.errors.NumericValueOutOfRange),
            },
        ),
        case(
            "5/29 DECIMAL, halves",
            "Whether a cast to DECIMAL rounds or truncates: the two reports contradict each other.",
            "lightdash/lightdash#22386, tidyverse/dbplyr#1033",
            {"7.9::decimal": Decimal(8)},
            UNKNOWN,
        ),
        case(
            "5/30 invalid number",
            "On compute nodes, the error for a string that is not a number is 1207, Invalid digit.",
            "databricks/spark-redshift#53",
            {
                "select v::int from texts where v = 'b'": Fails(
                    "^Invalid digit, Value 'b', Pos 0, Type: Integer", psycopg.errors.InternalError_
                ),
                "select v::bigint from texts where v = 'b'": Fails("Type: Long", psycopg.errors.InternalError_),
                "select v::decimal(5, 2) from texts where v = 'b'": Fails(
                    "Type: Decimal", psycopg.errors.InternalError_
                ),
            },
        ),
        case(
            "5/30 invalid number, on the leader node",
            "In a query without a table, the error is PostgreSQL's.",
            NO_SOURCE,
            {"'a'::int": Fails("invalid input syntax", psycopg.errors.InvalidTextRepresentation)},
        ),
        case(
            "5/30 other types",
            "The error for an invalid FLOAT or DATE.",
            NO_SOURCE,
            {
                "select v::float8 from texts where v = 'b'": Fails("invalid input", psycopg.errors.InternalError_),
                "select v::date from texts where v = 'b'": Fails("invalid input", psycopg.errors.InternalError_),
            },
            UNKNOWN,
        ),
        case(
            "5/30 TRY_CAST",
            "TRY_CAST returns NULL where CAST fails.",
            "r_TRY_CAST",
            {
                "try_cast('123' as int)": 123,
                "try_cast('foo' as int)": None,
                "try_cast('1.255' as decimal(4, 2))": Decimal("1.26"),
                "try_cast('1234' as decimal(4, 2))": None,
                "try_cast('2018-02-30' as date)": None,
                "try_cast(100000 as smallint)": None,
                "try_cast('abc' as varchar(2))": "ab",
                "select try_cast(v as int) from texts where n = 5": None,
            },
        ),
        case(
            "5/30 TRY_CAST, types",
            "TRY_CAST fails for types that cannot be cast to each other.",
            "r_TRY_CAST",
            {
                "try_cast(true as timestamp)": Fails("cannot cast type boolean", psycopg.errors.CannotCoerce),
                "try_cast('true' as boolean)": Fails("cannot cast type text", psycopg.errors.CannotCoerce),
            },
        ),
        case(
            "5/31 RANDOM",
            "RANDOM is supported. SETSEED is not.",
            "r_RANDOM, c_unsupported-postgresql-functions",
            {"random() between 0 and 1": True, "setseed(1)": NOT_HERE},
        ),
        case(
            "5/31 GENERATE_SERIES",
            "GENERATE_SERIES runs on the leader node only, and not over tables.",
            "c_unsupported-postgresql-functions",
            {
                "select generate_series(1, 2) order by 1": [(1,), (2,)],
                "select generate_series(1, 2) from numbers": Fails("not supported on Redshift tables"),
            },
        ),
        case(
            "5/31 WITH RECURSIVE",
            "WITH RECURSIVE can generate numbers.",
            "r_WITH_clause",
            {"with recursive n (i) as (select 1 union all select i + 1 from n where i < 3) select sum(i) from n": 6},
        ),
        case(
            "5/32 comments",
            "Comments are written with -- and /* */.",
            "r_SELECT_list",
            {"1 -- one\n + 1": 2, "1 /* one /* two */ */ + 1": 2},
        ),
        case(
            "5/32 dollar quotes",
            "Dollar-quoted strings are not supported in queries.",
            NO_SOURCE,
            {"$$a$$": NOT_HERE},
        ),
        case(
            "5/32 backslashes",
            "A backslash is an escape character in E'' and in ordinary strings.",
            NO_SOURCE,
            {r"e'a\tb'": "a\tb", r"'a\tb'": "a\tb", r"'\\N'": r"\N"},
        ),
    ],
)
def test_types(session, tables, results):
    check(session, results)
