{# True if a column is less than the lower bound or greater than the upper bound; null if it is null. #}
{% if at_least is not none %}
{{ column | identifier }} < {{ at_least | literal }}
{%- endif %}
{% if at_least is not none and at_most is not none %} or {% endif %}
{% if at_most is not none %}
{{ column | identifier }} > {{ at_most | literal }}
{%- endif %}
