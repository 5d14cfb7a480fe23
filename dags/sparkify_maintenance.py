"""Keep Sparkify's warehouse tidy: retention, leftovers of failed runs, VACUUM and ANALYZE."""

from __future__ import annotations

from airflow.sdk import DAG, Param

from redshift_elt import ApplyRetentionOperator, RemoveLeftoversOperator, VacuumOperator
from redshift_elt.compatibility import CronTriggerTimetable
from redshift_elt.operators.days import MOST_DAYS
from redshift_elt.run.params import bucket_param, resume_cluster_param, session_params
from sparkify_defaults import BUCKET, BUCKET_VARIABLE, DEFAULT_ARGS, MANIFESTS, SESSION, START_DATE

DOCS = """\
### Upkeep of the warehouse

1. `remove_leftovers` drops the staging tables and deletes the manifests of runs that failed some days ago. Runs that
   have not ended keep theirs. A run that is cleared later stages again.
2. `apply_retention` deletes old rejected records, which may be personal data, and old results and history. It never
   deletes what loads need: the ledger, and the last load of each window.
3. `vacuum` runs VACUUM and ANALYZE. Redshift does both by itself, but only while the cluster is idle, and a cluster
   that is paused after each load is hardly ever idle.

Loads can run at the same time.
"""


def _days(default: int, title: str, description: str) -> Param:
    return Param(default, type="integer", minimum=1, maximum=MOST_DAYS, title=title, description=description)


with DAG(
    dag_id="sparkify_maintenance",
    description="Remove what failed runs have left, delete old history, VACUUM and ANALYZE",
    doc_md=DOCS,
    schedule=CronTriggerTimetable("30 3 * * 0", timezone="UTC"),
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    default_args={**DEFAULT_ARGS, **SESSION, "resume_cluster": "{{ params.resume_cluster }}"},
    tags=["sparkify", "redshift", "maintenance"],
    params={
        "bucket": bucket_param(
            "The bucket with the manifests, unless the Variable sparkify_manifest_url names another one.",
            BUCKET_VARIABLE,
        ),
        "leftovers_days": _days(7, "Leftovers: days", "Age from which staging tables of failed runs are dropped."),
        "rejects_days": _days(30, "Rejected records: days", "How long rejected records are kept, with their text."),
        "drift_days": _days(90, "Schema drift: days", "How long findings about fields are kept."),
        "checks_days": _days(400, "Check results: days", "How long results of checks are kept."),
        "loads_days": _days(400, "Loads: days", "How long loads are kept whose windows were loaded again."),
        "resume_cluster": resume_cluster_param(),
        **session_params(),
    },
) as dag:
    remove_leftovers = RemoveLeftoversOperator(
        task_id="remove_leftovers",
        bucket=BUCKET,
        manifest_url=MANIFESTS["manifest_url"],
        days="{{ params.leftovers_days }}",
    )
    apply_retention = ApplyRetentionOperator(
        task_id="apply_retention",
        rejects_days="{{ params.rejects_days }}",
        drift_days="{{ params.drift_days }}",
        checks_days="{{ params.checks_days }}",
        loads_days="{{ params.loads_days }}",
    )
    vacuum = VacuumOperator(
        task_id="vacuum",
        tables=[
            "songplays",
            "users",
            "songs",
            "artists",
            "time",
            "etl.user_records",
            "etl.artist_records",
        ],
    )
    # The last task gives the space of what the others have deleted back.
    [remove_leftovers, apply_retention] >> vacuum
