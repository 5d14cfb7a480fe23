"""A browser, a logged-in user, a bucket with five days of data, and a warehouse to load them into."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from local.datagen import Options, generate
from local.stack.airflow_api import AirflowApi
from local.stack.aws_client import aws_client
from local.stack.cluster_login import require_login
from local.stack.dag_ids import CREATE_CLUSTER, LOAD, TEARDOWN_CLUSTER, TEARDOWN_WITHOUT_TRACE
from local.stack.dag_run import run_dag
from local.stack.dataset import Dataset
from local.stack.demo import upload_data
from local.stack.environment import ADMIN, BUCKET
from local.stack.progress import Progress
from local.stack.secret import Secrets
from local.stack.stack import Stack
from local.stack.upload import delete
from tests.browser.airflow_ui import AirflowUi
from tests.browser.chromium import HOW, find_browser, flags
from tests.browser.visit import visit

# Everything takes longer on a busy machine.
PATIENCE_MILLISECONDS = 60_000
expect.set_options(timeout=PATIENCE_MILLISECONDS)

REPORT = "sparkify_report"

# The folder for new screenshots, such as docs/screenshots.
PICTURES = "SPARKIFY_SCREENSHOTS"


@pytest.fixture(scope="session")
def program() -> str:
    """The installed browser."""
    program = find_browser()
    if program is None:
        pytest.skip(f"There is no browser: {HOW}")
    return program


@pytest.fixture(scope="session")
def stack(program: str, stack: Stack) -> Stack:
    """The whole local stack, which is started only if there is a browser."""
    return stack


# Only for the tests in this folder: while Playwright runs, other tests cannot use asyncio.
@pytest.fixture(scope="package")
def browser(program: str) -> Iterator[Browser]:
    """A headless browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags(os.getuid()))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def remembered(browser: Browser, stack: Stack) -> Any:
    """The stored browser state of a logged-in admin."""
    with visit(browser, stack.settings) as page:
        page.goto(stack.settings.airflow_url)
        AirflowUi(page, stack.settings.airflow_url).log_in(ADMIN, Secrets.of(stack.settings.state).admin_password)
        expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
        return page.context.storage_state()


@pytest.fixture
def page(browser: Browser, stack: Stack, remembered: Any) -> Iterator[Page]:
    """A browser page of a logged-in user."""
    with visit(browser, stack.settings, storage_state=remembered) as page:
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        yield page


@pytest.fixture
def ui(page: Page, stack: Stack) -> AirflowUi:
    """Airflow's UI on that page."""
    return AirflowUi(page, stack.settings.airflow_url)


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[Page, str], None]:
    """Take a screenshot for the documentation. Without ``SPARKIFY_SCREENSHOTS`` it is discarded."""
    folder = Path(os.environ.get(PICTURES) or tmp_path)

    def take(page: Page, name: str) -> None:
        # Move the mouse away, so that nothing is highlighted.
        page.mouse.move(0, 0)
        image = Image.open(BytesIO(page.screenshot(animations="disabled")))
        # A third of the size without a visible difference.
        image.convert("RGB").quantize(256).save(folder / f"{name}.png", optimize=True)

    return take


@pytest.fixture(scope="package")
def dataset(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Five days of generated data that tests of other files do not load."""
    target = tmp_path_factory.mktemp("generated") / "data"
    generate(target, Options(days=5, users=40, songs=100, start=date(2018, 11, 5)))
    return Dataset.open(target)


@pytest.fixture(scope="package")
def warehouse(
    browser: Browser, stack: Stack, api: AirflowApi, progress: Progress, dataset: Dataset
) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A cluster without rows, and a bucket with the data; both are deleted afterwards."""
    s3 = aws_client(stack.settings, "s3")
    upload_data(stack.settings, progress, dataset)
    run_dag(api, progress, CREATE_CLUSTER, {})
    api.unpause(LOAD)
    with require_login(stack.settings).connect() as connection:
        yield connection
    run_dag(api, progress, TEARDOWN_CLUSTER, TEARDOWN_WITHOUT_TRACE)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    delete(s3, BUCKET, [item["Key"] for page in pages for item in page.get("Contents", [])])


@pytest.fixture(scope="package")
def loaded_day(
    api: AirflowApi, progress: Progress, warehouse: psycopg.Connection[tuple[Any, ...]], dataset: Dataset
) -> datetime:
    """The first day, after it has been loaded."""
    day = datetime.combine(dataset.first_day, time())
    if not warehouse.execute("select count(*) from songplays where trunc(start_time) = %s", [day.date()]).fetchone()[0]:
        window = {"window_start": f"{day.isoformat()}Z", "window_end": f"{(day + timedelta(days=1)).isoformat()}Z"}
        run_dag(api, progress, LOAD, window)
    return day


@pytest.fixture(scope="package")
def report(stack: Stack, api: AirflowApi, progress: Progress, loaded_day: datetime) -> Iterator[str]:
    """A presigned URL of a report."""
    run_dag(api, progress, REPORT, {})
    key = {"Bucket": BUCKET, "Key": "reports/index.html"}
    yield aws_client(stack.settings, "s3").generate_presigned_url("get_object", Params=key)
    # Loads of tests in other files would also create reports.
    api.pause(REPORT)
