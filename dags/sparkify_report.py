"""Publish the answers to the analysts' questions after each load."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, Asset

from redshift_elt import NoActiveRunsSensor, ReportOperator
from redshift_elt.report.questions_file import load_questions
from redshift_elt.run.params import bucket_param, prefix_param, session_params
from sparkify_defaults import BUCKET, BUCKET_VARIABLE, DEFAULT_ARGS, SESSION, START_DATE

INCLUDE = Path(__file__).parents[1] / "include"

DOCS = """\
### Answers to the analysts' questions

Publishes one HTML page, `reports/index.html` in the bucket, with a table and a chart for each question, and the same
numbers as CSV files, in a folder for each report. The page loads nothing from the network. Its header lists checks that
warned or failed when last run.

The DAG runs when `sparkify_etl` has changed `songplays`, which every question is about: once for each run, or once for
several runs at the same time. The Assets of the other four tables do not trigger it; otherwise a run could cause five
reports. It waits until no run of `sparkify_etl` is running, so that the dimensions are as recent as the plays. After a
load of songs only, which changes just the number of plays in the catalogue, trigger it by hand.

All answers describe the same moment. If a run fails, the previous report is kept.
"""

with DAG(
    dag_id="sparkify_report",
    description="Publish the answers to the analysts' questions after each load",
    doc_md=DOCS,
    schedule=[Asset("sparkify_songplays")],
    start_date=START_DATE,
    catchup=False,
    # While a report waits for loads, their events are combined into one further run.
    max_active_runs=1,
    default_args={**DEFAULT_ARGS, **SESSION},
    template_searchpath=[str(INCLUDE / "sql")],
    tags=["sparkify", "redshift", "report"],
    params={
        "bucket": bucket_param("The bucket for the report.", BUCKET_VARIABLE),
        "prefix": prefix_param("reports/", "Prefix", "Readers of the report can read everything below it."),
        **session_params(),
    },
) as dag:
    wait_for_loads = NoActiveRunsSensor(
        task_id="wait_for_loads",
        other_dag_id="sparkify_etl",
        mode="reschedule",
        poke_interval=10,
        timeout=timedelta(hours=6).total_seconds(),
    )
    publish_report = ReportOperator(
        task_id="publish_report",
        title="Sparkify: what is played, when, where and by whom",
        bucket=BUCKET,
        prefix="{{ params.prefix }}",
        checks_dag_id="sparkify_etl",
        questions=load_questions(INCLUDE / "report.yaml"),
    )
    wait_for_loads >> publish_report
