"""The demo of ``docker compose --profile local up``: upload generated data, create the cluster, load, show where."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.compose_env import STAND_IN_URL
from local.datagen import Options, generate
from local.errors import StackError
from local.stack.airflow_api import AirflowApi
from local.stack.copy_role_boundary import ensure_boundary
from local.stack.dag_ids import CREATE_CLUSTER, REPORT
from local.stack.dag_run import run_dag
from local.stack.dataset import Dataset
from local.stack.demo import load_window
from local.stack.environment import ADMIN, CLUSTER
from local.stack.progress import Progress
from local.stack.schedule import kept_paused
from local.stack.upload import upload


@dataclass(frozen=True)
class ComposeSettings:
    """What the service gets from its environment.

    :param base_url: the address of Airflow for users; ``airflow_url`` is that for this service.
    :param aws: the arguments of boto3's clients.
    """

    airflow_url: str
    base_url: str
    password: str
    bucket: str
    aws: Mapping[str, Any]

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> ComposeSettings:
        """Read the environment.

        :raises StackError: the AWS connection is not that to the stand-in: the demo would create a cluster in an
            account.
        """
        connection = _json_object(environ["AIRFLOW_CONN_AWS_DEFAULT"])
        extra = connection.get("extra")
        # An endpoint alone does not tell: accounts have them too, for private networks.
        if not isinstance(extra, dict) or extra.get("endpoint_url") != STAND_IN_URL:
            raise StackError(
                "AIRFLOW_CONN_AWS_DEFAULT in .env does not name the stand-in, and the demo runs only there: run docker "
                "compose up without the profile local, or move .env away and run make env."
            )
        aws = {
            "endpoint_url": STAND_IN_URL,
            "region_name": environ["AWS_DEFAULT_REGION"],
            "aws_access_key_id": connection["login"],
            "aws_secret_access_key": connection["password"],
            "config": Config(**extra.get("config_kwargs", {})),
        }
        return cls(
            airflow_url=environ["AIRFLOW_URL"],
            base_url=environ["AIRFLOW_BASE_URL"],
            password=environ["UI_ADMIN_PASSWORD"],
            bucket=environ["SPARKIFY_BUCKET"],
            aws=aws,
        )


def demo(settings: ComposeSettings, progress: Progress) -> None:
    """Load a week of generated data through Airflow, as a user would.

    :raises StackError: a run fails, or Airflow does not answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        with progress.step("Generating the data"):
            generate(Path(folder), Options())
        dataset = Dataset.open(Path(folder))
        with progress.step("Uploading the data") as step:
            result = upload(dataset, boto3.client("s3", **settings.aws), settings.bucket, step.detail)
            step.done = (
                f"Uploaded {result.sent:,} new or changed of {result.objects:,} objects to s3://{settings.bucket}"
            )
    ensure_boundary(boto3.client("iam", **settings.aws), f"{CLUSTER}-copy-boundary", settings.bucket)
    with AirflowApi(settings.airflow_url, ADMIN, settings.password) as api:
        run_dag(api, progress, CREATE_CLUSTER, {})
        load_window(api, progress, dataset.window)
        with kept_paused(api, REPORT):
            run_dag(api, progress, REPORT, {})
    progress.line(f"Airflow: {settings.base_url} ({ADMIN}; its password is UI_ADMIN_PASSWORD in .env)")


def _json_object(text: str) -> Mapping[str, Any]:
    """Return the content of a JSON object; nothing for other texts, such as the URI of a connection."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def main() -> int:
    """Run the demo and return its exit status."""
    try:
        demo(ComposeSettings.of(os.environ), Progress())
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
