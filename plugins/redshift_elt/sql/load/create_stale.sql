{# Keep the stale rows in a table of the session. CREATE TABLE ... AS, because it collects the statistics that the planner
   needs for joins (AWS page "Analyzing tables"); its SELECT binds no values. #}
{% import "macros.sql" as m %}
create temporary table {{ temporary.stale | identifier }} as
{{ m.stale_rows(table, temporary, columns, scope, key, calendars) }}
