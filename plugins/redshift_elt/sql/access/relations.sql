{# The tables and views of a name: schema, name and owner, as GRANT names them. #}
select
    quote_ident(schemas.nspname),
    quote_ident(relations.relname),
    quote_ident(pg_get_userbyid(relations.relowner))
from pg_class as relations
inner join pg_namespace as schemas on relations.relnamespace = schemas.oid
where
    relations.relname = %(name)s
    and relations.relkind in ('r', 'v')
    and schemas.nspname not like 'pg!_%' escape '!'
order by schemas.nspname
