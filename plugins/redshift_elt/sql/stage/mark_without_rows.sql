{# Note that some objects that the run has staged have no rows. Binds object_key_1 and so on. #}
{% import "macros.sql" as m %}
update {{ files | table }}
set kind = 'no rows'
where object_key in ({{ m.placeholder_list("object_key", keys) }})
