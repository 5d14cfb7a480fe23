{# The user of the session, quoted as a name in a statement needs it. #}
select quote_ident(current_user)
