"""The report that a DAG has published to S3, served unchanged as untrusted data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from airflow.providers.common.compat.sdk import AirflowException
from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowRuntimeError  # noqa: TID251 - it is here in every version
from botocore.exceptions import BotoCoreError, HTTPClientError

from redshift_elt.connection.aws_api import AwsApi, AwsRefusedError, Deadline
from warehouse_page.cached import Cached
from warehouse_page.settings import PageSettings
from warehouse_page.snapshot import CLIENT_SECONDS

_INDEX = "index.html"
# The files that the page links to: a folder per report, with a file per question.
_FILE = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9_-]+\.csv")
_DEADLINE_SECONDS = 20
MAX_BYTES = 20_000_000
_ABSENT = ("NoSuchKey", "404", "NotFound")
# Without permission to list the bucket, S3 reports a missing object as forbidden. HEAD returns only the status.
_FORBIDDEN = ("AccessDenied", "403", "Forbidden")


class NoReportError(Exception):
    """There is no report to show; the message says why, and what to do."""


@dataclass(frozen=True)
class ReportFile:
    """A file of the report.

    :param published_at: UTC without a time zone.
    """

    body: bytes
    media_type: str
    published_at: datetime


class Report:
    """The files of the report.

    :param settings: the settings of the page.
    """

    def __init__(self, settings: PageSettings) -> None:
        self._settings = settings
        self._api = Cached(lambda: AwsApi(settings.aws_conn_id), CLIENT_SECONDS)

    def published_at(self) -> datetime:
        """Return when the report was last published; UTC without a time zone.

        :raises NoReportError: there is no report, or S3 cannot be reached.
        """
        return _moment(self._call("HeadObject", _INDEX))

    def file(self, name: str) -> ReportFile:
        """Return a file: ``index.html``, or one that it links to.

        :raises NoReportError: there is no such file, or S3 cannot be reached.
        """
        if name != _INDEX and not _FILE.fullmatch(name):
            raise NoReportError("The report has no such file.")
        response = self._call("GetObject", name)
        try:
            with response["Body"] as body:
                content = body.read(MAX_BYTES + 1)
        except (BotoCoreError, HTTPClientError, OSError) as error:
            raise NoReportError(f"S3 interrupted its response ({type(error).__name__}). Try again.") from error
        if len(content) > MAX_BYTES:
            raise NoReportError(f"The file is larger than {MAX_BYTES:,} bytes: open it in the bucket.")
        # Never the media type that S3 returns.
        media_type = "text/html; charset=utf-8" if name == _INDEX else "text/csv; charset=utf-8"
        return ReportFile(content, media_type, _moment(response))

    def _call(self, operation: str, name: str) -> dict[str, Any]:
        settings = self._settings
        try:
            bucket = Variable.get(settings.report_bucket_variable)
        except (AirflowRuntimeError, KeyError) as error:
            raise NoReportError(
                f"The Airflow Variable {settings.report_bucket_variable!r} is not set. Set it to the report's bucket."
            ) from error
        key = f"{settings.report_prefix}{name}"
        try:
            return self._api.get().call(Deadline(_DEADLINE_SECONDS), "s3", operation, Bucket=bucket, Key=key)
        except AwsRefusedError as error:
            if error.code in _ABSENT:
                raise NoReportError(
                    "There is no report yet. It is published after the next load, or when you trigger its DAG."
                ) from error
            if error.code in _FORBIDDEN:
                raise NoReportError(
                    "There is no report yet, or access is denied. It is published after the next load. The identity of "
                    f"the Airflow connection {settings.aws_conn_id!r} needs s3:GetObject on {settings.report_prefix}* "
                    "in the bucket."
                ) from error
            raise NoReportError(str(error)) from error
        except AirflowException as error:
            raise NoReportError(str(error)) from error


def _moment(response: dict[str, Any]) -> datetime:
    return response["LastModified"].astimezone(timezone.utc).replace(tzinfo=None)
