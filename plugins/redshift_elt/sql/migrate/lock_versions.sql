{# The first statement of a migration: it waits for a migration that another process is applying. #}
lock table {{ bookkeeping }}.schema_versions
