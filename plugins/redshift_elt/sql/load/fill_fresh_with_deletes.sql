{# Keep the rows of a SELECT, each distinct row once, and whether each of them deletes its key. The SELECT is not
   indented: that would change a text of several lines in it. #}
{% import "macros.sql" as m %}
insert into {{ temporary.fresh | identifier }} (
    {{ columns.names | columns }},
    deletes_its_key
)
select
    {{ columns.names | columns }},
    deletes_its_key
from (
    select distinct
        {{ m.with_lengths(columns) | indent(4) }},
        {{ m.deletes_its_key(deletes) }} as deletes_its_key
    from (
{{ select | sql }}
    ) as source
) as rows_once
