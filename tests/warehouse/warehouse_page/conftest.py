"""The app of the page in this process, with Airflow's models in a separate database and a warehouse on the stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from airflow import settings as airflow_settings
from airflow.api_fastapi import app as airflow_app
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.security import get_user
from airflow.models import import_all_models
from airflow.models.base import Base
from airflow.models.dagrun import DagRun
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

from local.stack.stack import Stack
from warehouse_page import PageSettings
from warehouse_page.app import page_app

DAG = "shop_etl"
PAGE = PageSettings(
    dag_id=DAG,
    conn_id="redshift_default",
    aws_conn_id="aws_default",
    fact_table="songplays",
    time_column="start_time",
    report_bucket_variable="sparkify_bucket",
    report_prefix="reports/",
)
DATABASE = "page_tests"


class ByName(SimpleAuthManager):
    """Lets each user read only the DAG with the user's name, and an editor edit it."""

    def is_authorized_dag(self, *, method, user, access_entity=None, details=None):
        allowed = ("GET", "PUT") if user.role == "editor" else ("GET",)
        return method in allowed and details is not None and details.id == user.username


@pytest.fixture(scope="module")
def airflow_database(standin: Stack) -> Iterator[Any]:
    """The database with Airflow's tables, which the sessions in this process use."""
    standin.postgres.create_database(DATABASE)
    engine = create_engine(standin.postgres.sqlalchemy_url(DATABASE))
    import_all_models()
    Base.metadata.create_all(engine)
    sessions = sessionmaker(engine, expire_on_commit=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(airflow_settings, "Session", scoped_session(sessions))
        patch.setattr(airflow_settings, "NonScopedSession", sessions)
        yield sessions
    engine.dispose()


@pytest.fixture
def new_run(airflow_database: Any) -> Iterator[Callable[..., str]]:
    """Return a function that creates a run of the DAG; initially there are none."""
    with airflow_database() as session, session.begin():
        session.query(DagRun).delete()

    def new(
        run_id: str,
        interval: tuple[str, str] | None = None,
        *,
        state: str = "success",
        conf: dict[str, Any] | None = None,
        begun: str | None = "2018-12-01T00:00",
        seconds: float | None = 30,
        run_after: str = "2018-12-01T00:00",
        dag_id: str = DAG,
    ) -> str:
        started = utc(begun) if begun else None
        run = DagRun(
            dag_id=dag_id,
            run_id=run_id,
            run_type="scheduled" if interval else "manual",
            state=state,
            logical_date=utc(interval[0]) if interval else None,
            data_interval=(utc(interval[0]), utc(interval[1])) if interval else None,
            run_after=utc(run_after),
            start_date=started,
            conf=conf,
        )
        run.end_date = started + timedelta(seconds=seconds) if started and seconds is not None else None
        with airflow_database() as session, session.begin():
            session.add(run)
        return run_id

    return new


@pytest.fixture
def client(airflow_database: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., TestClient]:
    """Return a function that opens the page for a user, who can read the DAG of that name; None is anonymous."""
    monkeypatch.setattr(airflow_app._AuthManagerState, "instance", ByName())

    def open_page(username: str | None, page: PageSettings = PAGE, role: str = "viewer") -> TestClient:
        app = page_app(page)
        if username:
            user = SimpleAuthManagerUser(username=username, role=role)
            app.dependency_overrides[get_user] = lambda: user
        return TestClient(app, follow_redirects=False, raise_server_exceptions=True)

    return open_page


def utc(text: str) -> datetime:
    """Parse a UTC time without a time zone."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
