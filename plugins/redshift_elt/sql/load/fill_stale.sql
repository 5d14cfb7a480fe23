{# Find the rows of the table in the scope that are not among the fresh rows. Of rows whose objects were not all read,
   only those that a fresh row replaces: of the same key and period or, without calendars, of the same key and time.
   Binds the intervals of the scope. #}
{% import "macros.sql" as m %}
{% set held %}
{{ table | table }}
where
    {{ m.in_scope(scope) | indent(4) }}
{% if scope.kept %}
{% set identity = key | list + ([] if calendars else [scope.window_column]) | reject("in", key) | list %}
    and (
        not {{ m.in_kept(scope) | indent(8) }}
        or ({{ identity | columns(none, ", ") }}{% for calendar in calendars %}, {{ m.beginning(scope.window_column, calendar) | trim }}{% endfor %}) in (
            select
                {{ identity | columns | indent(12) }}{{ "," | sql if calendars }}
{% for calendar in calendars %}
                {{ m.beginning(scope.window_column, calendar) | trim }}{{ "," | sql if not loop.last }}
{% endfor %}
            from {{ temporary.fresh | identifier }}
        )
    )
{% endif %}
{% endset %}
insert into {{ temporary.stale | identifier }} (
    {{ columns.names | columns }}
)
{{ m.difference(columns, held, temporary.fresh | identifier) }}
