{# Find the versions that change the target. Binds snapshot_at and, if there is a following snapshot, following. #}
{% import "macros.sql" as m %}
{% set held %}
{{ target | table }}
where
    {{ m.touches_snapshot(history, following, target) | indent(4) }}
{% endset %}
insert into {{ delta | identifier }} (
    {{ columns.names | columns }}
)
{{ m.difference(columns, wanted | identifier, held) }}
