"""Tell people that a task has failed, or that a run is late: by Slack, by e-mail, or both.

Who is told stands in an Airflow Variable, so that it can be changed in the UI. Without it nobody is told, and no
provider is needed. See docs/alerts.md.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk.bases.notifier import BaseNotifier

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

# An error can be long, and so can each of its lines; the log has all of it.
_LINES, _WIDTH = 8, 300

_GOING_ON = ("queued", "running")


@dataclass(frozen=True)
class Message:
    """What people are told.

    :param title: one line.
    :param facts: what there is to know, each with its name.
    :param quoted: the error's first lines; may be empty.
    :param advice: what to do.
    """

    title: str
    facts: Mapping[str, str]
    quoted: str
    advice: str

    def for_slack(self) -> str:
        """Return the message in Slack's markup."""
        # Slack's own rules of escaping (Slack page "Formatting text for app surfaces").
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
    """Tell whom an Airflow Variable names that a task has failed, or that a run has missed its deadline.

    Give it as ``on_failure_callback`` of tasks, and as ``AsyncCallback`` of a ``DeadlineAlert``. Runs of a backfill
    wait for one another, so they are never told to be late; neither are runs that have ended.

    :param variable: the Airflow Variable. It has a list, with commas: each entry is an e-mail address, to which mail
        goes by the connection ``smtp_default``, or a connection of type ``slackwebhook``.
    :param context: what Airflow gives a notifier that it awaits.
    """

    def __init__(self, *, variable: str, context: Context | None = None) -> None:
        super().__init__(context)
        self.variable = variable

    def notify(self, context: Context) -> None:
        """Send the message to each receiver.

        :raises AirflowException: it did not reach each of them; it was sent to the others.
        """
        if message := self._message(context):
            receivers = self._receivers(_read(self.variable))
            self._complain([self._send(receiver, message, context) for receiver in receivers])

    async def async_notify(self, context: Context) -> None:
        """Do the same in the triggerer, where the callbacks of deadlines run."""
        from asgiref.sync import sync_to_async

        if message := self._message(context):
            receivers = self._receivers(await sync_to_async(_read)(self.variable))
            self._complain([await self._send_async(receiver, message, context) for receiver in receivers])

    def _send(self, receiver: str, message: Message, context: Context) -> str | None:
        """Send the message to one receiver and return what went wrong, so that the others get it all the same."""
        try:
            _notifier(receiver, message).notify(context)
        except Exception as error:
            return self._missed(receiver, error)
        self.log.info("An alert was sent to %s.", receiver)
        return None

    async def _send_async(self, receiver: str, message: Message, context: Context) -> str | None:
        try:
            await _notifier(receiver, message).async_notify(context)
        except Exception as error:
            return self._missed(receiver, error)
        self.log.info("An alert was sent to %s.", receiver)
        return None

    def _missed(self, receiver: str, error: Exception) -> str:
        self.log.error("No alert was sent to %s.", receiver, exc_info=error)
        return f"{receiver} ({error})"

    def _complain(self, failures: list[str | None]) -> None:
        from airflow.sdk.exceptions import AirflowException

        if missed := [failure for failure in failures if failure]:
            raise AirflowException(f"The alert did not reach {'; '.join(missed)}. See the Variable {self.variable}.")

    def _message(self, context: Context) -> Message | None:
        if "deadline" not in context:
            return failed(context)
        # The context of a deadline has the run as its JSON.
        run: Any = context["dag_run"]
        if run["run_type"] == "backfill":
            self.log.info("A run of a backfill is late, which nobody is told.")
            return None
        if run["state"] not in _GOING_ON:
            # Airflow keeps the deadline of a run that has failed.
            self.log.info("The run has ended (%s), so nobody is told that it is late.", run["state"])
            return None
        return late(context)

    def _receivers(self, named: str) -> list[str]:
        receivers = [receiver.strip() for receiver in named.split(",") if receiver.strip()]
        if not receivers:
            self.log.info("No alert is sent, for the Airflow Variable %s names nobody to send it to.", self.variable)
        return receivers


def failed(context: Mapping[str, Any]) -> Message:
    """Return what to tell of a task that has failed for good.

    :param context: the task's.
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
        "Correct the cause, which the log tells, then clear the task. What is right already is left as it is.",
    )


def late(context: Mapping[str, Any]) -> Message:
    """Return what to tell of a run that has missed its deadline.

    :param context: what Airflow gives the callback of a deadline: the run as its REST API shows it, and the deadline.
    """
    from airflow.sdk.configuration import conf

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
        "See on its page what it waits for. The run goes on, and nothing has to be done again because it is late.",
    )


def _window(context: Mapping[str, Any]) -> str:
    from airflow.sdk.exceptions import AirflowFailException

    from redshift_elt.run.window import resolve_window

    try:
        return str(resolve_window(context))
    except AirflowFailException as error:
        # Then that is why the task has failed.
        return f"none: {error}"


def _first_lines(text: str) -> str:
    lines = text.strip().splitlines()
    shown = [line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…" for line in lines[:_LINES]]
    return "\n".join([*shown, *([f"... and {len(lines) - _LINES} more lines"] if len(lines) > _LINES else [])])


def _linked(fact: str) -> str:
    text = html.escape(fact)
    return f'<a href="{text}">{text}</a>' if fact.startswith(("https://", "http://")) else text


def _read(variable: str) -> str:
    from airflow.sdk import Variable

    return Variable.get(variable, default="") or ""


def _notifier(receiver: str, message: Message) -> BaseNotifier:
    """Return the provider's notifier that sends a message to a receiver; its texts are not rendered as templates."""
    if "@" in receiver:
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier

        return SmtpNotifier(to=receiver, subject=message.title, html_content=message.for_email())
    try:
        from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
    except ImportError as error:
        raise RuntimeError("install apache-airflow-providers-slack to send alerts to Slack") from error
    return SlackWebhookNotifier(slack_webhook_conn_id=receiver, text=message.for_slack())
