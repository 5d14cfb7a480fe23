{# A load creates the staging tables of its run beside the permanent ones, and locks of its targets in the
   bookkeeping schema. #}
grant usage, create on schema
{% for name in schemas %}
    {{ name | identifier }}{{ "," | sql if not loop.last }}
{% endfor %}
to {{ user | identifier }}
