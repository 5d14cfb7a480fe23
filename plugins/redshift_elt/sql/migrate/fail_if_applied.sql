{#
Fail, with a division by zero, if another process has applied the migration while this one waited for the lock. The Data
API sends the statements of a transaction all at once, so only SQL can decide.
#}
select 1 / (1 - count(*))
from {{ bookkeeping }}.schema_versions
where version = {{ version }}
