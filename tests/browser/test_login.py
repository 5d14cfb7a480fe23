"""The login: without it, only its form is accessible."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from local.stack.environment import ADMIN
from local.stack.secret import Secrets
from tests.browser import IN_A_BROWSER
from tests.browser.airflow_ui import AirflowUi
from tests.browser.visit import visit

pytestmark = IN_A_BROWSER


@pytest.fixture
def page(browser, stack):
    """A browser page of a user who is not logged in."""
    with visit(browser, stack.settings) as page:
        yield page


def test_wrong_password_is_refused_and_the_right_one_opens_the_ui(stack, page):
    ui = AirflowUi(page, stack.settings.airflow_url)
    page.goto(stack.settings.airflow_url)
    ui.log_in(ADMIN, "wrong")
    expect(page.get_by_text("Invalid credentials")).to_be_visible()

    ui.log_in(ADMIN, Secrets.of(stack.settings.state).admin_password)
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    expect(page.get_by_role("link", name="Dags", exact=True)).to_be_visible()


def test_anonymous_user_is_redirected_to_the_login_and_then_to_the_requested_page(stack, page):
    page.goto(f"{stack.settings.airflow_url}/dags/sparkify_etl")
    expect(page.get_by_role("heading", name="Sign into Airflow")).to_be_visible()
    expect(page.get_by_text("stage_events")).to_have_count(0)

    AirflowUi(page, stack.settings.airflow_url).log_in(ADMIN, Secrets.of(stack.settings.state).admin_password)
    expect(page.get_by_role("heading", name="sparkify_etl")).to_be_visible()
