-- Each target's last load, up to where its windows reach, and when it was last rebuilt from everything.
select
    target,
    max(loaded_at),
    min(case when full_load then null else window_start end),
    max(case when full_load then null else window_end end),
    max(case when full_load then started_at end)
from etl.loads
where dag_id = %s
group by target
order by target
