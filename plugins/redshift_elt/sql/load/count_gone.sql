{# How many rows of the target a snapshot replaces, and how many of them it does not have. With "mark", rows that are
   marked already do not count. #}
select
    (
        select count(*)
        from {{ target | table }}
{% if mark %}
        where not coalesce({{ mark | identifier }}, false)
{% endif %}
    ),
    (
        select count(*)
        from {{ gone | identifier }}
    )
