{# Conditions that several statements of checks have in common. #}

{# The rows that a scan's aggregate counts; see scan.sql for in_window. #}
{% macro counted(in_window, conditions) %}
{% if in_window %}in_window = 1{% endif %}
{% for condition in conditions %}
{% if in_window or not loop.first %} and {% endif %}({{ condition | sql }})
{%- endfor %}
{% endmacro %}

{# A column's value as a text of its own: with its length, so that no two keys have the same texts side by side. A cast
   to VARCHAR without a length cuts at 256 bytes (AWS page "Character types"). #}
{% macro key_part(column) %}
len(rtrim({{ column | identifier }}::varchar(65535))) || ':' || rtrim({{ column | identifier }}::varchar(65535))
{%- endmacro %}

{# One expression for a key: null if one of its columns is null. COUNT(DISTINCT ...) takes one expression only (AWS page
   "COUNT function"). #}
{% macro key_expression(key) %}
{% if key | length == 1 %}
{{ key[0] | identifier }}
{%- else %}
{% for column in key %}{% if not loop.first %} || {% endif %}{{ key_part(column) }}{% endfor %}
{% endif %}
{% endmacro %}
