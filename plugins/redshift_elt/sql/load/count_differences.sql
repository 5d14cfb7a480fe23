{# What a load must know before it writes, in one statement: how many fresh rows have a null in their key, how many rows of
   the table are stale, and how many fresh rows are new. With "overwritten", the column of event time: how many rows the
   table has in the scope and how many rows are fresh, both without rows whose objects were not all read, and how many
   fresh and how many new rows are in the run's own window; this binds window_start and window_end. With "narrowed": how
   many fresh rows are outside of the scope. Without "overwritten": how many keys the fresh rows have. Binds the intervals
   of the scope. #}
{% import "macros.sql" as m %}
{% set null_key %}
{% for name in key %}
{% if not loop.first %}or {% endif %}{{ name | identifier }} is null
{% endfor %}
{% endset %}
{% set in_window %}
{% if overwritten %}
{{ overwritten | identifier }} >= %(window_start)s
and {{ overwritten | identifier }} < %(window_end)s
{% endif %}
{% endset %}
select
    fresh_rows.null_keys,
    stale_rows.stale,
    new_rows.missing,
{% if overwritten %}
    held_rows.held,
    fresh_rows.fresh,
    fresh_rows.fresh_in_window,
    new_rows.new_in_window{{ "," | sql if narrowed }}
{% if narrowed %}
    fresh_rows.displaced
{% endif %}
{% else %}
    fresh_keys.keys
{% endif %}
from (
    select
        count(
            case
                when
                    {{ null_key | indent(20) }}
                    then 1
            end
        ) as null_keys{{ "," | sql if overwritten }}
{% if overwritten %}
{% if scope.kept %}
        count(
            case
                when
                    not {{ m.in_kept(scope) | indent(20) }}
                    then 1
            end
        ) as fresh,
{% else %}
        count(*) as fresh,
{% endif %}
        count(
            case
                when
                    {{ in_window | indent(20) }}
                    then 1
            end
        ) as fresh_in_window{{ "," | sql if narrowed }}
{% if narrowed %}
        count(
            case
                when
                    not (
                        {{ m.in_scope(scope) | indent(24) }}
                    )
                    then 1
            end
        ) as displaced
{% endif %}
{% endif %}
    from {{ temporary.fresh | identifier }}
) as fresh_rows
{% if not overwritten %}
cross join (
    select count(*) as keys
    from {{ m.keys_of(temporary.fresh | identifier, key) | indent(4) }} as keys_once
) as fresh_keys
{% endif %}
cross join (
{% if delete %}
    select count(*) as stale
    from (
        {{ m.stale_rows(table, temporary, columns, scope, key, calendars) | indent(8) }}
    ) as rows_that_are_stale
{% else %}
    select 0 as stale
{% endif %}
) as stale_rows
cross join (
    select
        count(*) as missing{{ "," | sql if overwritten }}
{% if overwritten %}
        count(
            case
                when
                    {{ in_window | indent(20) }}
                    then 1
            end
        ) as new_in_window
{% endif %}
    from (
        {{ m.new_rows(table, temporary, columns, scope) | indent(8) }}
    ) as rows_that_are_new
) as new_rows
{% if overwritten %}
cross join (
    {{ m.held_count(table, scope) | indent(4) }}
) as held_rows
{% endif %}
