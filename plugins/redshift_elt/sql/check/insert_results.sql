{# Records the results of a run's checks. Binds dag_id, run_id, window_start, window_end, and the other columns of each
   row, whose names end with the number of the row, from 0. #}
insert into etl.check_results (
    dag_id,
    run_id,
    window_start,
    window_end,
    target,
    check_name,
    severity,
    expected,
    actual,
    passed,
    outcome,
    duration_seconds,
    checked_at
)
values
{% for row in range(rows) %}
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_{{ row }})s, %(check_name_{{ row }})s, %(severity_{{ row }})s,
    %(expected_{{ row }})s, %(actual_{{ row }})s, %(passed_{{ row }})s, %(outcome_{{ row }})s,
    %(duration_seconds_{{ row }})s, %(checked_at_{{ row }})s
){{ "," | sql if not loop.last }}
{% endfor %}
