"""Airflow's UI as a person uses it: by what is written on the screen."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote, unquote

from playwright.sync_api import Locator, Page, expect

# A run takes seconds; a machine that does other things too takes longer.
RUN_MILLISECONDS = 300_000

RUN = re.compile("/runs/([^/?]+)")


class AirflowUi:
    """One window with Airflow's UI.

    :param url: the address of Airflow.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    def log_in(self, username: str, password: str) -> None:
        """Fill in the login form, and send it."""
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def log_out(self) -> None:
        """Log out by the menu."""
        self.page.get_by_role("button", name="User").click()
        self.page.get_by_role("menuitem", name="Logout").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Confirm").click()

    def open_home(self) -> None:
        """Go to where the UI begins."""
        self.page.goto(self._url)

    def open_plugin(self, route: str) -> None:
        """Go to the page of a plugin by its address."""
        self.page.goto(f"{self._url}/plugin/{route}")

    def open_dag(self, dag_id: str) -> None:
        """Go to a DAG by the list of all."""
        self.page.goto(f"{self._url}/dags")
        self.page.get_by_role("link", name=dag_id, exact=True).click()
        expect(self.page.get_by_role("heading", name=dag_id)).to_be_visible()

    def open_run(self, dag_id: str, run_id: str) -> None:
        """Go to a run by its address."""
        self.page.goto(f"{self._url}/dags/{dag_id}/runs/{quote(run_id)}")

    def open_backfilled_runs(self, dag_id: str) -> None:
        """Go to a DAG's runs, filtered by their type."""
        self.page.goto(f"{self._url}/dags/{dag_id}/runs?run_type=backfill")

    def open_task(self, task_id: str) -> None:
        """Go from a run to a task of it, and so to its log."""
        self.page.get_by_role("row", name=task_id).get_by_role("link", name=task_id, exact=True).click()
        expect(self.page.get_by_role("heading", name=task_id)).to_be_visible()

    def switch_on(self) -> None:
        """Unpause the DAG that is open."""
        switch = self.page.get_by_test_id("header-card").get_by_test_id("toggle-pause")
        if not switch.get_by_role("checkbox").is_checked():
            switch.click()
        expect(switch.get_by_role("checkbox")).to_be_checked()

    def form(self) -> Form:
        """Open the form that triggers the DAG that is open."""
        self.page.get_by_role("button", name="Trigger", exact=False).first.click()
        return Form(self.page)

    def run_id(self) -> str:
        """Return the id of the run that is open, or is about to be."""
        expect(self.page).to_have_url(RUN)
        return unquote(RUN.search(self.page.url)[1])

    @property
    def state(self) -> Locator:
        """The badge with the state of the run or task that is open."""
        return self.page.get_by_test_id("header-card").get_by_test_id("state-badge")

    def expect_end(self, state: str) -> None:
        """Watch the open run or task until it has ended, as it should."""
        expect(self.state).to_have_text(state, timeout=RUN_MILLISECONDS)

    def expect_task(self, task_id: str, state: str) -> None:
        """Watch a task of the open run until it has a state."""
        expect(self.page.get_by_role("row", name=task_id)).to_contain_text(state, timeout=RUN_MILLISECONDS)

    def show_graph(self) -> None:
        """Show the tasks as a graph."""
        self.page.get_by_role("button", name="Show Graph").click()
        expect(self.page.locator(".react-flow__node").first).to_be_visible()

    def show_grid(self) -> None:
        """Show the tasks of all runs as a grid."""
        self.page.get_by_role("button", name="Show Grid").click()

    def clear(self, task_id: str) -> None:
        """Let the task that is open, and what depends on it, run again."""
        self.page.get_by_role("button", name="clear").first.click()
        dialog = self.page.get_by_role("dialog")
        # Before it lists the tasks, a confirmation confirms nothing.
        expect(dialog.get_by_role("row", name=task_id)).to_be_visible()
        dialog.get_by_role("button", name="Confirm").click()
        expect(dialog).to_be_hidden()

    @property
    def log(self) -> Locator:
        """The log of the task that is open."""
        return self.page.get_by_test_id("virtualized-list")


class Form:
    """The form that triggers a DAG: one run, or a backfill."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.dialog = page.get_by_role("dialog").filter(has=page.get_by_role("radiogroup"))
        expect(self.dialog.get_by_role("button", name="Run Parameters")).to_be_visible()

    def choose(self, kind: str) -> None:
        """Choose between one run and a backfill."""
        self.dialog.get_by_text(kind, exact=True).click()
        expect(self.dialog.get_by_role("radio", name=kind)).to_be_checked()

    def field(self, label: str) -> Locator:
        """Find a field by what is written beside it."""
        return self.dialog.get_by_role("group").filter(has=self._page.get_by_text(label, exact=True))

    def pick(self, label: str, moment: datetime) -> None:
        """Give a field a date and a time, in the time zone that its calendar shows."""
        field = self.field(label)
        field.get_by_test_id("datetime-input").click()
        calendar = self._page.get_by_role("dialog").filter(has=self._page.get_by_placeholder("HH:mm")).last
        calendar.get_by_placeholder("YYYY/MM/DD").fill(f"{moment:%Y/%m/%d}")
        time = calendar.get_by_placeholder("HH:mm")
        time.fill(f"{moment:%H:%M}")
        time.press("Escape")
        expect(calendar).to_be_hidden()
        expect(field).to_contain_text(f"{moment:%b %d, %Y %H:%M}")

    def submit(self, button: str = "Trigger") -> None:
        """Send the form."""
        self.dialog.get_by_role("button", name=button, exact=True).click()
