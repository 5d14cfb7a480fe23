{# The candidates of a load whose source deletes rows: the rows that compete. With a mark, each has the mark that the
   target's row has if it is chosen. Without, those that are not later than the last delete of their key are left out. A
   null is earlier than any time, and as late as another null. #}
{% import "macros.sql" as m %}
{% set row_time, delete_time = [latest_by] | columns("rows_of_load"), [latest_by] | columns(deleted) %}
{% set deleted_key = [key[0]] | columns(deleted) %}
select
    {{ columns.names | columns("rows_of_load") }}{{ "," | sql if mark }}
{% if mark %}
    case
        when
            {{ row_time }} is null
            or {{ row_time }} <= {{ delete_time }}
            then {{ deleted_key }} is not null
        else false
    end as {{ mark | identifier }}
{% endif %}
from (
    {{ rows | sql | indent(4) }}
) as rows_of_load
left join {{ deleted | identifier }}
    on {{ m.same_key(deleted, "rows_of_load", key) | indent(4) }}
{% if not mark %}
where
    {{ deleted_key }} is null
    or {{ row_time }} > {{ delete_time }}
    or ({{ row_time }} is not null and {{ delete_time }} is null)
{% endif %}
