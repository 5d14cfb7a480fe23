{# How many of the rejects that a run has found are not stored in the same form. Both have the same number of rows. Binds
   dag_id, run_id and staging. #}
{% import "macros.sql" as m %}
select count(*)
from (
    select
        {{ names | columns | indent(4) }},
        len(object_key) as key_length,
        len(line) as line_length,
        count(*) as rejects
    from {{ found | identifier }}
    group by
        {{ names | columns | indent(4) }}
    except
    select
        {{ names | columns | indent(4) }},
        len(object_key) as key_length,
        len(line) as line_length,
        count(*) as rejects
    from {{ bookkeeping }}.rejects
    where {{ m.is_reject_of_run(files) | indent(8) }}
    group by
        {{ names | columns | indent(4) }}
) as changed_rejects
