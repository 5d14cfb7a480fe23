{# Note that an object that the run has staged has no rows. Binds object_key. #}
update {{ files | table }}
set kind = 'no rows'
where object_key = %(object_key)s
