{# Holds of rows in which a column is less than the lower bound or greater than the upper bound; not of nulls. #}
{% if at_least is not none %}
{{ column | identifier }} < {{ at_least | literal }}
{%- endif %}
{% if at_least is not none and at_most is not none %} or {% endif %}
{% if at_most is not none %}
{{ column | identifier }} > {{ at_most | literal }}
{%- endif %}
