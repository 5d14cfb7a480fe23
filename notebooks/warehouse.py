"""The warehouse in a notebook: the report's questions as tables and pictures, and any other question as a table."""

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
from redshift_elt.sql.render import render

INCLUDE = Path(__file__).resolve().parent.parent / "include"

_CONNECT_SECONDS = 10

# The charts take their colours from the page: here from Jupyter's theme, light or dark, and elsewhere these.
_FIGURE = """\
<figure style="max-width: 24rem; margin: 1rem 0;
  --ink: var(--jp-ui-font-color1, #1d2733); --grid: var(--jp-border-color2, #d5dae1); --bar: #2f86cf">
<figcaption>{caption}</figcaption>
{svg}
</figure>"""


class Warehouse:
    """The warehouse, for reading only.

    Region and credentials are those of AWS's usual environment: variables, profiles, or the role of the machine. The
    password of the database is a temporary one. Each question has a connection of its own, for one that a notebook
    keeps open is dropped by the network sooner or later; and a transaction that may only read.

    :param database: the database.
    :param cluster: the cluster's name.
    :param user: who logs in to the cluster.
    :param workgroup: the Redshift Serverless workgroup, in the place of a cluster; there the user is that of the IAM
        identity.
    :raises ConnectionError: there is no connection; the message says what is wrong.
    """

    def __init__(
        self, database: str, *, cluster: str | None = None, user: str | None = None, workgroup: str | None = None
    ) -> None:
        if bool(cluster and user) == bool(workgroup):
            raise ValueError("Name either a cluster and a user, or a workgroup.")
        self._database, self._cluster, self._user, self._workgroup = database, cluster, user, workgroup
        self._questions = {question.name: question for question in load_questions(INCLUDE / "report.yaml")}
        # Says at once what is wrong with the login.
        self._rows("select 1")

    @property
    def questions(self) -> list[str]:
        """The names of the report's questions."""
        return list(self._questions)

    def ask(self, query: str) -> pd.DataFrame:
        """Return the answer to a query.

        :param query: one SELECT.
        """
        return _frame(*self._rows(query))

    def show(self, name: str) -> pd.DataFrame:
        """Show one of the report's questions with its answer, and return the answer.

        :param name: one of :attr:`questions`: the name of its file in ``include/sql/questions`` without the ending.
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

    def show_checks(self, dag_id: str = "sparkify_etl") -> pd.DataFrame:
        """Show what the checks of the last load found, and return the result of each.

        :param dag_id: the DAG that loads.
        """
        checks = CheckSummary.of(self._rows(render("check/last_results.sql"), {"dag_id": dag_id})[1])
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
            # The driver begins a transaction by itself, and without a mode, unless autocommit is on.
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
            connection = redshift_connector.connect(database=self._database, timeout=_CONNECT_SECONDS, **login)
        except (redshift_connector.Error, BotoCoreError, ClientError, OSError) as error:
            raise ConnectionError(
                f"There is no connection to the {where}: {_words(error)}. docs/analysts.md tells what it needs."
            ) from error
        # The limit is for connecting only: a question may take as long as it needs.
        connection._usock.settimeout(None)
        return connection

    # The driver can find a cluster by itself, but asks for those behind a custom domain first, and takes the first one.

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
    # What Redshift gives as an exact decimal would be an object to pandas, which it can neither draw nor reckon with.
    return pd.DataFrame.from_records(rows, columns=columns, coerce_float=True)


def _table(frame: pd.DataFrame) -> Styler:
    # Jupyter sets every column to the right, where numbers belong.
    left = [{"selector": cell, "props": "text-align: left"} for cell in ("th", "td")]
    texts = frame.columns.difference(frame.select_dtypes("number").columns)
    style = frame.style.hide(axis="index").set_table_styles(dict.fromkeys(texts, left))
    return style.format(precision=2, thousands=",", na_rep="\N{EN DASH}", escape="html")


def _words(error: Exception) -> str:
    told = ServerError.of(error)
    # The driver says what it could not do, and carries along why.
    return told.message if told else ": ".join(str(part) for part in error.args).rstrip(".")
