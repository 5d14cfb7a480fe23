"""The bookkeeping schema is a setting of Airflow, and every statement has it."""

from __future__ import annotations

import hashlib
import sys
from types import SimpleNamespace

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.ddl.files import table_of
from redshift_elt.ddl.migrations import migrations
from redshift_elt.run.names import staging_table
from redshift_elt.sql.bookkeeping import bookkeeping_schema
from redshift_elt.sql.render import render

VARIABLE = "AIRFLOW__REDSHIFT_ELT__BOOKKEEPING_SCHEMA"
RUN = SimpleNamespace(dag_id="orders", run_id="scheduled__2018-11-01")


def test_default(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert bookkeeping_schema() == "etl"
    assert render("migrate/create_schema.sql") == "create schema if not exists etl"


def test_statements_have_the_schema_of_the_setting(monkeypatch):
    monkeypatch.setenv(VARIABLE, "etl_prod")
    assert render("migrate/create_schema.sql") == "create schema if not exists etl_prod"
    assert render("stage/count_rejects.sql", files=None).splitlines()[:2] == [
        "select count(*)",
        "from etl_prod.rejects",
    ]
    tables = {table_of(statement) for migration in migrations() for statement in migration.statements}
    assert "etl_prod.loads" in tables
    assert all(table is None or table.startswith("etl_prod.") for table in tables)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("Etl", r"'Etl' cannot be a table or column name"),
        ("etl prod", r"'etl prod' cannot be"),
        ("", r"'' cannot be"),
        ("x; drop schema public", "cannot be"),
        ("public", r"'public' is the schema of other tables: write a schema of its own, such as 'etl'"),
    ],
)
def test_what_cannot_be_a_schema_of_its_own_is_refused(monkeypatch, value, message):
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(AirflowFailException, match=rf"bookkeeping_schema in the section \[redshift_elt\].*{message}"):
        render("stage/count_rejects.sql", files=None)


def test_statement_for_a_given_schema_needs_no_airflow(monkeypatch):
    """The analysts' notebook runs without it."""
    monkeypatch.setitem(sys.modules, "airflow.providers.common.compat.sdk", None)
    statement = render("stage/count_rejects.sql", files=None, bookkeeping="etl_prod")
    assert statement.splitlines()[:2] == ["select count(*)", 'from "etl_prod".rejects']
    with pytest.raises(ValueError, match="'Etl' cannot be"):
        render("stage/count_rejects.sql", files=None, bookkeeping="Etl")


def test_run_of_another_environment_has_other_staging_tables(monkeypatch):
    """Scheduled runs have the same ids everywhere, and the templates of staging tables may be shared."""
    monkeypatch.delenv(VARIABLE, raising=False)
    # Runs that have started before an upgrade find their tables.
    digest = hashlib.sha256(b"orders/scheduled__2018-11-01").hexdigest()[:12]
    assert staging_table("staging_orders", RUN) == f"staging_orders__{digest}"
    names = {staging_table("staging_orders", RUN)}
    for schema in ("etl_dev", "etl_prod"):
        monkeypatch.setenv(VARIABLE, schema)
        names.add(staging_table("staging_orders", RUN))
    assert len(names) == 3
