"""Section 5, facts 1 to 8: numbers and strings. More of them is in ../sql/test_values.py and test_blanks.py."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from standin_support.checks import (
    DIFFERS,
    NO_SOURCE,
    NOT_HERE,
    UNKNOWN,
    Fails,
    case,
    check,
)


@pytest.mark.parametrize(
    "results",
    [
        case(
            "5/1 quotient of integers", "Integer division truncates.", "r_OPERATOR_SYMBOLS", {"7 / 2": 3, "-7 / 2": -3}
        ),
        case(
            "5/1 AVG of integers",
            "AVG of integers is a truncated BIGINT.",
            "r_AVG",
            {"select avg(i) from numbers": 2, "select avg(-b) from numbers": -2},
        ),
        case(
            "5/1 AVG of DECIMAL",
            "AVG of DECIMAL has the scale of its argument.",
            "r_AVG",
            {
                "select avg(e) from numbers": Decimal("3.50"),
                "select avg(e::decimal(10, 4)) from numbers": Decimal("3.5000"),
            },
        ),
        case(
            "5/1 AVG of DECIMAL, last digit",
            "Whether AVG of DECIMAL rounds or truncates.",
            NO_SOURCE,
            {"select avg(d) from numbers": Decimal("2.22")},
            UNKNOWN,
        ),
        case(
            "5/1 SUM",
            "SUM of integers is a BIGINT. SUM of DECIMAL keeps the scale.",
            "r_SUM",
            {
                "select sum(i) from numbers": 7,
                "select sum(b) from numbers": 7,
                "select sum(d) from numbers": Decimal("6.68"),
                "select sum(f) from numbers": 8.5,
            },
        ),
        case(
            "5/1 SUM, overflow",
            "SUM of BIGINT overflows like a BIGINT.",
            "follows from r_SUM",
            {"select sum(b + 9223372036854775800) from numbers": Fails("out of range", psycopg.errors.InternalError_)},
        ),
        case(
            "5/1 DECIMAL sum and product",
            "A sum of DECIMALs has the larger of the two scales, and a product has their sum.",
            "r_numeric_computations201",
            {
                "select d + e from numbers where i = 1": Decimal("4.10"),
                "select d - 0.125 from numbers where i = 1": Decimal("0.975"),
                "select d * e from numbers where i = 1": Decimal("3.3000"),
                "select d * i from numbers where i = 2": Decimal("4.50"),
            },
        ),
        case(
            "5/1 DECIMAL quotient",
            "The types of both operands determine a quotient's precision and scale: (8,2) divided by (8,2) is (17,9).",
            "r_numeric_computations201",
            {
                "select d / e from numbers where i = 4": Decimal("6.660000000"),
                "select d / i from numbers where i = 4": Decimal("0.8325000000000"),
                "select sum(d) / sum(e) from numbers where i = 4": Decimal("6.6600"),
                "6::decimal(8, 2) / 3::decimal(8, 7)": Decimal("2.0000"),
            },
        ),
        case(
            "5/1 DECIMAL quotient, last digit",
            "Whether a quotient is rounded or truncated.",
            NO_SOURCE,
            {"2::decimal(8, 2) / 3::decimal(8, 2)": Decimal("0.666666666")},
            UNKNOWN,
        ),
        case(
            "5/1 DECIMAL quotient of subqueries",
            "The same applies to columns of subqueries. The stand-in's quotients of these have PostgreSQL's scale.",
            "r_numeric_computations201",
            {"select d / e from (select d, e from numbers where i = 1) q": Decimal("0.36666666666666666667")},
            DIFFERS,
        ),
        case(
            "5/1 DECIMAL literals",
            "The precision of a literal with a decimal point. The stand-in's quotients of it have PostgreSQL's scale.",
            NO_SOURCE,
            {"1.0 / 3": Decimal("0.33333333333333333333")},
            UNKNOWN,
        ),
        case(
            "5/2 INSERT rounds",
            "INSERT rounds a value to the column's scale.",
            "r_INSERT_30",
            {"100.8976::dec(5, 2)": Decimal("100.90"), "1.1::int": 1, "109.652::int": 110},
        ),
        case(
            "5/2 division by zero",
            "Division by zero is an error.",
            "r_numeric_computations201",
            {
                "select i / 0 from numbers": Fails("^Divide by zero", psycopg.errors.InternalError_),
                "select d / (e - e) from numbers": Fails("^Divide by zero", psycopg.errors.InternalError_),
                "1 / 0": Fails("division by zero", psycopg.errors.DivisionByZero),
            },
        ),
        case("5/3 || of NULL", "|| with a NULL is NULL.", "r_concat_op", {"'a' || null": None}),
        case(
            "5/3 CONCAT",
            "CONCAT takes two arguments, and is NULL if either is.",
            "r_CONCAT",
            {
                "concat('a', 'b')": "ab",
                "concat('a', null)": None,
                "concat('a', 'b', 'c')": Fails(r"function concat\(", psycopg.errors.UndefinedFunction),
            },
        ),
        case(
            "5/3 FORMAT, CONCAT_WS",
            "FORMAT and CONCAT_WS are not supported.",
            "c_unsupported-postgresql-functions",
            {"format('x')": NOT_HERE, "concat_ws(',', 'a', 'b')": NOT_HERE},
        ),
        case(
            "5/4 LEN",
            "LEN, LENGTH and CHAR_LENGTH count characters. OCTET_LENGTH counts bytes.",
            "r_LEN",
            {
                "len('français')": 8,
                "length('français')": 8,
                "char_length('français')": 8,
                "octet_length('français')": 9,
            },
        ),
        case(
            "5/4 trailing blanks",
            "LEN counts the trailing blanks of a VARCHAR but not those of a CHAR.",
            "r_LEN",
            {"len('cat   ')": 6, "select len(v), len(c) from texts where n = 2": [(3, 1)]},
        ),
        case(
            "5/5 comparisons",
            "Comparisons, joins, DISTINCT and GROUP BY ignore trailing blanks.",
            "r_Character_types",
            {
                "'a' = 'a  '": True,
                "'a' <> 'a  '": False,
                "'a' < 'a  '": False,
                "select count(*) from texts x join texts y on x.v = y.v where x.n = 2": 2,
                "select count(distinct v) from texts": 3,
                "select count(*) from (select v from texts group by v) q": 4,
                "select len(listagg(distinct v, ',') within group (order by v)) from texts where n <> 2": 3,
            },
        ),
        case(
            "5/5 FNV_HASH",
            "FNV_HASH does not ignore trailing blanks.",
            "r_FNV_HASH",
            {"fnv_hash('a '::varchar(3)) = fnv_hash('a')": False},
        ),
        case(
            "5/6", "The empty string is not NULL.", NO_SOURCE, {"'' is null": False, "len('')": 0, "nvl('', 'x')": ""}
        ),
        case(
            "5/7",
            "CHARINDEX, STRPOS and POSITION count from 1, and return 0 if there is no match.",
            "r_CHARINDEX",
            {
                "charindex('fish', 'dogfish')": 4,
                "strpos('dogfish', 'fish')": 4,
                "position('fish' in 'dogfish')": 4,
                "charindex('cat', 'dogfish')": 0,
            },
        ),
        case(
            "5/8 NVL",
            "NVL accepts any number of arguments. NVL2 returns its second or third argument, depending on the first.",
            "r_NVL_function, r_NVL2",
            {"nvl(null, null, 3)": 3, "nvl2(null, 1, 2)": 2, "nvl2(0, 1, 2)": 1},
        ),
        case(
            "5/8 DECODE",
            "DECODE treats two NULLs as equal.",
            "r_DECODE_expression",
            {
                "decode(2, 1, 'one', 2, 'two', 'many')": "two",
                "decode(null, 1, 'one', null, 'nothing')": "nothing",
                "decode(7, 1, 'one')": None,
            },
        ),
        case(
            "5/8 IS DISTINCT FROM",
            "IS DISTINCT FROM is not supported.",
            "c_unsupported-postgresql-features",
            {"1 is distinct from 2": NOT_HERE, "1 is not distinct from null": NOT_HERE},
        ),
        case(
            "5/8 GREATEST, LEAST",
            "GREATEST and LEAST ignore NULLs.",
            "r_GREATEST_LEAST",
            {"greatest(1, null, 3)": 3, "least(null, 2)": 2, "greatest(null, null)": None},
        ),
    ],
)
def test_numbers_and_strings(session, tables, results):
    check(session, results)
