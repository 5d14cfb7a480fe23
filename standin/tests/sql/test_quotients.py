"""The scales of quotients, computed by hand from the AWS page "Computations with numeric values"."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from redshift_standin.sql.statement import split_statements
from redshift_standin.sql.translate import translate

TABLES = (
    "create temp table t (i int, s smallint, b bigint, f float8, d decimal(8, 2), e decimal(8, 2), k decimal(8, 7))",
    "insert into t values (2, 2, 7, 3, 2, 3, 3)",
    "create temp table u (i integer, m decimal(5, 1), d decimal(9, 3))",
    "insert into u values (2, 4, 5)",
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # (8,2) by (8,2) is (17,9), (8,2) by (8,7) has four digits at least
        ("d / e", "0.666666666"),
        ("-d / e", "-0.666666666"),
        ("d / -e", "-0.666666666"),
        ("1 + d / e", "1.666666666"),
        ("'x' || d / e", "x0.666666666"),
        ("d / k", "0.6666"),
        # a quotient of (17,9) by (8,2) has 9 + 8 - 2 + 1 digits, and a sum of (9,2) 2 + 8 - 7 + 1
        ("d / e / e", "0.2222222220000000"),
        ("(d + e) / k", "1.6666"),
        # a product of (17,4) by (8,2)
        ("d * e / e", "2.00000000000"),
        # integers are (5,0), (10,0) and (19,0)
        ("d / s", "1.00000000"),
        ("d / i", "1.0000000000000"),
        ("d / 3", "0.6666666666666"),
        ("d / 3000000000 * 1000000000", "0.6666666666666000000000"),
        ("i / e", "0.6666666"),
        ("(i * 2) / e", "1.3333333"),
        ("i / s / e", "0.3333333"),
        # beyond 38 digits: (8,2) by (19,0) is 28 with 22, (19,0) by (19,0) is 38 with 19
        ("d / b", "0.2857142857142857142857"),
        ("2::decimal(19, 0) / 3::decimal(19, 0)", "0.6666666666666666666"),
        ("2::decimal(19, 2) / (1::decimal(19, 0) / 3::bigint)", "6.0000"),
        ("cast(2 as decimal(9, 3)) / cast(3 as decimal(4, 1))", "0.6666666"),
        # aggregates: a sum and an average are (38,2)
        ("sum(d) / sum(e)", "0.6666"),
        ("sum(d) / count(*)", "2.0000"),
        ("max(d) / min(e)", "0.666666666"),
        ("avg(d) / nullif(max(e), 0)", "0.6666"),
        ("sum(i) / max(e)", "0.6666666"),
        ("sum(d) over () / count(*) over ()", "2.0000"),
        # in any clause
        ("cast(d / e as decimal(10, 4))", "0.6667"),
        ("round(d / e, 3)", "0.667"),
        ("case when d / e > 0.5 then d / e else 0 end", "0.666666666"),
        ("(select d / m from u)", "1.25000000"),
        ("(select max(m) / 3 from u)", "1.333333333333"),
        ("case d / e when 0.666666666 then 'equal' else 'different' end", "equal"),
        ("not d / e = 0.666666666", "False"),
        ("@ d / e", "0.666666666"),
        # a sign belongs to its factor, and products and quotients are computed from left to right
        ("d / +e", "0.666666666"),
        ("d / - -e", "0.666666666"),
        ("i * -b / s", "-7"),
        ("20 % -3 / 2", "1"),
        ("20 / +3 / 2", "3"),
        ("20 / - -3 / 2", "3"),
        ("i ^ -s / 2", "0.125"),
        # other types than DECIMAL
        ("i / s", "1"),
        ("b / 2", "3"),
        ("f / 2", "1.5"),
        ("sum(i) / count(*)", "2"),
        ("d / f", "0.666666666666667"),
    ],
)
def test_scales(ask, expression, expected):
    ((value,),) = ask(*TABLES, f"select {expression} from t")
    assert str(value) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select t.d / m from t join u on t.i = u.i", "0.5000000"),
        ("select e / m from t, u x", "0.7500000"),
        ("select x.d / x.d from t x, u y", "1.000000000"),
        ("select y.d / y.d from t x, u as y", "1.0000000000"),
        ("select sum(q) from (select d / e as q from t) x", "0.666666666"),
        ("select d / e from t union all select 1 where false", "0.666666666"),
        ("select top 1 d / e from t", "0.666666666"),
        ("select d / e as q from t x qualify row_number() over (order by d / e) = 1", "0.666666666"),
        ("select d / e from t group by d / e having d / e > 0 order by d / e", "0.666666666"),
        ("with x as (select d / e as q from t) select q from x", "0.666666666"),
    ],
)
def test_columns_of_the_tables_of_their_select(ask, query, expected):
    rows = ask(*TABLES, query)
    assert [str(value) for (value,) in rows] == [expected]


POSTGRES = "0.66666666666666666667"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select 2.00 / 3", POSTGRES),
        ("select d / e from (select d, e from t) x", POSTGRES),
        ("with x as (select d, e from t) select d / e from x", POSTGRES),
        ("select d / k from t as x (i, s, b, f, d, k, e)", POSTGRES),
        ("select abs(d) / e from t", POSTGRES),
        ("select d % e / e from t", POSTGRES),
        ("select case i when 2 then d end / e from t", POSTGRES),
    ],
)
def test_types_that_are_not_known(ask, query, expected):
    ((value,),) = ask(*TABLES, query)
    assert str(value) == expected


def test_quotient_is_truncated_and_never_rounded(ask):
    """The product of these is one less than 10^18, so their quotients are just below a whole number."""
    ((value,),) = ask("select 999999999999999999::decimal(18, 0) / (1000000000000000000::decimal(19, 0))")
    assert value == Decimal("0.999999999999999999")
    ((value,),) = ask(f"select {'9' * 37}::decimal(37, 0) / 1{'0' * 37}::decimal(38, 0)")
    assert str(value) == "0.9999"


def test_quotients_are_written_to_tables_and_views(session):
    with session.transaction(force_rollback=True):
        for statement in TABLES:
            session.execute(statement.replace("temp ", ""))
        session.execute("create view v as select i, d / e as q from t")
        session.execute("create table made as select i, d / e as q from t")
        session.execute("insert into u (i, d) select 3, d / k from t")
        rows = session.execute("select v.q, made.q, u.d from v join made on v.i = made.i join u on u.i = 3").fetchall()
        assert [str(value) for value in rows[0]] == ["0.666666666", "0.666666666", "0.667"]


def test_column_names_do_not_change(session):
    cursor = session.execute("select 2::decimal(8, 2) / 3, 2::decimal(8, 2) / 3 as q")
    assert [column.name for column in cursor.description] == ["?column?", "q"]


def test_error_position_refers_to_the_text_of_the_client(session):
    with pytest.raises(psycopg.errors.UndefinedColumn) as caught:
        session.execute("select 2::decimal(8, 2) / 3, missing from pg_class")
    assert caught.value.diag.statement_position == "30"


@pytest.mark.parametrize("statement", ["insert into t values (1 / 2)", "select 1", "select $1 / 2", "select '1' / 2"])
def test_expressions_that_need_no_type_are_not_changed(statement):
    (one,) = split_statements(statement)
    assert "standin" not in translate(one).sql
