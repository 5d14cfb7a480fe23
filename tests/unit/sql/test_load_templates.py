"""The branches of the load templates. The golden files have the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from redshift_elt.connection.columns import Columns
from redshift_elt.loading.deduplication import Choice
from redshift_elt.loading.row_scope import EVERYTHING, with_fresh_key, within
from redshift_elt.loading.temporary_tables import TemporaryTables
from redshift_elt.run.period import Calendar
from redshift_elt.sql.render import render

TABLE = "shop.orders"
TEMPORARY = TemporaryTables(TABLE)
COLUMNS = Columns(("id", "at", "name"), frozenset({"name"}))
FIRST, SECOND = (datetime(2018, 1, 1), datetime(2018, 1, 2)), (datetime(2018, 1, 3), datetime(2018, 1, 4))
ONE_DAY, TWO_DAYS = within("at", [FIRST]), within("at", [FIRST, SECOND])


def test_scope_binds_two_values_per_interval():
    assert EVERYTHING.values == with_fresh_key(["id"], TEMPORARY.fresh).values == {}
    assert ONE_DAY.values == {"start_1": FIRST[0], "end_1": FIRST[1]}
    assert TWO_DAYS.values == {**ONE_DAY.values, "start_2": SECOND[0], "end_2": SECOND[1]}


def test_fresh_rows_of_several_intervals_and_the_percent_signs_of_a_select():
    names = {"temporary": TEMPORARY, "columns": COLUMNS, "select": "select '100%s' as name;\n"}
    assert (
        render("load/fill_fresh.sql", scope=TWO_DAYS, **names)
        == """\
insert into "orders__fresh" (
    "id",
    "at",
    "name"
)
select
    "id",
    "at",
    "name"
from (
    select distinct
        "id",
        "at",
        "name",
        len("name") as "length_0"
    from (
select '100%s' as name
    ) as source
    where
        (
            "at" >= %(start_1)s
            and "at" < %(end_1)s
            or "at" >= %(start_2)s
            and "at" < %(end_2)s
        )
) as rows_once"""
    )


def test_fresh_rows_of_a_table_without_strings_for_all_time():
    columns = Columns(("id",), frozenset())
    assert (
        render("load/fill_fresh.sql", temporary=TEMPORARY, columns=columns, scope=EVERYTHING, select="select 1 as id")
        == """\
insert into "orders__fresh" (
    "id"
)
select
    "id"
from (
    select distinct
        "id"
    from (
select 1 as id
    ) as source
) as rows_once"""
    )


@pytest.mark.parametrize("template", ["fill_fresh.sql", "fill_fresh_by_key.sql"])
def test_select_with_a_multiline_string_is_sent_unchanged(template):
    select = "-- both lines\nselect 1 as id, at,\n  'first\n      second\n\tthird' as name\n  from staged"
    names = {"temporary": TEMPORARY, "columns": COLUMNS, "key": ("id",), "window_column": "at"}
    names |= {"calendars": [Calendar("day")], "rank_all": False, "ranked": None, "with_displaced": False}
    assert f"from (\n{select}\n    ) as source" in render(f"load/{template}", scope=ONE_DAY, select=select, **names)


def test_choice_expression_with_a_multiline_string_is_sent_unchanged():
    expression = "case name when 'first\nsecond' then 1 end"
    names = {"target": TABLE, "key": ("id",), "delta": TEMPORARY.delta, "columns": COLUMNS}
    choices = [Choice(["at", "name"], [expression])]
    assert f" {expression},\n" in render("load/fill_delta.sql", choices=choices, candidates="select 1 as id", **names)


def test_one_fresh_row_for_each_composite_key_and_period():
    names = {"temporary": TEMPORARY, "columns": COLUMNS, "select": "select *\nfrom staged", "window_column": "at"}
    calendars = [Calendar("day"), Calendar("hour", "Europe/Berlin")]
    assert (
        render(
            "load/fill_fresh_by_key.sql",
            key=("name", "id"),
            scope=ONE_DAY,
            calendars=calendars,
            rank_all=False,
            ranked=None,
            with_displaced=False,
            **names,
        )
        == """\
