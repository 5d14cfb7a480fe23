{# Record the periods of which a target has all rows. Binds, for row 1 and so on, target_1, period_start_1, period_end_1
   and versions_1. #}
{% import "macros.sql" as m %}
{% set columns = ["target", "period_start", "period_end", "versions"] %}
insert into {{ bookkeeping }}.loaded_periods (
    {{ columns | columns }}
)
values
{{ m.value_rows(columns, rows) }}
