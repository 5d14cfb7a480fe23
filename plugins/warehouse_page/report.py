"""The report that a DAG has published to S3, handed on as it is: data that may not act in the page's name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowException, AirflowRuntimeError
from botocore.exceptions import BotoCoreError, HTTPClientError

from redshift_elt.connection.aws_api import AwsApi, AwsRefusedError, Deadline
from warehouse_page.kept import Kept
from warehouse_page.settings import PageSettings
from warehouse_page.warehouse import CLIENT_KEPT_SECONDS

_INDEX = "index.html"
# What the page links to: a folder of a moment, and a file of an answer in it.
_FILE = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9_-]+\.csv")
_DEADLINE_SECONDS = 20
MOST_BYTES = 20_000_000
_ABSENT = ("NoSuchKey", "404", "NotFound")
# To who may not list the bucket, S3 calls what is missing forbidden; to HEAD it answers with the status alone.
_FORBIDDEN = ("AccessDenied", "403", "Forbidden")


class NoReportError(Exception):
    """There is nothing to show; the message says why, and what to do."""


@dataclass(frozen=True)
class ReportFile:
    """A file of the report.

    :param published_at: UTC, without a zone.
    """

    body: bytes
    media_type: str
    published_at: datetime


class Report:
    """The report's files.

    :param settings: where they are.
    """

    def __init__(self, settings: PageSettings) -> None:
        self._settings = settings
        self._api = Kept(lambda: AwsApi(settings.aws_conn_id), CLIENT_KEPT_SECONDS)

    def published_at(self) -> datetime:
        """Return when the report was published last; UTC without a zone.

        :raises NoReportError: there is none, or S3 cannot be asked.
        """
        return _moment(self._ask("HeadObject", _INDEX))

    def file(self, name: str) -> ReportFile:
        """Return a file: ``index.html``, or one that it links to.

        :raises NoReportError: there is none of that name, or S3 cannot be asked.
        """
        if name != _INDEX and not _FILE.fullmatch(name):
            raise NoReportError("The report has no such file.")
        answer = self._ask("GetObject", name)
        try:
            with answer["Body"] as body:
                content = body.read(MOST_BYTES + 1)
        except (BotoCoreError, HTTPClientError, OSError) as error:
            raise NoReportError(f"S3 has broken off its answer ({type(error).__name__}). Try again.") from error
        if len(content) > MOST_BYTES:
            raise NoReportError(f"The file is larger than {MOST_BYTES:,} bytes: open it in the bucket.")
        # Never what S3 says of it.
        media_type = "text/html; charset=utf-8" if name == _INDEX else "text/csv; charset=utf-8"
        return ReportFile(content, media_type, _moment(answer))

    def _ask(self, operation: str, name: str) -> dict[str, Any]:
        settings = self._settings
        try:
            bucket = Variable.get(settings.report_bucket_variable)
        except (AirflowRuntimeError, KeyError) as error:
            raise NoReportError(
                f"The Airflow Variable {settings.report_bucket_variable!r} is not set, which names the report's bucket."
            ) from error
        key = f"{settings.report_prefix}{name}"
        try:
            return self._api.get().call(Deadline(_DEADLINE_SECONDS), "s3", operation, Bucket=bucket, Key=key)
        except AwsRefusedError as error:
            if error.code in _ABSENT:
                raise NoReportError(
                    "There is no report yet. It is published after the next load; or trigger its DAG by hand."
                ) from error
            if error.code in _FORBIDDEN:
                raise NoReportError(
                    "There is no report yet, or it may not be read. It is published after the next load; the identity "
                    f"of the Airflow connection {settings.aws_conn_id!r} needs s3:GetObject below "
                    f"{settings.report_prefix} in the bucket."
                ) from error
            raise NoReportError(str(error)) from error
        except AirflowException as error:
            raise NoReportError(str(error)) from error


def _moment(answer: dict[str, Any]) -> datetime:
    return answer["LastModified"].astimezone(timezone.utc).replace(tzinfo=None)
