"""The demo: the whole way of the data, from a directory to the answers, on the local stack."""

from __future__ import annotations

from pathlib import Path

from local.datagen import Options, generate
from local.settings import Settings
from local.stack.airflow_api import AirflowApi
from local.stack.aws_client import aws_client
from local.stack.cluster_login import require_login
from local.stack.dag_run import run_dag
from local.stack.dataset import Dataset
from local.stack.env_file import env_file
from local.stack.environment import ADMIN, BUCKET, VIEWER
from local.stack.interrupt import Interrupted
from local.stack.progress import Progress
from local.stack.report import print_report
from local.stack.secret import Secrets
from local.stack.stack import Stack
from local.stack.upload import Upload, upload

CREATE_CLUSTER = "sparkify_create_cluster"
LOAD = "sparkify_etl"


def demo(stack: Stack, progress: Progress, data: Path | None) -> None:
    """Start the stack, load a directory of data as a user would, and show what came of it.

    :param data: the directory; None makes the data.
    :raises StackError: something is wrong with the directory, the stack or a run.
    """
    # A wrong directory is reported before anything is started.
    dataset = Dataset.open(data) if data else None
    stack.up()
    try:
        run_id = load(stack.settings, progress, dataset or made_up_data(stack.settings, progress))
        with require_login(stack.settings).connect() as connection:
            print_report(connection, progress.console, LOAD, run_id)
    except Interrupted:
        stack.undo()
        raise
    print_how_to_go_on(stack.settings, progress)


def made_up_data(settings: Settings, progress: Progress) -> Dataset:
    """Return the generated data; it is made the first time only."""
    directory = settings.state / "data"
    if not directory.exists():
        with progress.step("Making the data") as step:
            generate(directory, Options())
            step.done = f"The data is made, in {directory}"
    return Dataset.open(directory)


def load(settings: Settings, progress: Progress, dataset: Dataset) -> str:
    """Upload a dataset, create the cluster and load the warehouse through Airflow.

    :return: the id of the run that loaded.
    """
    result = upload_data(settings, progress, dataset)
    if result.foreign:
        progress.line(
            f"  {len(result.foreign):,} other objects are in the bucket, from other data: what they held stays loaded."
            f" To start anew: make down, then delete {settings.state}"
        )
    start, end = dataset.window
    with AirflowApi(settings.airflow_url, ADMIN, Secrets.of(settings.state).admin_password) as api:
        run_dag(api, progress, CREATE_CLUSTER, {})
        return run_dag(api, progress, LOAD, {"window_start": start, "window_end": end})


def upload_data(settings: Settings, progress: Progress, dataset: Dataset) -> Upload:
    """Bring a dataset to the local bucket."""
    with progress.step("Uploading the data") as step:
        result = upload(dataset, aws_client(settings, "s3"), BUCKET, step.detail)
        step.done = f"{result.objects:,} objects are in s3://{BUCKET}, of which {result.sent:,} were new or changed"
    return result


def print_how_to_go_on(settings: Settings, progress: Progress) -> None:
    """Print where Airflow is, how to log in, and how to stop."""
    secrets = Secrets.of(settings.state)
    question = 'make sql Q="select count(*) from songplays"'
    progress.console.print(
        f"\nAirflow UI:  {settings.airflow_url}"
        f"\nLogin:       {ADMIN} / {secrets.admin_password}   (only looking: {VIEWER} / {secrets.viewer_password})"
        f"\nAsk:         {question}"
        "\nNotebook:    make notebook"
        f"\nYour shell:  source {env_file(settings)}"
        "\nStop:        make down",
        markup=False,
    )
