"""Templates that cannot be rendered in any run are refused when the DAG is parsed, with what to write instead."""

from __future__ import annotations

import textwrap
from datetime import datetime, timezone
from typing import Any

import pytest
from airflow.sdk import DAG

from redshift_elt import DataQualityOperator, Json, LoadFactOperator, Query, StageToRedshiftOperator
from redshift_elt.run.names import staging_table
from redshift_elt.run.params import max_rejects_param, on_missing_params, run_params, session_params
from tests.support.airflow_versions import DagBag

FACT = {"task_id": "load", "table": "plays", "key": "play_id", "window_column": "start_time"}
TIMEOUT = "{{ params.statement_timeout }}"


def resolve(operator: Any, folder: Any = None, **arguments: Any) -> None:
    """Construct an operator in a DAG, and do what Airflow does after parsing."""
    with DAG(
        "plays",
        start_date=datetime(2018, 11, 1, tzinfo=timezone.utc),
        schedule=None,
        template_searchpath=[str(folder)] if folder else None,
        **arguments,
    ) as dag:
        operator()
    dag.resolve_template_files()


def fact(select: str = "select 1", **arguments: Any) -> Any:
    return lambda: LoadFactOperator(**FACT, select=select, **arguments)


def stage(**arguments: Any) -> Any:
    return lambda: StageToRedshiftOperator(task_id="stage", table="staging_plays", bucket="bucket", **arguments)


@pytest.mark.parametrize(
    ("operator", "field", "instead", "params"),
    [
        (fact("select {{ params.full_load }}"), "select of load", "**run_params()", run_params),
        (fact(statement_timeout=TIMEOUT), "statement_timeout of load", "**session_params()", session_params),
        (
            stage(prefix="a/", on_missing="{{ params.on_missing }}"),
            "on_missing",
            "**on_missing_params()",
            on_missing_params,
        ),
        (stage(prefix="a/", format=Json("{{ params.query_group }}")), "format", "**session_params()", session_params),
        (
            stage(prefix="a/", max_rejects="{{ params.max_rejects }}"),
            "max_rejects of stage",
            '"max_rejects": max_rejects_param()',
            lambda: {"max_rejects": max_rejects_param()},
        ),
    ],
)
def test_params_of_the_package_that_the_dag_does_not_have(operator, field, instead, params):
    with pytest.raises(ValueError, match=rf"{field}.* but the DAG has no such param: write ") as refused:
        resolve(operator)
    assert f"write params={{{instead}, ...}} in the DAG" in str(refused.value)
    resolve(operator, params=params())


def test_params_that_a_run_can_do_without():
    resolve(fact(statement_timeout="{{ params.get('statement_timeout', 60) }}"))
    resolve(fact("select {{ params.window_start | default('now()') }}"))
    resolve(fact("select {% if params.full_load is defined %}1{% else %}2{% endif %}"))
    resolve(fact("select {{ params.other }}"))
    resolve(fact(statement_timeout=TIMEOUT, params={"statement_timeout": 60}))


def test_macro_that_the_dag_does_not_define():
    select = "select 1 as play_id from {{ staging_table('staging_plays', dag_run) }}"
    words = r"select of load calls staging_table\(\).*write user_defined_macros=\{'staging_table': staging_table\}"
    with pytest.raises(ValueError, match=words):
        resolve(fact(select))
    resolve(fact(select), user_defined_macros={"staging_table": staging_table})


def test_template_that_jinja_cannot_parse():
    with pytest.raises(ValueError, match=r"select of load is not a template: .*\(line 2\)"):
        resolve(fact("select 1\nfrom {{ staging_table('a', dag_run) }"))


def test_sql_file_that_does_not_exist(tmp_path):
    (tmp_path / "plays.sql").write_text("select 1")
    resolve(fact("plays.sql"), tmp_path)
    with pytest.raises(ValueError, match=r"select of load names the file 'play\.sql', which is not in .*: correct"):
        resolve(fact("play.sql"), tmp_path)
    check = Query(name="many", table="plays", sql="many.sql", at_least=1)
    with pytest.raises(ValueError, match=r"queries of check names the file 'many\.sql'.*write template_searchpath"):
        resolve(lambda: DataQualityOperator(task_id="check", checks=[check]))


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("plays/{{ ds }}.json", "has ds, a time of the run.*write %Y-%m-%d instead"),
        ("plays/{{ ds_nodash }}/%H.json", "has ds_nodash.*write %Y%m%d instead"),
        ("plays/{{ data_interval_start.strftime('%Y/%m/%d') }}.json", "has data_interval_start.*write %Y, %m, %d"),
        ("plays/{{ macros.ds_add(ds, -1) }}.json", "has ds, a time of the run"),
        ("plays/{{ ds }/%Y.json", "is not a template"),
    ],
)
def test_time_of_the_run_in_a_key_pattern(pattern, words):
    with pytest.raises(ValueError, match=words):
        stage(key_pattern=pattern)()


def test_other_templates_in_a_key_pattern_are_accepted():
    resolve(stage(key_pattern="{{ var.value.prefix }}%Y/%m/%d/{{ params.shop }}.json"))


def test_message_is_the_import_error_that_airflow_shows(tmp_path):
    code = f"""
        from datetime import datetime, timezone

        from airflow.sdk import DAG

        from redshift_elt import LoadFactOperator

        with DAG("plays", start_date=datetime(2018, 11, 1, tzinfo=timezone.utc), schedule=None):
            LoadFactOperator(**{FACT!r}, select="select 1", statement_timeout="{TIMEOUT}")
        """
    (tmp_path / "plays.py").write_text(textwrap.dedent(code))
    [error] = DagBag(tmp_path, bundle_path=tmp_path).import_errors.values()
    assert "statement_timeout of load reads params.statement_timeout, but the DAG has no such param" in error
