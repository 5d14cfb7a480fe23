"""Report the results of checks: in the log, and in the error that fails a task."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.checks.result import Result

log = logging.getLogger(__name__)

_WORDS = {"passed": "passed", "warned": "warned", "failed": "FAILED"}


def log_results(results: Sequence[Result]) -> None:
    """Log every result, and the rows that break a check below it."""
    for result in results:
        level = logging.INFO if result.outcome == "passed" else logging.WARNING
        log.log(level, "%s: %s", _WORDS[result.outcome], result.with_rows)


def fail_if_any_failed(results: Sequence[Result], consequence: str = "") -> None:
    """Fail the task if a check with severity ``error`` failed.

    :param consequence: a sentence for the message that says what follows.
    :raises AirflowFailException: a check failed; the message lists every one. The task is not retried, because bad data
        stays bad.
    """
    failed = [result for result in results if result.outcome == "failed"]
    if failed:
        listed = "\n".join(result.with_rows for result in failed)
        follows = f" {consequence}" if consequence else ""
        raise AirflowFailException(f"{len(failed)} of {len(results)} checks failed.{follows}\n{listed}")
