{# Keep the new rows in a table of the session. CREATE TABLE ... AS, because it collects the statistics that the planner
   needs for joins (AWS page "Analyzing tables"); its SELECT binds no values. #}
{% import "macros.sql" as m %}
create temporary table {{ temporary.new | identifier }} as
{{ m.new_rows(table, temporary, columns, scope) }}
