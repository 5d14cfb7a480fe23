{# Counts the rows that meet all conditions. Binds nothing. #}
{% from "check/macros.sql" import counted %}
{% if in_window or conditions %}
count(case when {{ counted(in_window, conditions) }} then 1 end)
{% else %}
count(*)
{% endif %}
