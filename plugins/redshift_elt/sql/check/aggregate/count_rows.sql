{# How many rows meet all conditions. #}
{% from "check/macros.sql" import counted %}
{% if in_window or conditions %}
count(case when {{ counted(in_window, conditions) }} then 1 end)
{% else %}
count(*)
{% endif %}
