{# How many rows repeat the key of another row; keys with a null are left out. #}
{% from "check/macros.sql" import counted, key_expression %}
{% macro counted_key() %}
{% if in_window or conditions %}
case when {{ counted(in_window, conditions) }} then {{ key_expression(key) }} end
{%- else %}
{{ key_expression(key) }}
{%- endif %}
{% endmacro %}
count({{ counted_key() }}) - count(distinct {{ counted_key() }})
