"""The demo: load a directory of data on the local stack, and answer questions with it."""

from __future__ import annotations

from pathlib import Path

from local.datagen import Options, generate
from local.settings import Settings
from local.stack.airflow_api import AirflowApi, admin_api
from local.stack.aws_client import aws_client
from local.stack.cluster_login import require_login
from local.stack.dag_ids import CREATE_CLUSTER, LOAD, REPORT
from local.stack.dag_run import run_dag
from local.stack.dataset import Dataset
from local.stack.environment import BUCKET
from local.stack.interrupt import Interrupted
from local.stack.next_steps import print_next_steps
from local.stack.progress import Progress
from local.stack.report import print_report
from local.stack.schedule import kept_paused, reserved_date
from local.stack.stack import Stack
from local.stack.upload import Upload, upload

DAMAGED_ON_PURPOSE = (
    "  Some names in the generated data are damaged on purpose, as in the real logs: the check 'damaged text in song "
    "or artist' warns about them, below, in the report and on the Warehouse page"
)


def demo(stack: Stack, progress: Progress, data: Path | None) -> None:
    """Start the stack, load a directory of data as a user would, and show the results.

    :param data: the directory; None generates data.
    :raises StackError: the directory is incomplete, the stack does not start, or a run fails.
    """
    # Report a wrong directory before anything is started.
    dataset = Dataset.open(data) if data else None
    stack.up()
    try:
        run_id = load(stack.settings, progress, dataset or generated_data(stack.settings, progress))
        publish_report(stack.settings, progress)
        with require_login(stack.settings).connect() as connection:
            print_report(connection, progress.console, LOAD, run_id)
    except Interrupted:
        stack.undo()
        raise
    print_next_steps(stack.settings, progress, has_report=True)


def generated_data(settings: Settings, progress: Progress) -> Dataset:
    """Return the generated data; it is generated only once."""
    directory = settings.state / "data"
    if not directory.exists():
        with progress.step("Generating the data") as step:
            generate(directory, Options())
            step.done = f"Generated the data in {directory}"
    progress.line(DAMAGED_ON_PURPOSE)
    return Dataset.open(directory)


def load(settings: Settings, progress: Progress, dataset: Dataset) -> str:
    """Upload a dataset, create the cluster and load the warehouse through Airflow.

    :return: the id of the run that loaded the data.
    """
    result = upload_data(settings, progress, dataset)
    if result.foreign:
        progress.line(
            f"  The bucket also holds {len(result.foreign):,} objects of other data: rows loaded from them remain."
            f" To start over: make down, then delete {settings.state}"
        )
    with admin_api(settings) as api:
        run_dag(api, progress, CREATE_CLUSTER, {})
        return load_window(api, progress, dataset.window)


def load_window(api: AirflowApi, progress: Progress, window: tuple[str, str]) -> str:
    """Load a window into an existing cluster through Airflow, and return the id of the run."""
    start, end = window
    with kept_paused(api, LOAD):
        date = reserved_date(api, progress, LOAD)
        run_id = run_dag(api, progress, LOAD, {"window_start": start, "window_end": end}, date)
    if any(task["state"] == "skipped" for task in api.tasks(LOAD, run_id)):
        progress.line("  Skipped loads had nothing to write: their tables were up to date")
    return run_id


def publish_report(settings: Settings, progress: Progress) -> None:
    """Publish the report through Airflow."""
    with admin_api(settings) as api, kept_paused(api, REPORT):
        run_dag(api, progress, REPORT, {})


def upload_data(settings: Settings, progress: Progress, dataset: Dataset) -> Upload:
    """Upload a dataset to the local bucket."""
    with progress.step("Uploading the data") as step:
        result = upload(dataset, aws_client(settings, "s3"), BUCKET, step.detail)
        step.done = f"Uploaded {result.sent:,} new or changed of {result.objects:,} objects to s3://{BUCKET}"
    return result
