"""Send alerts by Slack or e-mail when a task has failed or a run is late.

Recipients are listed in an Airflow Variable, so that they can be changed in the UI. Without it, no alerts are sent
and no provider is needed. See docs/alerts.md.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.providers.common.compat.sdk import AirflowException
from airflow.sdk.bases.notifier import BaseNotifier

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

# The maximum number of lines of an error, and of characters of a line; the log has everything.
_MAX_LINES, _MAX_WIDTH = 8, 300

_UNFINISHED = ("queued", "running")


@dataclass(frozen=True)
class Message:
    """An alert.

    :param title: one line.
    :param facts: the details, by name.
    :param quoted: the first lines of the error; may be empty.
    :param advice: what to do.
    """

    title: str
    facts: Mapping[str, str]
    quoted: str
    advice: str

    def masked(self) -> Message:
        """Return the message without the secrets that Airflow masks in logs."""
        from airflow.providers.common.compat.sdk import redact

        facts = {name: str(redact(fact)) for name, fact in self.facts.items()}
        return replace(self, title=str(redact(self.title)), facts=facts, quoted=str(redact(self.quoted)))

    def for_slack(self) -> str:
        """Return the message in Slack markup."""
        # Slack's escaping rules (Slack page "Formatting text for app surfaces").
        safe = {name: html.escape(fact, quote=False) for name, fact in self.facts.items()}
        facts = "\n".join(f"{name}: {fact}" for name, fact in safe.items())
        quoted = html.escape(self.quoted, quote=False).replace("```", "'''")
        return "\n".join(
            part
            for part in (f":red_circle: *{self.title}*", facts, f"```{quoted}```" if quoted else "", self.advice)
            if part
        )

    def for_email(self) -> str:
        """Return the message as HTML."""
        facts = "".join(f"<li>{html.escape(name)}: {_linked(fact)}</li>" for name, fact in self.facts.items())
        quoted = f"<pre>{html.escape(self.quoted)}</pre>" if self.quoted else ""
        return f"<p><b>{html.escape(self.title)}</b></p><ul>{facts}</ul>{quoted}<p>{html.escape(self.advice)}</p>"


class AlertNotifier(BaseNotifier):
    """Send an alert to the recipients in an Airflow Variable when a task has failed or a run has missed its deadline.

    Use it as ``on_failure_callback`` of tasks, and as ``AsyncCallback`` of a ``DeadlineAlert``. It never reports
    backfill runs as late, because they wait for each other, nor runs that have ended.

    :param variable: the Airflow Variable with a comma-separated list of recipients. Each is an e-mail address, which
        uses the connection ``smtp_default``, or the name of a connection of type ``slackwebhook``.
    :param context: the context that Airflow passes to an awaited notifier.
    """

    def __init__(self, *, variable: str, context: Context | None = None) -> None:
        super().__init__(context)
        self.variable = variable

    def notify(self, context: Context) -> None:
        """Send the message to every recipient.

        :raises AirflowException: some recipients could not be reached; the others received it.
        """
        if message := self._message(context):
            recipients = self._recipients(_read(self.variable))
            self._raise_failures([self._send(recipient, message, context) for recipient in recipients])

    async def async_notify(self, context: Context) -> None:
        """Send the message from the triggerer, which runs deadline callbacks."""
        from asgiref.sync import sync_to_async

        if message := self._message(context):
            recipients = self._recipients(await sync_to_async(_read)(self.variable))
            self._raise_failures([await self._send_async(recipient, message, context) for recipient in recipients])

    def _send(self, recipient: str, message: Message, context: Context) -> str | None:
        """Send the message to one recipient, and return the failure so that the others are still reached."""
        try:
            _notifier(recipient, message).notify(context)
        except Exception as error:
            return self._failure(recipient, error)
        self.log.info("Sent an alert to %s.", recipient)
        return None

    async def _send_async(self, recipient: str, message: Message, context: Context) -> str | None:
        try:
            await _notifier(recipient, message).async_notify(context)
        except Exception as error:
            return self._failure(recipient, error)
        self.log.info("Sent an alert to %s.", recipient)
        return None

    def _failure(self, recipient: str, error: Exception) -> str:
        self.log.error("Cannot send an alert to %s.", recipient, exc_info=error)
        return f"{recipient} ({error})"

    def _raise_failures(self, failures: list[str | None]) -> None:
        if messages := [failure for failure in failures if failure]:
            raise AirflowException(
                f"The alert did not reach {'; '.join(messages)}. Check the Airflow Variable {self.variable}."
            )

    def _message(self, context: Context) -> Message | None:
        if "deadline" not in context:
            return failed(context).masked()
        # The context of a deadline has the run as its JSON.
        run: Any = context["dag_run"]
        if run["run_type"] == "backfill":
            self.log.info("A backfill run is late; no alert is sent for backfills.")
            return None
        if run["state"] not in _UNFINISHED:
            # Airflow does not remove the deadline of a failed run.
            self.log.info("The run has ended (%s); no alert is sent.", run["state"])
            return None
        return late(context).masked()

    def _recipients(self, named: str) -> list[str]:
        recipients = [recipient.strip() for recipient in named.split(",") if recipient.strip()]
        if not recipients:
            self.log.info("No alert is sent: the Airflow Variable %s lists no recipients.", self.variable)
        return recipients


def failed(context: Mapping[str, Any]) -> Message:
    """Return the alert for a task that has failed and will not be retried.

    :param context: the task's context.
    """
    instance, error = context["ti"], context.get("exception")
    facts = {
        "Window": _window(context),
        "Run": instance.run_id,
        "Try": str(instance.try_number),
        "Log": instance.log_url,
    }
    return Message(
        f"{instance.dag_id}: {instance.task_id} has failed",
        facts,
        _first_lines(str(error)) if error else "",
        "See the log for the cause. Fix it, then clear the task: data that is already correct is not changed.",
    )


def late(context: Mapping[str, Any]) -> Message:
    """Return the alert for a run that has missed its deadline.

    :param context: the context of a deadline callback: the run as in Airflow's REST API, and the deadline.
    """
    from airflow.providers.common.compat.sdk import conf

    run = context["dag_run"]
    base_url = (conf.get("api", "base_url", fallback="") or "").rstrip("/")
    facts = {
        "Window": _window(
            {
                "params": run.get("conf"),
                "data_interval_start": run.get("data_interval_start"),
                "data_interval_end": run.get("data_interval_end"),
                "dag_run": SimpleNamespace(run_after=run["run_after"]),
            }
        ),
        "Run": f"{run['dag_run_id']}, {run['state']}",
        "Deadline": f"{context['deadline']['deadline_time']}",
        "Page": f"{base_url}/dags/{quote(run['dag_id'])}/runs/{quote(run['dag_run_id'])}",
    }
    return Message(
        f"{run['dag_id']} is late",
        facts,
        "",
        "See its page for what it is waiting for. The run continues; being late does not require a rerun.",
    )


def _window(context: Mapping[str, Any]) -> str:
    from airflow.providers.common.compat.sdk import AirflowFailException

    from redshift_elt.run.window import resolve_window

    try:
        return str(resolve_window(context))
    except AirflowFailException as error:
        # This is the reason why the task has failed.
        return f"none: {error}"


def _first_lines(text: str) -> str:
    """Return the beginning of a text. Secrets are masked first, because a part of one is not recognized."""
    from airflow.providers.common.compat.sdk import redact

    text = str(redact(text))
    lines = text.strip().splitlines()
    shown = [line if len(line) <= _MAX_WIDTH else f"{line[:_MAX_WIDTH]}…" for line in lines[:_MAX_LINES]]
    if len(lines) > _MAX_LINES:
        shown.append(f"... and {len(lines) - _MAX_LINES} more lines")
    return "\n".join(shown)


def _linked(fact: str) -> str:
    text = html.escape(fact)
    return f'<a href="{text}">{text}</a>' if fact.startswith(("https://", "http://")) else text


def _read(variable: str) -> str:
    from airflow.sdk import Variable

    return Variable.get(variable, default="") or ""


def _notifier(recipient: str, message: Message) -> BaseNotifier:
    """Return the provider's notifier for a recipient; its texts are not rendered as templates."""
    if "@" in recipient:
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier

        return SmtpNotifier(to=recipient, subject=message.title, html_content=message.for_email())
    try:
        from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
    except ImportError as error:
        raise RuntimeError("install apache-airflow-providers-slack to send alerts to Slack") from error
    return SlackWebhookNotifier(slack_webhook_conn_id=recipient, text=message.for_slack())
