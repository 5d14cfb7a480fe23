"""What LISTAGG, MEDIAN and PERCENTILE_CONT can be combined with: AWS pages "LISTAGG", "MEDIAN", "PERCENTILE_CONT"."""

from __future__ import annotations

import pytest

from redshift_standin.errors import WarehouseError
from redshift_standin.sql.statement import split_statements
from redshift_standin.sql.translate import translate

BY_A, BY_B = "within group (order by a)", "within group (order by b)"


@pytest.mark.parametrize(
    "query",
    [
        f"select listagg(x) {BY_A}, listagg(y, ',') {BY_A} from t",
        f"select listagg(x) {BY_A}, listagg(y) from t",
        f"select listagg(x) {BY_A}, median(a), percentile_cont(0.1) {BY_A} from t",
        f"select listagg(x) {BY_A}, (select listagg(x) {BY_B} from u) from t",
        f"select listagg(x) {BY_A} from t union all select listagg(x) {BY_B} from t",
        f"with q as (select listagg(x) {BY_A} as l from t) select l, listagg(x) {BY_B} from q group by l",
        f"select listagg(x) {BY_A}, q.n from t join (select count(distinct a) as n from u) q on true group by q.n",
        f"select listagg(distinct a) {BY_A}, count(a) from t",
        f"insert into u select listagg(x) {BY_A} from t",
        "select median from t",
        "select extract(day from d) as median",
    ],
)
def test_compatible_aggregates(query):
    (statement,) = split_statements(query)
    assert translate(statement).sql


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (f"select listagg(x) {BY_A}, listagg(y) {BY_B} from t", "must be the same"),
        ("select median(a), median(b) from t", "must be the same"),
        (f"select g, listagg(x) {BY_A} from t group by g having median(b) > 1", "must be the same"),
        (f"create view v as select listagg(x) {BY_A}, median(b) from t", "must be the same"),
        (f"select 1 from t where a in (select median(a) + percentile_cont(0.5) {BY_B} from u)", "must be the same"),
        ("select count(distinct a), median(a) from t", "distinct aggregate"),
        ("select median(a) from t group by b having sum(distinct a) > 1", "distinct aggregate"),
        ("select median(1)", "at least one user created table"),
        ("select listagg(extract(day from sysdate))", "at least one user created table"),
    ],
)
def test_incompatible_aggregates(query, message):
    (statement,) = split_statements(query)
    with pytest.raises(WarehouseError, match=message):
        translate(statement)
