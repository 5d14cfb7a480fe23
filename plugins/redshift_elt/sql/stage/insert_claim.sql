{# Note how the source is defined, and which try of the task works on an unfinished staging. Binds definition and
   claimed_by. #}
insert into {{ periods | table }} (
    definition,
    claimed_by
)
values (
    %(definition)s,
    %(claimed_by)s
)