insert into "orders__fresh" (
    "id",
    "at",
    "name"
)
select
    "id",
    "at",
    "name"
from (
    select
        "id",
        "at",
        "name",
        row_number() over (
            partition by
                "name",
                "id",
                date_trunc('day', "at"),
                date_trunc('hour', convert_timezone('Europe/Berlin', "at"))
            order by
                "at",
                "id",
                "at",
                "name",
                len("name")
        ) as choice
    from (
select *
from staged
    ) as source
    where
        "at" >= %(start_1)s
        and "at" < %(end_1)s
) as ranked
where choice = 1"""
    )


@pytest.mark.parametrize(
    ("scope", "condition"),
    [
        (EVERYTHING, "1 = 1"),
        (
            ONE_DAY,
            "\"at\" >= '2018-01-01 00:00:00'::timestamp\n        and \"at\" < '2018-01-02 00:00:00'::timestamp",
        ),
        (
            with_fresh_key(["id", "at"], TEMPORARY.fresh),
            """\
("id", "at") in (
            select
                "id",
                "at"
            from "orders__fresh"
        )""",
        ),
    ],
    ids=["everything", "one interval", "keys"],
)
def test_stale_rows_of_every_kind_of_scope(scope, condition):
    assert (
        render(
            "load/create_stale.sql",
            table=TABLE,
            temporary=TEMPORARY,
            columns=COLUMNS,
            scope=replace(scope, inline=True),
            key=("id",),
            calendars=(),
        )
        == f"""\
create temporary table "orders__stale" as
select
    "id",
    "at",
    "name"
from (
    select
        "id",
        "at",
        "name",
        len("name") as "length_0"
    from "shop"."orders"
    where
        {condition}
    except
    select
        "id",
        "at",
        "name",
        len("name") as "length_0"
    from "orders__fresh"
) as rows_that_differ"""
    )


def test_stale_row_deletion_compares_string_lengths_and_nulls_outside_the_key():
    names = {"table": TABLE, "temporary": TEMPORARY}
    columns = Columns(("id", "name", "at", "note"), frozenset({"name", "note"}))
    assert (
        render("load/delete_stale.sql", columns=columns, key=("id", "name"), scope=TWO_DAYS, **names)
        == """\
delete from "shop"."orders"
using "orders__stale"
where
    "shop"."orders"."id" = "orders__stale"."id"
    and "shop"."orders"."name" = "orders__stale"."name"
    and len("shop"."orders"."name") = len("orders__stale"."name")
    and (
        "shop"."orders"."at" = "orders__stale"."at"
        or ("shop"."orders"."at" is null and "orders__stale"."at" is null)
    )
    and (
        "shop"."orders"."note" = "orders__stale"."note"
        and len("shop"."orders"."note") = len("orders__stale"."note")
        or ("shop"."orders"."note" is null and "orders__stale"."note" is null)
    )
    and (
        "shop"."orders"."at" >= %(start_1)s
        and "shop"."orders"."at" < %(end_1)s
        or "shop"."orders"."at" >= %(start_2)s
        and "shop"."orders"."at" < %(end_2)s
    )"""
    )


def test_stale_row_deletion_of_an_all_key_table():
    names = {"table": "orders", "temporary": TEMPORARY, "columns": Columns(("id",), frozenset()), "key": ("id",)}
    assert (
        render("load/delete_stale.sql", scope=EVERYTHING, **names)
        == """\
delete from "orders"
using "orders__stale"
where
    "orders"."id" = "orders__stale"."id"
    and 1 = 1"""
    )


def test_nulls_in_a_composite_key():
    assert (
        render("load/count_null_keys.sql", temporary=TEMPORARY, key=("id", "at"))
        == """\
select count(*)
from "orders__fresh"
where "id" is null
    or "at" is null"""
    )


def test_delta_with_several_choices_and_key_columns():
    columns = Columns(("id", "at", "price", "name"), frozenset({"name"}))
    choices = [Choice(["price"], ["price desc"]), Choice(["name"])]
    names = {"target": TABLE, "key": ("id", "at"), "delta": TEMPORARY.delta, "columns": columns}
    assert (
        render("load/fill_delta.sql", choices=choices, candidates="select *\nfrom staged", **names)
        == """\
