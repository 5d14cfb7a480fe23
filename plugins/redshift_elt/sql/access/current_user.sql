{# The user of the connection, as GRANT names it. #}
select quote_ident(current_user)
