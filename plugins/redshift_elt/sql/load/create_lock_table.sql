{# Create the table on which the loads of a target wait for each other. #}
create table if not exists {{ lock | table }} (
    unused boolean
)
