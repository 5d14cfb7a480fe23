{# Lists continue at an indentation of 4, as those of the filter "columns", and conditions at 0. What uses
   them deeper indents them. #}
{# Rows for VALUES. Binds the columns of each row, whose names end with the row's number from 1. #}
{% macro value_rows(columns, rows) %}
{% for row in range(1, rows + 1) %}
(
    {{ columns | placeholders(row) }}
){{ "," | sql if not loop.last }}
{% endfor %}
{% endmacro %}
{# The placeholders of numbered values, for IN: name_1, name_2 and so on. #}
{% macro placeholder_list(name, count) %}
{% for number in range(1, count + 1) %}{{ [name] | placeholders(number) }}{% if not loop.last %}, {% endif %}{% endfor %}
{% endmacro %}
{# What is compared with the kind of a staged file to find the objects. Not "= 'object'": a planner without statistics
   expects an equality to leave one row in two hundred, and then loops over the ledger for each staged file. #}
{% macro is_object() %}
not in ('listing', 'run')
{% endmacro %}
{# The condition that a reject is of a run and, if "files" is given, of the objects that the run has staged. Binds dag_id,
   run_id and staging. #}
{% macro is_reject_of_run(files) %}
dag_id = %(dag_id)s
and run_id = %(run_id)s
and staging = %(staging)s
{% if files %}
and object_key in (
    select object_key
    from {{ files | table }}
    where kind {{ is_object() }}
)
{% endif %}
{% endmacro %}
{# The condition that a load is a full load that has ended since a run began to list its source. Both times are those of
   workers: the clock of S3 may differ by minutes. Binds target and full_load_start. #}
{% macro is_full_load_since_listing(files) %}
target = %(target)s
and window_start = %(full_load_start)s
and full_load
and loaded_at > (
    select max(modified_at)
    from {{ files | table }}
    where kind = 'run'
)
{% endmacro %}
{# The condition that an entry of the ledger is of a target and, if "bounded", in a range of keys. Binds target, bucket,
   first_key and key_end, a text after the last key. #}
{% macro in_keys(loaded, bounded) %}
{{ loaded }}.target = %(target)s
and {{ loaded }}.bucket = %(bucket)s
{% if bounded %}
and {{ loaded }}.object_key >= %(first_key)s
and {{ loaded }}.object_key < %(key_end)s
{% endif %}
{% endmacro %}
{# The versions of the objects of a source that every one of some targets has loaded. Binds bucket, first_key and key_end,
   which sorts after all keys of the source, target_1, target_2 and so on. #}
{% macro loaded_by_all(targets) %}
(
    select
        object_key,
        etag
    from {{ bookkeeping }}.loaded_files
    where bucket = %(bucket)s
        and object_key >= %(first_key)s
        and object_key < %(key_end)s
        and target in ({{ placeholder_list("target", targets | length) }})
    group by
        object_key,
        etag
    having count(*) = {{ targets | length }}
)
{% endmacro %}
{# The condition that two tables have the same key. #}
{% macro same_key(left, right, key) %}
{% for name in key %}
{% if not loop.first %}and {% endif %}{{ [name] | columns(left) }} = {{ [name] | columns(right) }}
{% endfor %}
{% endmacro %}
{# The keys of a source, each once. A source is what follows FROM or JOIN. #}
{% macro keys_of(rows, key) %}
(
    select distinct
        {{ key | columns | indent(4) }}
    from {{ rows }}
)
{% endmacro %}
{# The keys of several temporary tables, each once. #}
{% macro keys_of_all(tables, key) %}
(
{% for name in tables %}
{% if not loop.first %}
    union
{% endif %}
    select distinct
        {{ key | columns | indent(4) }}
    from {{ name | identifier }}
{% endfor %}
)
{% endmacro %}
{# Whether a row deletes its key (redshift_elt.loading.deletes): true or false, also if the column is null. #}
{% macro deletes_its_key(deletes, of=none) %}
{% set value %}
{% if deletes.value is boolean %}{{ ("true" if deletes.value else "false") | sql }}{% else %}{{ deletes.value | literal }}{% endif %}
{% endset %}
coalesce({{ [deletes.column] | columns(of) }} = {{ value }}, false)
{% endmacro %}
{# Redshift ignores trailing blanks when it compares or sorts texts (AWS page "Character types"), and LEN counts those of
   a VARCHAR (AWS page "LEN function"). So the macros below compare each text together with its length: rows are equal
   only if they are equal to the last byte. #}
{# The columns of a table, then the length of each text, for DISTINCT and EXCEPT. #}
{% macro with_lengths(columns) %}
    {{ columns.names | columns }}
{%- for name in columns.names if name in columns.texts %},
    len({{ name | identifier }}) as "length_{{ loop.index0 }}"
{%- endfor %}
{% endmacro %}
{# The ORDER BY list, inside a window function, in which no two different rows tie. #}
{% macro total_order(names, texts) %}
{% for name in names %}
    {{ name | identifier }}{{ "," | sql if name in texts or not loop.last }}
{% if name in texts %}
    len({{ name | identifier }}){{ "," | sql if not loop.last }}
{% endif %}
{% endfor %}
{% endmacro %}
{# The condition that two tables have equal values in a column that is never null. #}
{% macro equal(left, right, name, texts) %}
{% set mine, theirs = [name] | columns(left), [name] | columns(right) %}
{{ mine }} = {{ theirs }}
{% if name in texts %}
and len({{ mine }}) = len({{ theirs }})
{% endif %}
{% endmacro %}
{# The same for a column that may be null in both tables. Redshift has no "is not distinct from". #}
{% macro equal_or_null(left, right, name, texts) %}
{% set mine, theirs = [name] | columns(left), [name] | columns(right) %}
(
    {{ equal(left, right, name, texts) | indent(4) }}
    or ({{ mine }} is null and {{ theirs }} is null)
)
{% endmacro %}
{# The rows of one source that another does not have. #}
{% macro difference(columns, rows, without) %}
select
    {{ columns.names | columns }}
from (
    select
        {{ with_lengths(columns) | indent(4) }}
    from {{ rows | indent(4) }}
    except
    select
        {{ with_lengths(columns) | indent(4) }}
    from {{ without | indent(4) }}
) as rows_that_differ
{% endmacro %}
{# The local time at which the period of an instant begins (redshift_elt.run.period). The column is in UTC. #}
{% macro beginning(column, calendar) %}
date_trunc({{ calendar.unit | literal }}, {% if calendar.timezone == "UTC" %}{{ column | identifier }}{% else %}convert_timezone({{ calendar.timezone | literal }}, {{ column | identifier }}){% endif %})
{% endmacro %}
{# A time of a scope: a placeholder or, if the scope is inline, a literal. #}
{% macro moment(scope, name, number) %}
{% if scope.inline %}{{ scope.values[name ~ "_" ~ number] | literal }}{% else %}{{ [name] | placeholders(number) }}{% endif %}
{% endmacro %}
{# The condition that a row is in a scope (redshift_elt.loading.row_scope). Binds start_1, end_1, start_2 and so
   on, one pair for each interval, unless the scope is inline. #}
{% macro in_scope(scope, of=none) %}
{% if scope.key %}
({{ scope.key | columns(of, ", ") }}) in (
    select
        {{ scope.key | columns | indent(4) }}
    from {{ scope.fresh | table }}
)
{% elif scope.intervals | length > 1 %}
(
    {{ in_intervals(scope, of) | indent(4) }}
)
{% elif scope.intervals %}
{{ in_intervals(scope, of) }}
{% else %}
1 = 1
{% endif %}
{% endmacro %}
{% macro in_intervals(scope, of) %}
{% set column = [scope.window_column] | columns(of) %}
{% for _ in scope.intervals %}
{% if not loop.first %}or {% endif %}{{ column }} >= {{ moment(scope, "start", loop.index) }}
and {{ column }} < {{ moment(scope, "end", loop.index) }}
{% endfor %}
{% endmacro %}
{# The condition that not all objects of a row were read. Binds kept_start_1, kept_end_1 and so on, unless the scope is
   inline. #}
{% macro in_kept(scope) %}
(
{% for _ in scope.kept %}
{% if loop.first %}    {% else %}    or {% endif %}{{ scope.window_column | identifier }} >= {{ moment(scope, "kept_start", loop.index) }}
    and {{ scope.window_column | identifier }} < {{ moment(scope, "kept_end", loop.index) }}
{% endfor %}
)
{% endmacro %}
{# The condition that a version is valid at the time of a snapshot. Binds snapshot_at. #}
{% macro is_valid_at_snapshot(history, of) %}
{{ [history.valid_from] | columns(of) }} <= %(snapshot_at)s
and (
    {{ [history.valid_to] | columns(of) }} > %(snapshot_at)s
    or {{ [history.valid_to] | columns(of) }} is null
)
{% endmacro %}
{# The condition that a version begins, ends or is valid between the time of a snapshot and that of the following one.
   Binds snapshot_at and, if there is a following snapshot, following. #}
{% macro touches_snapshot(history, following, of) %}
(
    {{ [history.valid_to] | columns(of) }} >= %(snapshot_at)s
    or {{ [history.valid_to] | columns(of) }} is null
)
{% if following %}
and {{ [history.valid_from] | columns(of) }} <= %(following)s
{% endif %}
{% endmacro %}
{# The fresh rows that are missing from the table in the scope. #}
{% macro new_rows(table, temporary, columns, scope) %}
{% set held %}
{{ table | table }}
where
    {{ in_scope(scope) | indent(4) }}
{% endset %}
{{ difference(columns, temporary.fresh | identifier, held) }}
{% endmacro %}
{# The rows of the table in the scope that are not among the fresh rows. Of rows whose objects were not all read, only
   those that a fresh row replaces: of the same key and period or, without calendars, of the same key and time. #}
{% macro stale_rows(table, temporary, columns, scope, key, calendars) %}
{% set held %}
{{ table | table }}
where
    {{ in_scope(scope) | indent(4) }}
{% if scope.kept %}
{% set identity = key | list + ([] if calendars else [scope.window_column]) | reject("in", key) | list %}
    and (
        not {{ in_kept(scope) | indent(8) }}
        or ({{ identity | columns(none, ", ") }}{% for calendar in calendars %}, {{ beginning(scope.window_column, calendar) | trim }}{% endfor %}) in (
            select
                {{ identity | columns | indent(12) }}{{ "," | sql if calendars }}
{% for calendar in calendars %}
                {{ beginning(scope.window_column, calendar) | trim }}{{ "," | sql if not loop.last }}
{% endfor %}
            from {{ temporary.fresh | identifier }}
        )
    )
{% endif %}
{% endset %}
{{ difference(columns, held, temporary.fresh | identifier) }}
{% endmacro %}
{# How many rows the table has in the scope, without rows whose objects were not all read. #}
{% macro held_count(table, scope) %}
select count(*) as held
from {{ table | table }}
where
    {{ in_scope(scope) | indent(4) }}
{% if scope.kept %}
    and not {{ in_kept(scope) | indent(4) }}
{% endif %}
{% endmacro %}
