{# Set the limits of the session, in one statement instead of several SETs; the unit is milliseconds (AWS pages
   "SET_CONFIG", "statement_timeout" and "query_group"). #}
select
    set_config('statement_timeout', %(statement_timeout)s, false)
{%- if has_query_group %},
    set_config('query_group', %(query_group)s, false)
{%- endif %}
