"""Ask the warehouse questions, and publish the answers as a page and as CSV files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.report.checked import Checked
from redshift_elt.report.question import Answer, Question, Row
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from datetime import datetime

    from redshift_elt.connection.session import Session

_HTML = "text/html; charset=utf-8"
_CSV = "text/csv; charset=utf-8"


class ReportOperator(WarehouseOperator):
    """Publish a report to S3: ``index.html``, and a CSV file for each answer.

    All answers are read in one read-only transaction, so they are of the same moment. The CSV files of each report have
    a folder of its own, named after that moment; the page is written last, over the one before. So whoever reads finds
    a whole report at any time, also when a task is killed or fails; then the last one stays.

    Encryption is the bucket's default (AWS page "Setting default server-side encryption behavior for Amazon S3
    buckets").

    :param title: the page's title.
    :param questions: what is asked, in the page's order.
    :param bucket: where the report goes.
    :param prefix: below which key; ends with a slash.
    :param checked_by: the DAG whose checks tell how far the answers can be trusted: the page says what each
        found when it was made last. None for a page that says nothing of checks.
    :raises AirflowFailException: the prefix is no folder, or a chart needs a column that the answer does not have.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "queries", "bucket", "prefix")

    def __init__(
        self,
        *,
        title: str,
        questions: Sequence[Question],
        bucket: str,
        prefix: str,
        checked_by: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        names = [question.name for question in questions]
        if not names:
            raise ValueError("questions is empty: give at least one, such as Question('questions/sales.sql').")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"Several questions are called {twice}, but each has a CSV file of its own: rename them.")
        self.title = title
        self.questions = tuple(questions)
        self.queries = [question.sql for question in questions]
        self.bucket = bucket
        self.prefix = prefix
        self.checked_by = checked_by

    def execute(self, context: Mapping[str, Any]) -> dict[str, str]:  # noqa: ARG002
        """Publish the report and return where its page is."""
        # It costs a second to import, so only the process that draws does it.
        from redshift_elt.report.page import page
        from redshift_elt.report.text import csv_text

        if not self.prefix.endswith("/") or self.prefix.startswith("/"):
            raise AirflowFailException(f"The prefix is {self.prefix!r}: end it with a slash, and begin it without one.")
        moment, results, checked = self.transaction(self._ask, read_only=True)
        answers = self._answers(results)
        folder = f"{moment:%Y-%m-%dT%H-%M-%S-%f}/"
        files = {answer.question.name: f"{folder}{answer.question.name}.csv" for answer in answers}
        text = page(self.title, moment, answers, files, checked)
        for answer in answers:
            self._put(files[answer.question.name], csv_text(answer.columns, answer.rows), _CSV)
        self._put("index.html", text, _HTML)
        where = f"s3://{self.bucket}/{self.prefix}"
        self.log.info("The answers to %s questions as of %s UTC are in %sindex.html.", len(answers), moment, where)
        return {"page": f"{where}index.html", "folder": f"{where}{folder}"}

    def _ask(self, session: Session) -> tuple[datetime, list[tuple[list[str], list[Row]]], Checked | None]:
        [[moment]] = session.fetch(render("report/current_time.sql"), {})
        answers = [session.answer(query, {}) for query in self.queries]
        if self.checked_by is None:
            return moment, answers, None
        results = session.fetch(render("check/last_results.sql"), {"dag_id": self.checked_by})
        return moment, answers, Checked.of(results)

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
            # The page has the same key each time: a browser shall ask whether there is a newer one.
            CacheControl="no-cache",
        )
