"""The warehouse in a notebook: the report's questions as tables and charts, and any other query as a table."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import fields
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

import boto3
import pandas as pd
import redshift_connector
from botocore.exceptions import BotoCoreError, ClientError
from IPython.display import HTML, Markdown, display
from pandas.io.formats.style import Styler

from redshift_elt.connection.server_error import ServerError
from redshift_elt.connection.session import Session
from redshift_elt.report.charts import charts
from redshift_elt.report.check_summary import CheckSummary, LastResult
from redshift_elt.report.question import Answer
from redshift_elt.report.questions_file import load_questions
from redshift_elt.sql.bookkeeping import DEFAULT
from redshift_elt.sql.render import render

INCLUDE = Path(__file__).resolve().parent.parent / "include"

_CONNECT_SECONDS = 10

# The page sets the colours of the charts: those of Jupyter's theme, or these elsewhere.
_FIGURE = """\
<figure style="max-width: 24rem; margin: 1rem 0;
  --ink: var(--jp-ui-font-color1, #1d2733); --grid: var(--jp-border-color2, #d5dae1); --bar: #2f86cf">
<figcaption>{caption}</figcaption>
{svg}
</figure>"""


class Warehouse:
    """The warehouse, read-only.

    Region and credentials come from the usual AWS configuration: environment variables, profiles, or the role of the
    machine. The database password is temporary. Each query has a connection of its own, because networks drop idle
    ones, and a read-only transaction.

    :param database: the database.
    :param cluster: the cluster's name.
    :param user: the database user, for a cluster.
    :param workgroup: the Redshift Serverless workgroup, instead of a cluster; its database user is that of the IAM
        identity.
    :raises ConnectionError: the connection fails; the message says why.
    """

    def __init__(
        self, database: str, *, cluster: str | None = None, user: str | None = None, workgroup: str | None = None
    ) -> None:
        if bool(cluster and user) == bool(workgroup):
            raise ValueError("Give either a cluster and a user, or a workgroup.")
        self._database, self._cluster, self._user, self._workgroup = database, cluster, user, workgroup
        self._questions = {question.name: question for question in load_questions(INCLUDE / "report.yaml")}
        # Fails now if the login is wrong, not at the first question.
        self._rows("select 1")

    @property
    def questions(self) -> list[str]:
        """The names of the report's questions."""
        return list(self._questions)

    def ask(self, query: str) -> pd.DataFrame:
        """Return the result of a query.

        :param query: one SELECT.
        """
        return _frame(*self._rows(query))

    def show(self, name: str) -> pd.DataFrame:
        """Show one of the report's questions and its answer, and return the answer.

        :param name: one of :attr:`questions`: the name of its file in ``include/sql/questions`` without the extension.
        :raises ValueError: there is no such question.
        """
        if name not in self._questions:
            raise ValueError(f"There is no question {name!r}; there are {', '.join(self._questions)}.")
        question = self._questions[name]
        query = (INCLUDE / "sql" / question.sql).read_text(encoding="utf-8")
        columns, rows = self._rows(query)
        answer = Answer(question, query, columns, rows)
        frame = _frame(columns, rows)
        display(Markdown(f"### {answer.title}\n\n{answer.note}"), _table(frame))
        for caption, svg in charts(answer):
            display(HTML(_FIGURE.format(caption=escape(caption), svg=svg)))
        return frame

    def show_checks(self, dag_id: str = "sparkify_etl", bookkeeping_schema: str = DEFAULT) -> pd.DataFrame:
        """Show the checks that warned or failed when last run, and return the last result of every check.

        :param dag_id: the DAG that runs the checks.
        :param bookkeeping_schema: the schema of the table of their results, Airflow's setting of the same name.
        :raises ValueError: the schema cannot be the name of one.
        """
        query = render("check/last_results.sql", bookkeeping=bookkeeping_schema)
        checks = CheckSummary.of(self._rows(query, {"dag_id": dag_id})[1])
        frame = pd.DataFrame(checks.results, columns=[field.name for field in fields(LastResult)])
        display(Markdown(checks.text))
        if checks.not_passed:
            display(
                _table(frame.loc[frame["outcome"] != "passed", ["outcome", "table", "check", "expected", "actual"]])
            )
        return frame

    def _rows(
        self, query: str, values: Mapping[str, object] = MappingProxyType({})
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        with closing(self._connect()) as connection:
            # Without autocommit, the driver begins a transaction itself, and not a read-only one.
            connection.autocommit = True
            session = Session(connection)
            session.execute("begin read only", {})
            try:
                columns, rows = session.answer(query, values)
            except redshift_connector.Error as error:
                raise ValueError(f"The warehouse refuses the query: {_words(error)}") from error
            if not columns:
                raise ValueError("This statement has no rows to show: ask with a SELECT.")
            return columns, rows

    def _connect(self) -> redshift_connector.Connection:
        where = f"cluster {self._cluster!r}" if self._cluster else f"workgroup {self._workgroup!r}"
        try:
            login = self._cluster_login() if self._cluster else self._workgroup_login()
            # Without sslmode, the driver accepts a certificate for another host name.
            connection = redshift_connector.connect(
                database=self._database, timeout=_CONNECT_SECONDS, sslmode="verify-full", **login
            )
        except (redshift_connector.Error, BotoCoreError, ClientError, OSError) as error:
            raise ConnectionError(
                f"There is no connection to the {where}: {_words(error)}. docs/analysts.md says what it needs."
            ) from error
        # The limit is for connecting only: a query may take as long as it needs.
        connection._usock.settimeout(None)
        return connection

    # The driver could find a cluster itself, but it lists those behind a custom domain first, and takes the first one.

    def _cluster_login(self) -> dict[str, Any]:
        redshift = boto3.Session().client("redshift")
        [found] = redshift.describe_clusters(ClusterIdentifier=self._cluster)["Clusters"]
        if found["ClusterStatus"] != "available":
            raise OSError(f"it is {found['ClusterStatus']}, and must be available")
        login = redshift.get_cluster_credentials(
            ClusterIdentifier=self._cluster, DbUser=self._user, DbName=self._database
        )
        endpoint = found["Endpoint"]
        return {
            "host": endpoint["Address"],
            "port": endpoint["Port"],
            "user": login["DbUser"],
            "password": login["DbPassword"],
        }

    def _workgroup_login(self) -> dict[str, Any]:
        serverless = boto3.Session().client("redshift-serverless")
        endpoint = serverless.get_workgroup(workgroupName=self._workgroup)["workgroup"]["endpoint"]
        login = serverless.get_credentials(workgroupName=self._workgroup, dbName=self._database)
        return {
            "host": endpoint["address"],
            "port": endpoint["port"],
            "user": login["dbUser"],
            "password": login["dbPassword"],
        }


def _frame(columns: list[str], rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    # Exact decimals would be objects to pandas, which it can neither plot nor calculate with.
    return pd.DataFrame.from_records(rows, columns=columns, coerce_float=True)


def _table(frame: pd.DataFrame) -> Styler:
    # Jupyter aligns every column right, which suits numbers only.
    left = [{"selector": cell, "props": "text-align: left"} for cell in ("th", "td")]
    texts = frame.columns.difference(frame.select_dtypes("number").columns)
    style = frame.style.hide(axis="index").set_table_styles(dict.fromkeys(texts, left))
    return style.format(precision=2, thousands=",", na_rep="\N{EN DASH}", escape="html")


def _words(error: Exception) -> str:
    server_error = ServerError.of(error)
    # The arguments of other errors are what the driver could not do, and why.
    return server_error.message if server_error else ": ".join(str(part) for part in error.args).rstrip(".")
