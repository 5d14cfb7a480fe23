{# A table of the session with some columns of another table. Not LIKE, which copies NOT NULL, but no IDENTITY and no
   DEFAULT, so that a column without a value would be refused (AWS page "CREATE TABLE"). #}
create temporary table {{ name | identifier }} as
select
    {{ columns.names | columns }}
from {{ like | table }}
where false
