"""Sections 3.3 to 3.5: PostgreSQL features that Redshift does not have. More of them are in ../sql/test_refusals.py."""

from __future__ import annotations

import psycopg
import pytest

from standin_support.facts import Here, fact

FEATURES = "c_unsupported-postgresql-features"
TYPES = "c_unsupported-postgresql-datatypes"
FUNCTIONS = "c_unsupported-postgresql-functions"
LEADER = "c_sql-functions-leader-node"

# The SQLSTATE classes for an unsupported feature: not supported, or a syntax error.
CLASSES = ("0A", "42")


@pytest.fixture(scope="module")
def table(session):
    session.execute("create table t (a int)")
    session.execute("insert into t values (7)")
    yield
    session.execute("drop table t")


def refuse(session, statement: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        session.execute(statement)
    assert caught.value.sqlstate[:2] in CLASSES
    assert session.execute("select a from t").fetchall() == [(7,)]


def absent(section: str, name: str, statement: str, source: str) -> object:
    says = f"Redshift does not support {name}."
    return pytest.param(statement, marks=fact(f"{section}/{name}", says, Here.SUPPORTED, source), id=name)


def feature(name: str, statement: str) -> object:
    return absent("3.3", name, statement, FEATURES)


@pytest.mark.parametrize(
    "statement",
    [
        feature("range partitioning", "create table x (a int) partition by range (a)"),
        feature("list partitioning", "create table x (a int) partition by list (a)"),
        feature("partitions", "create table x partition of t default"),
        feature("tablespaces", "create tablespace x location '/tmp'"),
        feature("TABLESPACE of a table", "create table x (a int) tablespace pg_default"),
        feature("check constraints", "create table x (a int check (a > 0))"),
        feature("exclusion constraints", "create table x (a int, exclude using gist (a with =))"),
        feature("inheritance", "create table x (b int) inherits (t)"),
        *(
            feature(f"the system column {name}", f"select {name}, a from t")
            for name in ("oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid")
        ),
        *(
            feature(f"the system column {written}", f"select {written} from t")
            for name in ("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid")
            for written in (f"t.{name}", f'"{name}"', f't."{name}"')
        ),
        *(
            feature(f"a column named {name}", f"create table x ({name} int)")
            for name in ("oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid")
        ),
        feature("indexes", "create index i on t (a)"),
        feature("unique indexes", "create unique index i on t (a)"),
        feature("COLLATE in an expression", "select 'x' collate \"C\" from t"),
        feature("user-defined collations", 'create collation x from "C"'),
        feature("subscripts", "select a[1] from t"),
        feature("array constructors", "select array[1]"),
        feature("row constructors", "select row(1, 2)"),
        feature("row constructors without ROW", "select (1, 2)"),
        feature("triggers", "create trigger x before insert on t execute function f()"),
        feature("foreign servers", "create server y foreign data wrapper z"),
        feature("foreign tables", "create foreign table x (a int) server y"),
        feature("table functions", "select * from json_each('{}')"),
        feature("a VALUES list as a table", "select * from (values (1)) v"),
        feature("VALUES as a statement", "values (1)"),
        feature("sequences", "create sequence s"),
        feature("text search configurations", "create text search configuration x (copy = simple)"),
        feature("the text search operator @@", "select a from t where a @@ 'x'"),
    ],
)
def test_features(session, table, statement):
    refuse(session, statement)


@fact("3.3/constraints", "UNIQUE, PRIMARY KEY and FOREIGN KEY are not enforced.", Here.SUPPORTED, FEATURES)
def test_constraints(ask):
    made = "create table x (a int primary key, b int unique, c int references x (a))"
    assert ask(made, "insert into x values (1, 2, 9), (1, 2, 9)", "select count(*) from x") == [(2,)]


@fact(
    "3.3/NULLS in windows",
    "One page lists NULLS FIRST and NULLS LAST in window functions as unsupported, but the functions' own "
    "pages describe them.",
    Here.UNKNOWN,
    FEATURES,
)
def test_nulls_in_windows(session, table):
    query = "select row_number() over (order by a nulls first) as place from t"
    assert session.execute(query).fetchall() == [(1,)]


@fact(
    "3.3/RULE and TRIGGER", "The permissions RULE and TRIGGER are accepted but have no effect.", Here.REFUSED, FEATURES
)
@pytest.mark.parametrize("permission", ["rule", "trigger"])
def test_permissions_without_effect(session, table, permission):
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        session.execute(f"grant {permission} on t to public")


def data_type(name: str) -> object:
    says = f"Redshift does not support the type {name}."
    return pytest.param(name, marks=fact(f"3.4/{name}", says, Here.SUPPORTED, TYPES), id=name)


@pytest.mark.parametrize(
    "kind",
    [
        *map(data_type, ("int[]", "bit", "bit varying(3)", "bytea", "t", "mood")),
        *map(data_type, ("point", "line", "lseg", "box", "path", "polygon", "circle", "hstore", "json", "jsonb")),
        *map(data_type, ("inet", "cidr", "macaddr", "serial", "bigserial", "smallserial", "money")),
        *map(data_type, ("oid", "regclass", "regproc", "regtype", "anyelement", "record", "cstring", "void")),
        *map(data_type, ("int4range", "numrange", "tsrange", "daterange", '"char"', "name")),
        *map(data_type, ("tsvector", "tsquery", "txid_snapshot", "uuid", "xml")),
    ],
)
def test_data_types(session, table, kind):
    refuse(session, f"create table x (a {kind})")
    refuse(session, f"select null::{kind}")


@fact("3.4/ENUM", "Redshift does not support enumerated types.", Here.SUPPORTED, TYPES)
def test_enumerated_types(session, table):
    refuse(session, "create type mood as enum ('a')")


@fact("3.4/composite", "Redshift does not support composite types.", Here.SUPPORTED, TYPES)
def test_composite_types(session, table):
    refuse(session, "create type pair as (a int, b int)")


def newer_type(name: str, source: str) -> object:
    return pytest.param(
        name, marks=fact(f"3.4/{name.upper()}", f"Redshift has the type {name.upper()}.", Here.REFUSED, source), id=name
    )


@pytest.mark.parametrize(
    "kind",
    [
        newer_type("varbyte", "r_VARBYTE_type"),
        newer_type("geometry", "geospatial-overview"),
        newer_type("geography", "geospatial-overview"),
        newer_type("super", "r_SUPER_type"),
        newer_type("interval year to month", "r_interval_data_types"),
        newer_type("interval day to second", "r_interval_data_types"),
    ],
)
def test_types_specific_to_redshift(session, table, kind):
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        session.execute(f"create table x (a {kind})")


def function(call: str, name: str = "") -> object:
    name = name or call.split("(")[0]
    return absent("3.5", name, f"select {call}", FUNCTIONS)


@pytest.mark.parametrize(
    "statement",
    [
        function("has_any_column_privilege('t', 'select')"),
        *map(function, ("pg_advisory_lock(1)", "pg_advisory_xact_lock(1)", "pg_try_advisory_lock(1)")),
        *map(function, ("string_agg('a', ',')", "array_agg(1)", "every(true)", "xmlagg(null)")),
        *map(function, ("corr(1, 2)", "covar_pop(1, 2)", "covar_samp(1, 2)")),
        *(
            function(f"regr_{name}(1, 2)")
            for name in ("avgx", "avgy", "count", "intercept", "r2", "slope", "sxx", "sxy", "syy")
        ),
        *map(function, ("array_length(null, 1)", "array_append(null, 1)", "unnest(null)")),
        *map(function, ("pg_backup_start('x')", "pg_current_wal_lsn()", "pg_switch_wal()")),
        *map(function, ("col_description(1, 1)", "obj_description(1, 'pg_class')", "shobj_description(1, 'x')")),
        *map(function, ("pg_relation_filenode('t')", "pg_relation_filepath('t')")),
        *map(function, ("pg_table_size('t')", "pg_database_size('dev')", "pg_column_size(1)")),
        *map(function, ("clock_timestamp()", "pg_sleep(1)", "transaction_timestamp()")),
        *map(function, ("justify_days('1 day')", "justify_hours('1 day')", "justify_interval('1 day')")),
        *map(function, ("enum_first(null)", "enum_range(null)", "point(1, 2)", "box(1, 2)")),
        *map(function, ("pg_read_file('/etc/passwd')", "pg_ls_dir('.')", "pg_stat_file('/')")),
        function("a is distinct from 1 from t", "IS DISTINCT FROM"),
        function("a is not distinct from 1 from t", "IS NOT DISTINCT FROM"),
        *map(function, ("host('x')", "masklen('x')", "div(1, 2)", "setseed(1)", "width_bucket(1, 1, 2, 3)")),
        *map(function, ("generate_subscripts(null, 1)", "lower_inc(null)", "range_merge(null, null)")),
        *map(function, ("pg_is_in_recovery()", "pg_last_wal_replay_lsn()", "pg_wal_replay_pause()")),
        *map(
            function, ("pg_function_is_visible(1)", "pg_type_is_visible(1)", "pg_reload_conf()", "pg_rotate_logfile()")
        ),
        *map(function, ("pg_export_snapshot()", "nextval('s')", "currval('s')", "setval('s', 1)", "lastval()")),
        *map(function, ("bit_length('a')", "overlay('a' placing 'b' from 1)", "convert('a', 'utf8', 'latin1')")),
        *map(function, ("convert_from('a', 'utf8')", "convert_to('a', 'utf8')", "encode('a', 'hex')", "format('x')")),
        *map(function, ("quote_nullable('a')", "regexp_matches('a', 'a')")),
        *map(function, ("regexp_split_to_array('a', 'a')", "regexp_split_to_table('a', 'a')")),
        *map(function, ("pg_get_viewdef('t')", "pg_get_constraintdef(1)", "pg_typeof(1)")),
        *map(function, ("current_catalog", "current_query()", "inet_client_addr()", "inet_client_port()")),
        *map(function, ("inet_server_addr()", "inet_server_port()", "pg_conf_load_time()")),
        *map(function, ("pg_is_other_temp_schema(1)", "pg_listening_channels()", "pg_my_temp_schema()")),
        *map(function, ("pg_postmaster_start_time()", "pg_trigger_depth()")),
        *map(function, ("to_tsvector('a')", "ts_rank(null, null)", "txid_current()", "txid_current_snapshot()")),
        *map(function, ("xmlparse(document 'x')", "xmlcomment('x')", "query_to_xml('select 1', true, true, '')")),
        absent("3.5", "SHOW VERSION", "show version", FUNCTIONS),
    ],
)
def test_functions(session, table, statement):
    refuse(session, statement)


NOT_ON_TABLES = "Specified types or functions .* not supported on Redshift tables"


def leader(name: str, call: str, source: str = LEADER) -> object:
    says = f"{name} runs on the leader node only."
    return pytest.param(call, marks=fact(f"3.5/1/{name}", says, Here.SUPPORTED, source), id=name)


@pytest.mark.parametrize(
    "call",
    [
        leader("current_schema", "current_schema()"),
        leader("has_database_privilege", "has_database_privilege('awsuser', 'postgres', 'connect')"),
        leader("has_schema_privilege", "has_schema_privilege('awsuser', 'public', 'usage')"),
        leader("has_table_privilege", "has_table_privilege('awsuser', 't', 'select')"),
        leader("now", "now()"),
        leader("generate_series", "generate_series(1, 2)", "no source"),
    ],
)
def test_functions_of_the_leader_node(session, table, call):
    assert session.execute(f"select {call}").fetchall()
    assert session.execute(f"with t as (select 1 as a) select {call} from t").fetchall()
    assert session.execute(f"with x as (select {call} as a) select a from x").fetchall()
    assert session.execute(f"select relname, {call} from pg_class where relname = 't'").fetchall()
    for statement in (
        f"select {call} from t",
        f"select pg_catalog.{call} from t",
        f"select {call} from (t join pg_class on true)",
        f"select {call} from t where exists (with t as (select 1) select 1 from t)",
        f"with t as (select a from t) select {call} from t",
        f"select 1 from pg_class, t where {call} is null",
        f"select {call} from stv_locks",
        f"select {call} from pg_catalog.svv_tables",
        f"create table x as select {call} as a",
        f"insert into t select 1 where {call} is null",
    ):
        with pytest.raises(psycopg.errors.FeatureNotSupported, match=NOT_ON_TABLES):
            session.execute(statement)
    assert session.execute("select a from t").fetchall() == [(7,)]


def syntax(name: str, statement: str, source: str = "no source") -> object:
    return absent("3.5/2", name, statement, source)


@pytest.mark.parametrize(
    "statement",
    [
        syntax("ON CONFLICT", "insert into t values (1) on conflict do nothing", "r_INSERT_30"),
        syntax("RETURNING", "insert into t values (1) returning a", "r_INSERT_30"),
        syntax("DISTINCT ON", "select distinct on (a) a from t"),
        syntax("FILTER", "select count(*) filter (where a > 0) from t"),
        syntax("LATERAL", "select * from t, lateral (select 1) x"),
        syntax("GENERATED ALWAYS AS", "create table x (a int generated always as (1) stored)"),
        syntax("CREATE INDEX", "create index i on t (a) where a > 1"),
        syntax("DELETE with an alias", "delete from t as x where x.a = 1", "dbt-labs/dbt-adapters#958"),
        syntax("ADD COLUMN with several columns", "alter table t add column b int, add column c int"),
        syntax("COPY FROM STDIN", "copy t from stdin"),
        syntax("WITH before MERGE", "with s as (select 1 as a) merge into t using s on t.a = s.a remove duplicates"),
        syntax(
            "MERGE .. DO NOTHING",
            "merge into t using (select 1 as a) s on t.a = s.a when matched then do nothing "
            "when not matched then insert values (s.a)",
        ),
        syntax("ANY with an array", "select a from t where a = any('{1}')"),
        syntax("ALL of an array", "select a from t where a = all(('{7}'))"),
        syntax("FETCH FIRST", "select a from t fetch first 1 row only", "r_SELECT_synopsis"),
        syntax("FOR UPDATE", "select a from t for update", "r_SELECT_synopsis"),
        syntax("TABLESAMPLE", "select a from t tablesample bernoulli (100)", "r_FROM_clause30"),
        syntax("INTERSECT ALL", "select a from t intersect all select 7", "r_UNION"),
        syntax("EXCEPT ALL", "select a from t except all select 8", "r_UNION"),
        syntax("MINUS ALL", "select a from t minus all select 8", "r_UNION"),
        syntax("TABLE as a statement", "table t", "c_SQL_commands"),
        syntax("TABLE as a query", "select a from t union table t", "r_UNION"),
        syntax("SELECT without a list", "select from t", "r_SELECT_synopsis"),
        syntax("ORDER BY in an aggregate", "select max(a order by a) from t", "r_MAX"),
        syntax("VARIADIC", "select max(variadic a) from t"),
        syntax("WITHIN GROUP of RANK", "select rank(1) within group (order by a) from t", "r_WF_RANK"),
        syntax(
            "RANGE with an offset",
            "select sum(a) over (order by a range between 1 preceding and current row) from t",
            "c_Window_functions",
        ),
        syntax(
            "EXCLUDE in a window",
            "select sum(a) over (order by a rows unbounded preceding exclude ties) from t",
            "c_Window_functions",
        ),
        syntax(
            "named windows",
            "select sum(a) over w from t window w as (order by a rows unbounded preceding)",
            "c_Window_functions",
        ),
        syntax("GROUP BY DISTINCT", "select a from t group by distinct a", "r_GROUP_BY_clause"),
        syntax("an alias of USING", "select a from t join t u using (a) as x", "r_FROM_clause30"),
        syntax("ROWS FROM", "select a from t, rows from (generate_series(1, 2)) x", "r_FROM_clause30"),
        syntax("functions after a comma in FROM", "select a from t, upper('a') x", "r_FROM_clause30"),
        syntax("functions of a schema in FROM", "select a from t, pg_catalog.upper('a') x", "r_FROM_clause30"),
        syntax("WITH ORDINALITY", "select a from t with ordinality", "r_FROM_clause30"),
        syntax("IS JSON", "select a from t where '1' is json"),
        syntax("IS NORMALIZED", "select a from t where 'x' is normalized"),
        syntax("AT LOCAL", "select getdate() at local from t"),
        syntax("SYSTEM_USER", "select system_user from t"),
        syntax("SUBSTRING .. SIMILAR", "select substring('x' similar 'x' escape '#') from t", "r_SUBSTRING"),
        syntax("Unicode escapes", "select u&'x' from t"),
        syntax("OFFSET .. ROWS", "select a from t offset 0 rows", "r_ORDER_BY_clause"),
        syntax("WHERE CURRENT OF", "delete from t where current of c", "r_DELETE"),
        syntax(
            "CYCLE", "with recursive x (b) as (select a from t) cycle b set c using p select b from x", "r_WITH_clause"
        ),
        syntax("WITH NO DATA", "create table x as select a from t with no data", "r_CREATE_TABLE_AS"),
        syntax("WITH CHECK OPTION", "create view x as select a from t with check option", "r_CREATE_VIEW"),
        syntax("GRANTED BY", "grant select on t to public granted by awsuser", "r_GRANT"),
        syntax("::regclass", "select 't'::regclass"),
    ],
)
def test_syntax(session, table, statement):
    refuse(session, statement)


JOINED = (
    "create table x (k int, v int)",
    "insert into x values (1, 0), (2, 0)",
    "create table s (k int, v int)",
    "insert into s values (1, 10), (1, 10), (3, 30)",
)


@fact("3.5/3/DELETE", "DELETE .. USING can join tables, even after WITH.", Here.SUPPORTED, "r_DELETE")
def test_delete_using(ask):
    assert ask(*JOINED, "delete from x using s where x.k = s.k", "select k from x") == [(2,)]
    with_ = "with y as (select k from s) delete from x using y where x.k = y.k"
    assert ask(*JOINED, with_, "select k from x") == [(2,)]


@fact("3.5/3/UPDATE", "UPDATE .. FROM can join tables, even with an alias and after WITH.", Here.SUPPORTED, "r_UPDATE")
def test_update_from(ask):
    changed = [(1, 10), (2, 0)]
    for update in (
        "update x set v = s.v from s where x.k = s.k",
        "update x as t set v = s.v from s where t.k = s.k",
        "update x t set v = y.v from (select k, v from s) y where t.k = y.k",
        "with y as (select k, v from s) update x set v = y.v from y where x.k = y.k",
    ):
        assert ask(*JOINED, update, "select k, v from x order by k") == changed


@fact("3.5/3/outer join", "An outer join in the FROM of an UPDATE is an error.", Here.SUPPORTED, "r_UPDATE")
def test_update_from_an_outer_join(ask):
    with pytest.raises(psycopg.errors.InternalError_, match="Target table must be part of an equijoin predicate"):
        ask(*JOINED, "update x set v = s.v from s left join s y on s.k = y.k where x.k = s.k")


@fact(
    "3.5/3/several matches",
    "An UPDATE with several matches for one row uses one of them.",
    Here.SUPPORTED,
    "error_on_nondeterministic_update",
)
def test_update_from_several_matches(ask):
    assert ask(*JOINED, "update x set v = s.v from s where x.k = s.k", "select v from x where k = 1") == [(10,)]


@fact(
    "3.5/3/error_on_nondeterministic_update",
    "With this setting, several matches for one row are an error.",
    Here.SUPPORTED,
    "error_on_nondeterministic_update",
)
@pytest.mark.parametrize("value", ["true", "on", "'true'"])
def test_update_with_error_on_nondeterministic_update(ask, value):
    setting = f"set local error_on_nondeterministic_update to {value}"
    for update in (
        "update x set v = s.v from s where x.k = s.k",
        "update x as t set v = s.v from s where t.k = s.k or t.k = 7",
        "update x t set v = y.v from (select k, v from s) y where t.k = y.k",
        "with y as (select k, v from s) update x set v = y.v from y where x.k = y.k",
        "update x set v = s.v from s",
    ):
        with pytest.raises(psycopg.errors.InternalError_, match="Found multiple matches to update the same tuple"):
            ask(*JOINED, setting, update)
    single = "update x set v = s.v from s where x.k = s.k and s.k = 3 or x.k = 2 and s.k = 3"
    assert ask(*JOINED, setting, single, "select v from x order by k") == [(0,), (30,)]
    off = "set local error_on_nondeterministic_update to off"
    assert ask(*JOINED, setting, off, "update x set v = s.v from s where x.k = s.k", "select 1") == [(1,)]


@fact("3.5/4", "version() names PostgreSQL 8.0.2 and Redshift's own version.", Here.SUPPORTED, "cluster-versions")
def test_version(ask):
    ((version,),) = ask("select version()")
    assert version.startswith("PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC")
    assert version.endswith("Redshift 1.0.434008")


@fact("3.5/5", "New Python functions cannot be created.", Here.SUPPORTED, "behavior-changes")
def test_functions_in_python(session, table):
    refuse(session, "create function f() returns int stable as $$return 1$$ language plpythonu")


@fact("3.5/5/SQL", "Users can define SQL functions and Lambda functions.", Here.REFUSED, "behavior-changes")
@pytest.mark.parametrize(
    "statement",
    [
        "create function f(int) returns int stable as 'select 1' language sql",
        "create external function f(int) returns int stable lambda 'f' iam_role default",
    ],
)
def test_functions_in_sql(session, table, statement):
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        session.execute(statement)
