{# Write what was found in some objects. Binds the columns of each row, whose names end with the row's number from 1. #}
{% import "macros.sql" as m %}
insert into {{ bookkeeping }}.schema_drift (
    {{ names | columns }}
)
values
{{ m.value_rows(names, rows) }}
