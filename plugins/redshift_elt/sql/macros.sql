{# Rows for VALUES, one a line. Binds the columns of each row, whose names end with the row's number from 1. #}
{% macro value_rows(columns, rows) %}
{% for row in range(1, rows + 1) %}
    ({% for column in columns %}{{ column | placeholder(row) }}{% if not loop.last %}, {% endif %}{% endfor %}){% if not loop.last %},{% endif %}

{% endfor %}
{% endmacro %}
