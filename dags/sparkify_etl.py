"""Load Sparkify's events and songs from S3 into the star schema, hour by hour."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, Asset, Param, cross_downstream

from redshift_elt import (
    Choice,
    CleanUpOperator,
    DataQualityOperator,
    Json,
    LoadDimensionOperator,
    LoadFactOperator,
    MergeRecords,
    MergeRows,
    StageToRedshiftOperator,
    load_checks,
)
from redshift_elt.compatibility import DOUBLED_DELAYS, CronDataIntervalTimetable, average_runtime_deadline
from redshift_elt.integrations.alerts import AlertNotifier
from redshift_elt.run.names import staging_table
from redshift_elt.run.params import (
    bucket_param,
    max_rejects_param,
    on_missing_params,
    prefix_param,
    resume_cluster_param,
    run_params,
    session_params,
)
from redshift_elt.sql.bookkeeping import bookkeeping_schema
from sparkify_defaults import BUCKET, BUCKET_VARIABLE, DEFAULT_ARGS, MANIFESTS, SESSION, START_DATE

INCLUDE = Path(__file__).parents[1] / "include"
# The Airflow Variable with the recipients of alerts.
ALERTS = "sparkify_alerts"
USER_COLUMNS = ["level_as_of", "level", "first_name", "last_name", "gender"]

with DAG(
    dag_id="sparkify_etl",
    description="Load events and songs from S3 into the star schema, hour by hour",
    doc_md=Path(__file__).with_suffix(".md").read_text("utf-8"),
    # Spelled out because "@hourly" gives empty data intervals in Airflow 3 (Airflow issue 50172).
    schedule=CronDataIntervalTimetable("@hourly", timezone="UTC"),
    start_date=START_DATE,
    catchup=False,
    max_active_runs=8,
    default_args={
        **DEFAULT_ARGS,
        "retry_exponential_backoff": DOUBLED_DELAYS,
        "resume_cluster": "{{ params.resume_cluster }}",
        **SESSION,
        "on_missing": "{{ params.on_missing }}",
        "on_failure_callback": AlertNotifier(variable=ALERTS),
    },
    # Not from the moment a run was queued: such a run could not be cleared before its deadline (Airflow issue 70368).
    # The callback runs in the triggerer.
    deadline=average_runtime_deadline(
        timedelta(hours=1), AlertNotifier, {"variable": ALERTS}, max_runs=24, name="an hour longer than usual"
    ),
    template_searchpath=[str(INCLUDE / "sql")],
    user_defined_macros={"staging_table": staging_table, "bookkeeping_schema": bookkeeping_schema},
    tags=["sparkify", "redshift"],
    params={
        **run_params(),
        "max_rejects": max_rejects_param(),
        **on_missing_params(),
        "resume_cluster": resume_cluster_param(),
        **session_params(),
        "bucket": bucket_param("The bucket with the files.", BUCKET_VARIABLE),
        "log_prefix": prefix_param(
            "log_data/", "Log file prefix", "Files are YYYY/MM/YYYY-MM-DD-events.json below it."
        ),
        "log_paths_key": Param(
            "log_json_path.json",
            type="string",
            minLength=1,
            title="JSONPaths key of the logs",
            description="Key of the JSONPaths file. Keep it outside the prefixes, or COPY reads it as data.",
        ),
        "song_prefix": prefix_param("song_data/", "Song file prefix"),
    },
) as dag:
    stage_events = StageToRedshiftOperator(
        task_id="stage_events",
        table="staging_events",
        bucket=BUCKET,
        key_pattern="{{ params.log_prefix }}%Y/%m/%Y-%m-%d-events.json",
        format=Json("{{ params.log_paths_key }}", time_format="epochmillisecs"),
        window_column="ts",
        **MANIFESTS,
        max_rejects="{{ params.max_rejects }}",
        checks=load_checks(INCLUDE / "checks" / "staging_events.yaml"),
    )
    stage_songs = StageToRedshiftOperator(
        task_id="stage_songs",
        table="staging_songs",
        bucket=BUCKET,
        prefix="{{ params.song_prefix }}",
        list_every=timedelta(days=1),
        **MANIFESTS,
        max_rejects="{{ params.max_rejects }}",
        checks=load_checks(INCLUDE / "checks" / "staging_songs.yaml"),
    )

    LoadFactOperator(
        task_id="load_songplays",
        table="songplays",
        select="select/songplays.sql",
        staged_by=[stage_events],
        outlets=[Asset("sparkify_songplays")],
        key="songplay_id",
        window_column="start_time",
    )
    LoadDimensionOperator(
        task_id="load_users",
        table="users",
        select="select/users.sql",
        staged_by=[stage_events],
        outlets=[Asset("sparkify_users")],
        key="user_id",
        strategy=MergeRecords(
            records="etl.user_records",
            window_column="level_as_of",
            choices=[Choice(USER_COLUMNS, order_by=["level_as_of desc"])],
        ),
    )
    LoadDimensionOperator(
        task_id="load_songs",
        table="songs",
        select="select/songs.sql",
        staged_by=[stage_songs],
        outlets=[Asset("sparkify_songs")],
        key="song_id",
        strategy=MergeRows(choices=[Choice()]),
        after_merge="after_merge/songplays.sql",
        after_merge_writes=["songplays"],
    )
    LoadDimensionOperator(
        task_id="load_artists",
        table="artists",
        select="select/artists.sql",
        staged_by=[stage_songs],
        outlets=[Asset("sparkify_artists")],
        key="artist_id",
        strategy=MergeRecords(
            records="etl.artist_records",
            records_key="song_id",
            choices=[
                Choice(["name"], order_by=["len(name)"]),
                Choice(
                    ["location", "latitude", "longitude"],
                    order_by=["nvl2(location, 0, 1) + nvl2(latitude, 0, 1) + nvl2(longitude, 0, 1)"],
                ),
            ],
        ),
    )
    LoadFactOperator(
        task_id="load_time",
        table="time",
        select="select/time.sql",
        staged_by=[stage_events],
        outlets=[Asset("sparkify_time")],
        key="start_time",
        window_column="start_time",
    )

    # Found by their class, so that a new operator call above is all that a new table or source needs.
    sources = [task for task in dag.tasks if isinstance(task, StageToRedshiftOperator)]
    loads = [task for task in dag.tasks if isinstance(task, (LoadFactOperator, LoadDimensionOperator))]
    check_star_schema = DataQualityOperator(
        task_id="check_star_schema",
        trigger_rule="none_failed",
        staged_by=[stage_events],
        checks=load_checks(INCLUDE / "checks" / "star_schema.yaml"),
    )
    clean_up = CleanUpOperator(task_id="clean_up", trigger_rule="none_failed", staged_by=sources)

    # No load begins if any source cannot be staged or fails its checks.
    cross_downstream(sources, loads)
    loads >> check_star_schema >> clean_up
