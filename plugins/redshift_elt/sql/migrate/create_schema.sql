{# The schema that the migrations belong to. #}
create schema if not exists {{ bookkeeping }}
