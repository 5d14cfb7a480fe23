{# Delete the rejected records of a time. Binds before. #}
delete from {{ bookkeeping }}.rejects
where rejected_at < %(before)s
