"""Load Sparkify's events and songs from S3 into the star schema, hour by hour."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from airflow.sdk import (
    DAG,
    Asset,
    AsyncCallback,
    CronDataIntervalTimetable,
    DeadlineAlert,
    DeadlineReference,
    Param,
)

from redshift_elt.checks import load_checks
from redshift_elt.integrations.alerts import AlertNotifier
from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy
from redshift_elt.loading.choice import Choice
from redshift_elt.loading.merge_records import MergeRecords
from redshift_elt.operators.clean_up import CleanUpOperator
from redshift_elt.operators.data_quality import DataQualityOperator
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.load_fact import LoadFactOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.run.names import staging_table

DOCS = """\
### Sparkify: S3 → staging → star schema → checks

Each run is responsible for one **window** of event time in UTC, its end not included:

| you | the window is |
| --- | --- |
| give both window start and window end in the form | just that |
| let it be scheduled, or backfill | the run's data interval: one hour |
| trigger it without a date | the last complete hour |
| ask for a full load | everything: all five tables are rebuilt from every file in the bucket |

| task | does |
| --- | --- |
| `stage_events` | COPY the log files of the window's days into a staging table of this run's own; check its rows |
| `stage_songs` | COPY the song files that are new or have changed since they were loaded; check their rows |
| `load_songplays`, `load_time` | make the window hold exactly what was staged |
| `load_users`, `load_songs`, `load_artists` | merge what the staged rows change |
| `check_star_schema` | count rows, nulls, repeated keys, missing references; hold loaded plays against staged ones |
| `clean_up` | drop the staging tables; after a failure they stay, to be looked at |

**Run it again whenever you like**: a run that is repeated, retried or cleared, as a whole or a task alone, changes
nothing that is right already, and runs may go in any order and at the same time. A load that has nothing to write is
shown as skipped. Events that came late for an hour that has run before are loaded by the next run of their day.

When a check fails, its task's log says which, what it expected and what it found. Results are kept in
`etl.check_results`, loads in `etl.loads`, rejected lines in `etl.rejects`.

