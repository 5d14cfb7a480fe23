{# Write rejects. Binds the columns of each row, whose names end with the row's number from 1. #}
{% import "macros.sql" as m %}
insert into {{ name | table }} (
    {{ names | columns }}
)
values
{{ m.value_rows(names, rows) }}
