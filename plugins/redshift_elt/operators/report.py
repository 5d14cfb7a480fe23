"""Ask the warehouse questions, and publish the answers as a page and as CSV files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.connection.aws_values import BUCKET, KEY
from redshift_elt.connection.refused_statement import Argument
from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.report.check_summary import CheckSummary
from redshift_elt.report.question import Answer, Question, Row
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from datetime import datetime

    from redshift_elt.connection.session import Session

_HTML = "text/html; charset=utf-8"
_CSV = "text/csv; charset=utf-8"


class ReportOperator(WarehouseOperator):
    """Publish a report to S3: ``index.html``, and a CSV file for each answer.

    All answers are read in one read-only transaction, so they are as of the same moment. The CSV files of each report
    have a folder of their own, which is named after that moment; the page is written last and replaces the previous
    one. So readers always find a complete report. If a task fails or is killed, the previous report stays.

    Encryption is the bucket's default (AWS page "Setting default server-side encryption behavior for Amazon S3
    buckets").

    :param title: the page's title.
    :param questions: the questions, in the order of the page.
    :param bucket: the bucket to publish to.
    :param prefix: the key prefix to publish below; ends with a slash.
    :param checks_dag_id: the DAG whose checks show how far the answers can be trusted: the page lists those that
        warned or failed when last run. None leaves checks out.
    :raises AirflowFailException: the prefix is invalid, or an answer does not have a column that its chart needs.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "queries", "bucket", "prefix")

    def __init__(
        self,
        *,
        title: str,
        questions: Sequence[Question],
        bucket: str,
        prefix: str,
        checks_dag_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        names = [question.name for question in questions]
        if not names:
            raise ValueError("questions is empty: give at least one, such as Question('questions/sales.sql').")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"Several questions are named {twice}, but each has a CSV file of its own: rename them.")
        self.title = title
        self.questions = tuple(questions)
        self.queries = [question.sql for question in questions]
        self.bucket = bucket
        self.prefix = prefix
        self.checks_dag_id = checks_dag_id

    def execute(self, context: Mapping[str, Any]) -> dict[str, str]:  # noqa: ARG002
        """Publish the report and return where its page is."""
        # These import matplotlib, which takes a second; parsing a DAG must not.
        from redshift_elt.report.page import page
        from redshift_elt.report.text import csv_text

        self._check_location()
        moment, results, checks = self.transaction(self._ask, read_only=True)
        answers = self._answers(results)
        folder = f"{moment:%Y-%m-%dT%H-%M-%S-%f}/"
        files = {answer.question.name: f"{folder}{answer.question.name}.csv" for answer in answers}
        text = page(self.title, moment, answers, files, checks)
        for answer in answers:
            self._put(files[answer.question.name], csv_text(answer.columns, answer.rows), _CSV)
        self._put("index.html", text, _HTML)
        where = f"s3://{self.bucket}/{self.prefix}"
        self.log.info(
            "Published the answers to %s questions, as of %s UTC, in %sindex.html.", len(answers), moment, where
        )
        return {"page": f"{where}index.html", "folder": f"{where}{folder}"}

    @property
    def written(self) -> Sequence[Argument]:
        """The SQL of the questions."""
        return [
            Argument(f"{question.sql} (the argument questions)", query)
            for question, query in zip(self.questions, self.queries, strict=True)
        ]

    def _check_location(self) -> None:
        """Refuse a bucket or a prefix that a template has rendered to something else.

        :raises AirflowFailException: see the message.
        """
        try:
            BUCKET.check("bucket", self.bucket)
            KEY.check("prefix", self.prefix)
        except ValueError as error:
            raise AirflowFailException(f"An argument of {self.task_id} cannot be used. {error}") from error
        if not self.prefix.endswith("/"):
            raise AirflowFailException(f"prefix {self.prefix!r} of {self.task_id} must end with a slash.")

    def _ask(self, session: Session) -> tuple[datetime, list[tuple[list[str], list[Row]]], CheckSummary | None]:
        [[moment]] = session.fetch(render("report/current_time.sql"), {})
        answers = [session.answer(query, {}) for query in self.queries]
        if self.checks_dag_id is None:
            return moment, answers, None
        results = session.fetch(render("check/last_results.sql"), {"dag_id": self.checks_dag_id})
        return moment, answers, CheckSummary.of(results)

    def _answers(self, results: Sequence[tuple[list[str], list[Row]]]) -> list[Answer]:
        try:
            return [
                Answer(question, query, columns, rows)
                for question, query, (columns, rows) in zip(self.questions, self.queries, results, strict=True)
            ]
        except ValueError as error:
            raise AirflowFailException(str(error)) from error

    def _put(self, name: str, text: str, content_type: str) -> None:
        self.s3.get_conn().put_object(
            Bucket=self.bucket,
            Key=f"{self.prefix}{name}",
            Body=text.encode(),
            ContentType=content_type,
            # The page always has the same key: browsers must ask whether there is a newer one.
            CacheControl="no-cache",
        )