Who is to be told when a task fails, or when a run takes an hour longer than usual, stands in the Airflow Variable
`sparkify_alerts`: e-mail addresses and Slack connections, with commas.
"""

INCLUDE = Path(__file__).parents[1] / "include"
EVENTS, SONGS = "staging_events", "staging_songs"
# The Airflow Variable that names who is told when a task fails or a run is late.
ALERTS = "sparkify_alerts"

with DAG(
    dag_id="sparkify_etl",
    description="Load events and songs from S3 into the star schema, hour by hour",
    doc_md=DOCS,
    # Written out, because "@hourly" alone gives empty data intervals in Airflow 3 (Airflow issue 50172).
    schedule=CronDataIntervalTimetable("@hourly", timezone="UTC"),
    start_date=datetime(2018, 11, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=8,
    default_args={
        "owner": "sparkify",
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        # A factor: True would be 1, which is no backoff.
        "retry_exponential_backoff": 2.0,
        "retry_policy": WarehouseRetryPolicy(),
        "resume_cluster": "{{ params.resume_cluster }}",
        "on_failure_callback": AlertNotifier(variable=ALERTS),
    },
    # Not from the moment when a run was queued: then it could not be cleared as long as its deadline is ahead (Airflow
    # issue 70368). The callback runs in the triggerer.
    deadline=DeadlineAlert(
        reference=DeadlineReference.AVERAGE_RUNTIME(max_runs=24, min_runs=1),
        interval=timedelta(hours=1),
        callback=AsyncCallback(AlertNotifier, kwargs={"variable": ALERTS}),
        name="an hour longer than usual",
    ),
    template_searchpath=[str(INCLUDE / "sql")],
    user_defined_macros={"staging_table": staging_table},
    tags=["sparkify", "redshift"],
    params={
        "window_start": Param(
            None,
            type=["null", "string"],
            format="date-time",
            title="Window start",
            description="Included, in the calendar's time zone. Give both ends, or neither to load the run's own hour.",
        ),
        "window_end": Param(
            None,
            type=["null", "string"],
            format="date-time",
            title="Window end",
            description="Not included.",
        ),
        "lookback_days": Param(
            0,
            type="integer",
            minimum=0,
            title="Days to look back",
            description="Read the files of so many earlier days too, for events that arrived late.",
        ),
        "full_load": Param(
            False,
            type="boolean",
            title="Full load",
            description="Rebuild all tables from every file in the bucket. Readers go on meanwhile.",
        ),
        "max_rejects": Param(
            0,
            type="integer",
            minimum=0,
            maximum=99_999,
            title="Bad records to go on without",
            description="So many records of each kind may be unfit to load; they go to etl.rejects. More fail the run.",
        ),
        "resume_cluster": Param(
            False,
            type="boolean",
            title="Resume the cluster",
            description="If the cluster is paused, resume it and wait for it. From then on its nodes are billed again.",
        ),
        "bucket": Param(
            None,
            type=["null", "string"],
            title="Bucket",
            description="Where the files are; none: the Airflow Variable sparkify_bucket.",
        ),
        "log_prefix": Param(
            "log_data/",
            type="string",
            pattern="^([^/]+/)+$",
            title="Prefix of the log files",
            description="Ends with a slash. A day's file lies below it at YYYY/MM/YYYY-MM-DD-events.json.",
        ),
        "log_paths_key": Param(
            "log_json_path.json",
            type="string",
            minLength=1,
            title="Key of the logs' JSONPaths file",
            description="Keep it outside the prefixes, or COPY would read it as data.",
        ),
        "song_prefix": Param(
            "song_data/",
            type="string",
            pattern="^([^/]+/)+$",
            title="Prefix of the song files",
            description="Ends with a slash.",
        ),
    },
) as dag:
    bucket = "{{ params.bucket or var.value.sparkify_bucket }}"

    stage_events = StageToRedshiftOperator(
        task_id="stage_events",
        table=EVENTS,
        bucket=bucket,
        key_pattern="{{ params.log_prefix }}%Y/%m/%Y-%m-%d-events.json",
        json="{{ params.log_paths_key }}",
        time_format="epochmillisecs",
        window_column="ts",
        max_rejects="{{ params.max_rejects }}",
        checks=load_checks(INCLUDE / "checks" / "staging_events.yaml"),
    )
    stage_songs = StageToRedshiftOperator(
        task_id="stage_songs",
        table=SONGS,
        bucket=bucket,
        prefix="{{ params.song_prefix }}",
        list_every=timedelta(days=1),
        max_rejects="{{ params.max_rejects }}",
        checks=load_checks(INCLUDE / "checks" / "staging_songs.yaml"),
    )

    load_songplays = LoadFactOperator(
        task_id="load_songplays",
        table="songplays",
        select="select/songplays.sql",
        staged_by=[stage_events],
        outlets=[Asset("sparkify_songplays")],
        key="songplay_id",
        window_column="start_time",
    )
    load_users = LoadDimensionOperator(
        task_id="load_users",
        table="users",
        select="select/users.sql",
        staged_by=[stage_events],
        outlets=[Asset("sparkify_users")],
        key="user_id",
        strategy=MergeRecords(
            records="etl.user_records",
            window_column="level_as_of",
            choices=[
                Choice(["level_as_of", "level", "first_name", "last_name", "gender"], order_by=["level_as_of desc"]),
            ],
        ),
    )
    load_songs = LoadDimensionOperator(
        task_id="load_songs",
        table="songs",
        select="select/songs.sql",
        staged_by=[stage_songs],
        outlets=[Asset("sparkify_songs")],
        key="song_id",
        after_merge="resolve/songplays.sql",
        after_merge_writes=["songplays"],
    )
    load_artists = LoadDimensionOperator(
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
    load_time = LoadFactOperator(
        task_id="load_time",
        table="time",
        select="select/time.sql",
        staged_by=[stage_events],
        outlets=[Asset("sparkify_time")],
        key="start_time",
        window_column="start_time",
    )

    check_star_schema = DataQualityOperator(
        task_id="check_star_schema",
        trigger_rule="none_failed",
        staged_by=[stage_events],
        checks=load_checks(INCLUDE / "checks" / "star_schema.yaml"),
    )

    clean_up = CleanUpOperator(
        task_id="clean_up",
        trigger_rule="none_failed",
        staged_by=[stage_events, stage_songs],
    )

    loads = [load_songplays, load_users, load_songs, load_artists, load_time]
    # No load begins if a source cannot be staged or does not pass its checks, also if it does not read that source.
    for load in loads:
        [stage_events, stage_songs] >> load
    loads >> check_star_schema >> clean_up