insert into "orders__delta" (
    "id",
    "at",
    "price",
    "name"
)
with candidates as (
    select *
    from staged
),
choice_0 as (
    select
        "id",
        "at",
        "price"
    from (
        select
            "id",
            "at",
            "price",
            row_number() over (
                partition by
                    "id",
                    "at"
                order by
                    price desc,
                    "price",
                    "id",
                    "at"
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
),
choice_1 as (
    select
        "id",
        "at",
        "name"
    from (
        select
            "id",
            "at",
            "name",
            row_number() over (
                partition by
                    "id",
                    "at"
                order by
                    "name",
                    len("name"),
                    "id",
                    "at"
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "id",
    "at",
    "price",
    "name"
from (
    select
        "id",
        "at",
        "price",
        "name",
        len("name") as "length_0"
    from (
        select
            "choice_0"."id",
            "choice_0"."at",
            "choice_0"."price",
            "choice_1"."name"
        from choice_0
        join choice_1
            on "choice_0"."id" = "choice_1"."id"
            and "choice_0"."at" = "choice_1"."at"
    ) as wanted
    except
    select
        "id",
        "at",
        "price",
        "name",
        len("name") as "length_0"
    from (
        select
            "shop"."orders"."id",
            "shop"."orders"."at",
            "shop"."orders"."price",
            "shop"."orders"."name"
        from "shop"."orders"
        join (
            select distinct
                "id",
                "at"
            from candidates
        ) as touched
            on "shop"."orders"."id" = "touched"."id"
            and "shop"."orders"."at" = "touched"."at"
    ) as held
) as rows_that_differ"""
    )


def test_delta_of_an_all_key_table():
    names = {"target": "orders", "key": ("id",), "delta": TEMPORARY.delta, "columns": Columns(("id",), frozenset())}
    assert (
        render("load/fill_delta.sql", choices=[Choice([])], candidates="select 1 as id", **names)
        == """\
insert into "orders__delta" (
    "id"
)
with candidates as (
    select 1 as id
),
choice_0 as (
    select
        "id"
    from (
        select
            "id",
            row_number() over (
                partition by
                    "id"
                order by
                    "id"
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "id"
from (
    select
        "id"
    from (
        select
            "choice_0"."id"
        from choice_0
    ) as wanted
    except
    select
        "id"
    from (
        select
            "orders"."id"
        from "orders"
        join (
            select distinct
                "id"
            from candidates
        ) as touched
            on "orders"."id" = "touched"."id"
    ) as held
) as rows_that_differ"""
    )


def test_merge_names_the_target_without_its_schema_and_does_not_update_the_key():
    assert (
        render("load/merge_delta.sql", target=TABLE, key=("id", "at"), delta=TEMPORARY.delta, columns=COLUMNS)
        == """\
merge into "shop"."orders"
using "orders__delta"
    on "orders"."id" = "orders__delta"."id"
    and "orders"."at" = "orders__delta"."at"
when matched then
    update set
        "name" = "orders__delta"."name"
when not matched then
    insert (
        "id",
        "at",
        "name"
    )
    values (
        "orders__delta"."id",
        "orders__delta"."at",
        "orders__delta"."name"
    )"""
    )


def test_merge_of_an_all_key_table_updates_the_key_to_itself():
    columns = Columns(("id", "at"), frozenset())
    assert (
        render("load/merge_delta.sql", target="orders", key=("id", "at"), delta=TEMPORARY.delta, columns=columns)
        == """\
merge into "orders"
using "orders__delta"
    on "orders"."id" = "orders__delta"."id"
    and "orders"."at" = "orders__delta"."at"
when matched then
    update set
        "id" = "orders__delta"."id",
        "at" = "orders__delta"."at"
when not matched then
    insert (
        "id",
        "at"
    )
    values (
        "orders__delta"."id",
        "orders__delta"."at"
    )"""
    )


def test_load_locks_all_its_targets_in_one_statement():
    locks = ["etl.lock_orders", "etl.lock_products"]
    assert render("load/lock_targets.sql", locks=locks) == 'lock table "etl"."lock_orders", "etl"."lock_products"'
