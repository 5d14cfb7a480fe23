{# How many rows the table has in the scope and how many rows are fresh, without rows whose objects were not all read, and how many fresh and how many new rows are in
   the run's own window. Binds the intervals of the scope, window_start and window_end. #}
{% import "macros.sql" as m %}
{% set in_window %}
{{ window_column | identifier }} >= %(window_start)s
and {{ window_column | identifier }} < %(window_end)s
{% endset %}
select
    (
        select count(*)
        from {{ table | table }}
        where
            {{ m.in_scope(scope) | indent(12) }}
{% if scope.kept %}
            and not {{ m.in_kept(scope) | indent(12) }}
{% endif %}
    ),
    (
        select count(*)
        from {{ temporary.fresh | identifier }}
{% if scope.kept %}
        where
            not {{ m.in_kept(scope) | indent(12) }}
{% endif %}
    ),
    (
        select count(*)
        from {{ temporary.fresh | identifier }}
        where
            {{ in_window | indent(12) }}
    ),
    (
        select count(*)
        from {{ temporary.new | identifier }}
        where
            {{ in_window | indent(12) }}
    )
