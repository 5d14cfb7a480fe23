"""The relations that a statement names, and where the name of a common table expression hides one of them."""

from __future__ import annotations

import pytest

from redshift_standin.sql.queries.named_relations import named_relations
from redshift_standin.sql.statement import split_statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1", ""),
        ("select a from t", "t"),
        ("select a from s.t x, u as y join v using (a, b) left join w on x.a = w.a, z", "s.t u v w z"),
        ("select a from (t join u on t.a = u.a), v", "t u v"),
        ("select a from ((t join u on true) join v on true) where a in (select b from w)", "t u v w"),
        ("select a from (select b from t) x, u", "u t"),
        ("select extract(year from d), trim(both from e), substring(f from 1) from t", "t"),
        ("insert into t (a, b) select c, d from u", "t u"),
        ("update t set a = 1, b = u.b from u where t.a = u.a", "t u"),
        ("delete from t using u, v where t.a = u.a", "t u v"),
        (
            "merge into t using u on t.a = u.a when matched then update set a = u.a, b = u.b "
            "when not matched then insert values (u.a, u.b)",
            "t u",
        ),
        ("select a into temp x from t", "x t"),
        # A common table expression is known after its definition, and inside its own query only if it is recursive.
        ("with x as (select a from t) select a from x", "t"),
        ("with x as (select a from x) select a from x", "x"),
        ("with recursive x (a) as (select 1 union all select a from x) select a from x", ""),
        ("with x as (select a from t), y as (select a from x) select a from y, x", "t"),
        ("with y as (select a from x), x as (select 1) select a from x", "x"),
        ("select a from t where exists (with t as (select 1) select 1 from t)", "t"),
        ("select (with t as (select 1 as a) select a from t), a from t", "t"),
        ("with x as (select 1 as a) select a from s.x", "s.x"),
        ("with x as (select 1 as a) (select a from x) union (select a from t)", "t"),
    ],
)
def test_named_relations(text, expected):
    (statement,) = split_statements(text)
    found = [name.replace('"', "") for name in named_relations(statement)]
    assert sorted(found) == sorted(expected.split())
