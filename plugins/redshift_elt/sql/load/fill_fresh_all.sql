{# Keep all rows of a SELECT, also those that are equal. The SELECT is not indented: that would change a text of several
   lines in it. #}
insert into {{ temporary.fresh | identifier }} (
    {{ columns.names | columns }}
)
select
    {{ columns.names | columns }}
from (
{{ select | sql }}
) as source
