"""A page object for Airflow's UI that finds elements by their visible text."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote, unquote

from playwright.sync_api import Locator, Page, expect

# A run takes seconds, but longer on a busy machine.
RUN_MILLISECONDS = 300_000

RUN = re.compile("/runs/([^/?]+)")


class AirflowUi:
    """A browser page with Airflow's UI.

    :param url: the address of Airflow.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    def log_in(self, username: str, password: str) -> None:
        """Fill in and submit the login form."""
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def log_out(self) -> None:
        """Log out through the menu."""
        self.page.get_by_role("button", name="User").click()
        self.page.get_by_role("menuitem", name="Logout").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Confirm").click()

    def open_home(self) -> None:
        """Open the home page."""
        self.page.goto(self._url)

    def open_plugin(self, route: str) -> None:
        """Open the page of a plugin by its URL."""
        self.page.goto(f"{self._url}/plugin/{route}")

    def open_dag(self, dag_id: str) -> None:
        """Open a DAG from the list of DAGs."""
        self.page.goto(f"{self._url}/dags")
        self.page.get_by_role("link", name=dag_id, exact=True).click()
        expect(self.page.get_by_role("heading", name=dag_id)).to_be_visible()

    def open_run(self, dag_id: str, run_id: str) -> None:
        """Open a run by its URL."""
        self.page.goto(f"{self._url}/dags/{dag_id}/runs/{quote(run_id)}")

    def open_backfilled_runs(self, dag_id: str) -> None:
        """Open the backfill runs of a DAG."""
        self.page.goto(f"{self._url}/dags/{dag_id}/runs?run_type=backfill")

    def open_task(self, task_id: str) -> None:
        """Open a task of the current run, with its log."""
        self.page.get_by_role("row", name=task_id).get_by_role("link", name=task_id, exact=True).click()
        expect(self.page.get_by_role("heading", name=task_id)).to_be_visible()

    def switch_on(self) -> None:
        """Unpause the current DAG."""
        switch = self.page.get_by_test_id("header-card").get_by_test_id("toggle-pause")
        if not switch.get_by_role("checkbox").is_checked():
            switch.click()
        expect(switch.get_by_role("checkbox")).to_be_checked()

    def form(self) -> Form:
        """Open the trigger form of the current DAG."""
        self.page.get_by_role("button", name="Trigger", exact=False).first.click()
        return Form(self.page)

    def run_id(self) -> str:
        """Return the id of the current run, after the navigation to it."""
        expect(self.page).to_have_url(RUN)
        return unquote(RUN.search(self.page.url)[1])

    @property
    def state(self) -> Locator:
        """The badge with the state of the current run or task."""
        return self.page.get_by_test_id("header-card").get_by_test_id("state-badge")

    def expect_end(self, state: str) -> None:
        """Wait until the current run or task has the expected final state."""
        expect(self.state).to_have_text(state, timeout=RUN_MILLISECONDS)

    def expect_task(self, task_id: str, state: str) -> None:
        """Wait until a task of the current run has this state."""
        expect(self.page.get_by_role("row", name=task_id)).to_contain_text(state, timeout=RUN_MILLISECONDS)

    def show_graph(self) -> None:
        """Show the graph view."""
        self.page.get_by_role("button", name="Show Graph").click()
        expect(self.page.locator(".react-flow__node").first).to_be_visible()

    def show_grid(self) -> None:
        """Show the grid view."""
        self.page.get_by_role("button", name="Show Grid").click()

    def clear(self, task_id: str) -> None:
        """Clear the current task and its downstream tasks."""
        self.page.get_by_role("button", name="clear").first.click()
        dialog = self.page.get_by_role("dialog")
        # Until the dialog lists the tasks, a confirmation has no effect.
        expect(dialog.get_by_role("row", name=task_id)).to_be_visible()
        dialog.get_by_role("button", name="Confirm").click()
        expect(dialog).to_be_hidden()

    @property
    def log(self) -> Locator:
        """The log of the current task."""
        return self.page.get_by_test_id("virtualized-list")


class Form:
    """The trigger form of a DAG, for one run or a backfill."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.dialog = page.get_by_role("dialog").filter(has=page.get_by_role("radiogroup"))
        expect(self.dialog.get_by_role("button", name="Run Parameters")).to_be_visible()

    def choose(self, kind: str) -> None:
        """Select one run or a backfill."""
        self.dialog.get_by_text(kind, exact=True).click()
        expect(self.dialog.get_by_role("radio", name=kind)).to_be_checked()

    def field(self, label: str) -> Locator:
        """Return the field with this label."""
        return self.dialog.get_by_role("group").filter(has=self._page.get_by_text(label, exact=True))

    def pick(self, label: str, moment: datetime) -> None:
        """Set a field to a date and a time, in the time zone that its calendar shows."""
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
        """Submit the form."""
        self.dialog.get_by_role("button", name=button, exact=True).click()
