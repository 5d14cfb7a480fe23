"""Alerts, sent by the real providers to local Slack and mail servers."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from airflow.sdk._shared.secrets_masker import reset_secrets_masker
from airflow.sdk.log import mask_secret

from redshift_elt.integrations.alerts import AlertNotifier, failed
from tests.support.inboxes import HOST, Inbox, html_of, mail, slack
from tests.support.warehouse import ROOT

VARIABLE = "tests_alerts"
PAGE = (ROOT / "docs" / "alerts.md").read_text("utf-8")
LOG = "http://airflow.example.com/dags/orders_etl/runs/manual__1/tasks/load?try_number=4"
RUN = {
    "dag_id": "orders_etl",
    "dag_run_id": "scheduled__2018-11-01T05:00:00+00:00",
    "run_type": "scheduled",
    "state": "running",
    "run_after": "2018-11-01T06:00:00Z",
    "data_interval_start": "2018-11-01T05:00:00Z",
    "data_interval_end": "2018-11-01T06:00:00Z",
    "conf": {},
}


@pytest.fixture
def slack_inbox(monkeypatch) -> Iterator[Inbox]:
    with slack() as inbox:
        monkeypatch.setenv("AIRFLOW_CONN_SLACK_ALERTS", json.dumps(inbox.connection))
        yield inbox


@pytest.fixture
def mail_inbox(monkeypatch) -> Iterator[Inbox]:
    with mail() as inbox:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(inbox.connection))
        yield inbox


def set_recipients(monkeypatch, recipients: str) -> None:
    monkeypatch.setenv(f"AIRFLOW_VAR_{VARIABLE.upper()}", recipients)


def failure(error: Exception | None, **params: Any) -> dict[str, Any]:
    """Return the context that Airflow passes to the callback of a failed task."""
    instance = SimpleNamespace(
        dag_id="orders_etl", task_id="load", run_id="manual__1", try_number=4, log_url=LOG
    )  # fmt: skip
    window = {"window_start": "2018-11-01T05:00:00Z", "window_end": "2018-11-01T06:00:00Z"}
    return {"ti": instance, "exception": error, "params": {**window, **params}}


def deadline(**changes: Any) -> list[dict[str, Any]]:
    """Call the notifier for a late run through the trigger of the triggerer, and return the result."""
    context = {"dag_run": {**RUN, **changes}, "deadline": {"id": "1", "deadline_time": "2018-11-01 07:00:00+00:00"}}
    callback = pytest.importorskip("airflow.triggers.callback", reason="Airflow 3.1 has no deadline that is used here")
    trigger = callback.CallbackTrigger(
        "redshift_elt.integrations.alerts.AlertNotifier", {"variable": VARIABLE, "context": context}
    )

    async def run() -> list[dict[str, Any]]:
        return [event.payload async for event in trigger.run()]

    return asyncio.run(run())


def test_failed_task_is_reported_by_slack_and_email(slack_inbox, mail_inbox, monkeypatch):
    set_recipients(monkeypatch, "slack_alerts, data@example.com,")
    error = AirflowException("COPY met data:\ns3://shop/<orders>.json & more, {{ 6 * 7 }}")
    AlertNotifier(variable=VARIABLE)(failure(error))
    assert slack_inbox.next() == (
        ":red_circle: *orders_etl: load has failed*\n"
        "Window: 2018-11-01 05:00 to 2018-11-01 06:00 UTC\n"
        "Run: manual__1\n"
        "Try: 4\n"
        f"Log: {LOG}\n"
        "```COPY met data:\ns3://shop/&lt;orders&gt;.json &amp; more, {{ 6 * 7 }}```\n"
        "See the log for the cause. Fix it, then clear the task: data that is already correct is not changed."
    )
    message = mail_inbox.next()
    assert message["X-To"] == "data@example.com"
    assert message["From"] == "airflow@example.com"
    assert message["Subject"] == "orders_etl: load has failed"
    html = html_of(message)
    assert "<li>Window: 2018-11-01 05:00 to 2018-11-01 06:00 UTC</li>" in html
    assert f'<li>Log: <a href="{LOG}">{LOG}</a></li>' in html
    assert "<pre>COPY met data:\ns3://shop/&lt;orders&gt;.json &amp; more, {{ 6 * 7 }}</pre>" in html.replace(
        "\r\n", "\n"
    )
    assert slack_inbox.empty
    assert mail_inbox.empty


def test_late_run_is_reported_by_the_triggerer(slack_inbox, mail_inbox, monkeypatch):
    set_recipients(monkeypatch, "slack_alerts, data@example.com")
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://airflow.example.com/")
    assert [event["state"] for event in deadline()] == ["running", "success"]
    page = "http://airflow.example.com/dags/orders_etl/runs/scheduled__2018-11-01T05%3A00%3A00%2B00%3A00"
    assert slack_inbox.next() == (
        ":red_circle: *orders_etl is late*\n"
        "Window: 2018-11-01 05:00 to 2018-11-01 06:00 UTC\n"
        "Run: scheduled__2018-11-01T05:00:00+00:00, running\n"
        "Deadline: 2018-11-01 07:00:00+00:00\n"
        f"Page: {page}\n"
        "See its page for what it is waiting for. The run continues; being late does not require a rerun."
    )
    message = mail_inbox.next()
    assert message["Subject"] == "orders_etl is late"
    assert f'<a href="{page}">' in html_of(message)


@pytest.mark.parametrize("run", [{"run_type": "backfill"}, {"state": "failed"}, {"state": "success"}])
def test_backfill_runs_and_finished_runs_are_never_reported_as_late(slack_inbox, monkeypatch, run):
    set_recipients(monkeypatch, "slack_alerts")
    assert [event["state"] for event in deadline(**run)] == ["running", "success"]
    assert slack_inbox.empty


@pytest.mark.parametrize("recipients", [None, "", " , "])
def test_without_recipients_nothing_is_sent_and_no_provider_needed(monkeypatch, capsys, recipients):
    for name in list(sys.modules):
        if name.startswith(("airflow.providers.slack", "airflow.providers.smtp", "slack_sdk")):
            monkeypatch.setitem(sys.modules, name, None)
    for name in ("airflow.providers.slack", "airflow.providers.smtp"):
        monkeypatch.setitem(sys.modules, name, None)
    if recipients is not None:
        set_recipients(monkeypatch, recipients)
    AlertNotifier(variable=VARIABLE)(failure(AirflowException("no")))
    assert [event["state"] for event in deadline()] == ["running", "success"]
    assert capsys.readouterr().out.count(f"the Airflow Variable {VARIABLE} lists no recipients") == 2


def test_unreachable_recipient_does_not_affect_the_others(slack_inbox, mail_inbox, monkeypatch):
    set_recipients(monkeypatch, "slack_gone, slack_alerts, data@example.com")
    gone = {**slack_inbox.connection, "password": "T0/B0/revoked"}
    monkeypatch.setenv("AIRFLOW_CONN_SLACK_GONE", json.dumps(gone))
    with pytest.raises(AirflowException, match=r"did not reach slack_gone \(.*404.*\)\. Check the Airflow"):
        AlertNotifier(variable=VARIABLE)(failure(AirflowException("no")))
    assert "has failed" in slack_inbox.next()
    assert mail_inbox.next()["Subject"] == "orders_etl: load has failed"
    assert [event["state"] for event in deadline()] == ["running", "failed"]
    assert "is late" in slack_inbox.next()
    assert mail_inbox.next()["Subject"] == "orders_etl is late"


def test_error_names_every_recipient_if_slack_and_the_mail_server_are_down(monkeypatch):
    """Airflow logs the error; the state of the task does not depend on its callbacks."""
    set_recipients(monkeypatch, "slack_alerts, data@example.com")
    with slack() as slack_down, mail() as mail_down:
        pass
    for name, down in (("SLACK_ALERTS", slack_down), ("SMTP_DEFAULT", mail_down)):
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(down.connection))
    with pytest.raises(AirflowException, match=r"did not reach slack_alerts \(.*data@example.com \("):
        AlertNotifier(variable=VARIABLE)(failure(AirflowException("no")))


def test_missing_slack_provider_is_logged_with_what_to_install(monkeypatch):
    set_recipients(monkeypatch, "slack_alerts")
    monkeypatch.setitem(sys.modules, "airflow.providers.slack.notifications.slack_webhook", None)
    with pytest.raises(AirflowException, match="install apache-airflow-providers-slack"):
        AlertNotifier(variable=VARIABLE)(failure(AirflowException("no")))


def test_long_error_is_shortened_to_its_first_lines():
    message = failed(failure(AirflowException("\n".join(["x" * 400, *map(str, range(1, 20))]))))
    assert message.quoted.splitlines() == ["x" * 300 + "…", *map(str, range(1, 8)), "... and 12 more lines"]


@pytest.fixture
def password() -> Iterator[str]:
    """A secret that Airflow masks, like the password of a connection that a task has read."""
    # Those of other tests can be parts of this one, and Airflow masks any of them first.
    reset_secrets_masker()
    mask_secret("Pa55word-of-alerts")
    yield "Pa55word-of-alerts"
    reset_secrets_masker()


def test_alerts_do_not_contain_secrets(slack_inbox, mail_inbox, monkeypatch, password):
    set_recipients(monkeypatch, "slack_alerts, data@example.com")
    error = AirflowException(f"refused: redshift://loader:{password}@host/dev")
    # The window is one of the facts, and quotes what was entered.
    AlertNotifier(variable=VARIABLE)(failure(error, window_start=password))
    sent = slack_inbox.next(), html_of(mail_inbox.next())
    assert [text.count("redshift://loader:***@host/dev") for text in sent] == [1, 1]
    deadline(dag_run_id=f"manual__{password}")
    late = slack_inbox.next(), html_of(mail_inbox.next())
    assert ["manual__***" in text for text in late] == [True, True]
    assert password not in "".join((*sent, *late))


def test_secret_at_the_end_of_a_long_line_is_masked_before_the_line_is_cut(password):
    message = failed(failure(AirflowException("x" * 295 + password)))
    assert "Pa55" not in message.quoted


def test_killed_task_has_no_error_message():
    assert failed(failure(None)).quoted == ""


def test_invalid_window_is_reported():
    message = failed(failure(AirflowException("no"), window_end=None))
    assert message.facts["Window"] == "none: Give both window_start and window_end, or neither of them."


def test_settings_on_the_page_can_be_copied(slack_inbox, mail_inbox, monkeypatch):
    """The settings are unchanged, except for the addresses of the servers."""
    [block] = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    settings = dict(re.findall(r"^export (\w+)='(.*)'$", block, re.MULTILINE))
    assert set(settings) == {"AIRFLOW_CONN_SLACK_ALERTS", "AIRFLOW_CONN_SMTP_DEFAULT", "AIRFLOW_VAR_SPARKIFY_ALERTS"}
    slack_there, mail_there = (
        json.loads(settings[f"AIRFLOW_CONN_{name}"]) for name in ("SLACK_ALERTS", "SMTP_DEFAULT")
    )
    here = {"host": slack_inbox.connection["host"], "password": slack_inbox.connection["password"]}
    monkeypatch.setenv("AIRFLOW_CONN_SLACK_ALERTS", json.dumps({**slack_there, **here}))
    here = {"host": HOST, "port": mail_inbox.connection["port"], "login": None, "password": None}
    extra = {**mail_there["extra"], "disable_tls": True}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps({**mail_there, **here, "extra": extra}))
    monkeypatch.setenv("AIRFLOW_VAR_SPARKIFY_ALERTS", settings["AIRFLOW_VAR_SPARKIFY_ALERTS"])
    AlertNotifier(variable="sparkify_alerts")(failure(AirflowException("no")))
    assert "has failed" in slack_inbox.next()
    assert mail_inbox.next()["X-To"] == "data-team@example.com"


def test_dag_on_the_page_can_be_copied(slack_inbox, monkeypatch):
    [code] = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(code, namespace)  # noqa: S102 - it is the page of the project
    monkeypatch.setenv("AIRFLOW_VAR_ORDERS_ALERTS", "slack_alerts")
    dag = namespace["dag"]
    [notifier] = dag.get_task("load").on_failure_callback
    notifier(failure(AirflowException("no")))
    assert "has failed" in slack_inbox.next()
    pytest.importorskip("airflow.triggers.callback", reason="Airflow 3.1 has no deadline that is used here")
    [alert] = dag.deadline
    assert (alert.callback.path, alert.callback.kwargs) == (
        "redshift_elt.integrations.alerts.AlertNotifier",
        {"variable": "orders_alerts"},
    )
