"""A report of the warehouse on the stand-in: the files in the bucket, their order, and their snapshot."""

from __future__ import annotations

import csv
import io
import os

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.operators.report import ReportOperator
from redshift_elt.report.question import BarChart, Question
from tests.support.leaks import leaks
from tests.support.warehouse import BUCKET, ROOT, WarehouseUnderTest

PREFIX = "reports/"


@pytest.fixture
def sales(warehouse: WarehouseUnderTest):
    warehouse.execute("create table sales (shop varchar(64), item varchar(64), amount integer)")
    yield warehouse
    warehouse.execute("drop table sales")


def report(queries: dict[str, str], chart=None, prefix=PREFIX, checks_dag_id=None, bucket=BUCKET) -> ReportOperator:
    questions = [Question(f"questions/{name}.sql", chart) for name in queries]
    operator = ReportOperator(
        task_id="report", title="Sales", questions=questions, bucket=bucket, prefix=prefix, checks_dag_id=checks_dag_id
    )
    # The SQL that Airflow reads from the files.
    operator.queries = list(queries.values())
    return operator


def objects(warehouse: WarehouseUnderTest, prefix: str = PREFIX) -> dict[str, dict]:
    listed = warehouse.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return {entry["Key"]: warehouse.s3.get_object(Bucket=BUCKET, Key=entry["Key"]) for entry in listed}


def text(found: dict) -> str:
    return found["Body"].read().decode()


def test_page_and_a_csv_file_for_each_answer(sales):
    sales.execute("insert into sales values ('<script>alert(1)</script>', 'a', 5), ('Bj\u00f6rk', 'b', 1500)")
    by_shop = "-- Who sells most?\nselect shop, sum(amount) as amount from sales group by shop order by shop"
    queries = {"by_shop": by_shop, "total": "select count(*) as sales from sales"}
    where = report(queries, None).execute({})

    folder = where["folder"].removeprefix(f"s3://{BUCKET}/")
    found = objects(sales)
    assert set(found) == {"reports/index.html", f"{folder}by_shop.csv", f"{folder}total.csv"}
    assert where["page"] == f"s3://{BUCKET}/reports/index.html"
    page, by_shop, total = (found[key] for key in ("reports/index.html", f"{folder}by_shop.csv", f"{folder}total.csv"))
    assert page["ContentType"] == "text/html; charset=utf-8"
    assert {by_shop["ContentType"], total["ContentType"]} == {"text/csv; charset=utf-8"}
    assert list(csv.reader(io.StringIO(text(by_shop)))) == [
        ["shop", "amount"],
        ["<script>alert(1)</script>", "5"],
        ["Bj\u00f6rk", "1500"],
    ]
    assert text(total) == "sales\r\n2\r\n"
    html = text(page)
    assert "Who sells most?" in html
    assert "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>" in html
    assert "<script" not in html
    assert f'href="{folder.removeprefix(PREFIX)}by_shop.csv"' in html


def test_all_answers_have_one_snapshot(sales):
    sales.execute("insert into sales values ('a', 'a', 1)")
    operator = report(dict.fromkeys(("first", "second"), "select count(*) as sales from sales"))
    ask = operator._ask

    class Between:
        """A session during which another client writes after each answer."""

        def __init__(self, session):
            self.fetch = session.fetch
            self._session = session

        def answer(self, query, values):
            answer = self._session.answer(query, values)
            sales.execute("insert into sales values ('b', 'b', 1)")
            return answer

    operator._ask = lambda session: ask(Between(session))
    folder = operator.execute({})["folder"].removeprefix(f"s3://{BUCKET}/")
    found = objects(sales)
    assert [text(found[f"{folder}{name}.csv"]) for name in ("first", "second")] == ["sales\r\n1\r\n"] * 2
    assert sales.query("select count(*) from sales") == [(3,)]


class TestChecks:
    """The checks of the loading DAG on the page."""

    @pytest.fixture
    def check(self, sales):
        def keep(dag_id: str, run_id: str, name: str, outcome: str, minute: int, day: int = 30) -> None:
            sales.execute(
                "insert into etl.check_results values "
                f"('{dag_id}', '{run_id}', '2018-11-30 18:00', '2018-11-30 19:00', 'sales', '{name}', 'error', '0', "
                f"'{minute}', {outcome == 'passed'}, '2018-11-{day} 19:{minute:02}', '{outcome}', 0.5)"
            )

        return keep

    @staticmethod
    def page(warehouse, checks_dag_id="it's") -> str:
        report({"total": "select 1 as one"}, checks_dag_id=checks_dag_id).execute({})
        return text(objects(warehouse)["reports/index.html"])

    def test_latest_result_of_each_check_is_shown_even_from_an_earlier_run(self, sales, check):
        check("it''s", "long ago", "gone since", "failed", 1, day=10)
        check("it''s", "before", "of a table that the last run did not change", "failed", 1)
        check("it''s", "before", "cured", "failed", 1)
        check("it''s", "last", "cured", "failed", 2)
        check("it''s", "last", "still wrong", "failed", 3)
        check("it''s", "last", "odd", "warned", 4)
        check("it''s", "last", "cured", "passed", 5)
        check("it''s", "last", "still wrong", "failed", 6)
        check("another", "later", "of another", "failed", 7)
        html = self.page(sales)
        assert "1 passed, 1 warned, 2 failed." in html
        assert "was for 2018-11-30 18:00 to 2018-11-30 19:00 UTC; it was checked at 2018-11-30 19:06 UTC" in html
        found = [line.partition("</strong>")[2] for line in html.splitlines() if line.startswith("<li class")]
        assert found == [
            " sales: of a table that the last run did not change: expected 0, found 1</li>",
            " sales: still wrong: expected 0, found 6</li>",
            " sales: odd: expected 0, found 4</li>",
        ]

    def test_no_checks_yet(self, sales, check):
        check("another", "later", "of another", "failed", 7)
        assert "No check has run yet." in self.page(sales)

    def test_checks_are_shown_only_for_a_named_dag(self, sales, check):
        check("it''s", "last", "wrong", "failed", 3)
        assert 'class="checked' not in self.page(sales, checks_dag_id=None)


def test_question_cannot_change_a_table(sales):
    with pytest.raises(Exception, match="read-only transaction"):
        report({"total": "delete from sales"}).execute({})
    assert objects(sales) == {}


def test_failed_report_keeps_the_previous_one(sales):
    first = report({"total": "select count(*) as sales from sales"})
    first.execute({})
    before = {key: text(found) for key, found in objects(sales).items()}
    second = report({"total": "select 5 as sales", "other": "select 1 as one"})
    put, keys = second._put, []

    def failing(name, *arguments):
        keys.append(name.rpartition("/")[2])
        if name.endswith("other.csv"):
            raise ConnectionError
        put(name, *arguments)

    second._put = failing
    with pytest.raises(ConnectionError):
        second.execute({})
    after = {key: text(found) for key, found in objects(sales).items()}
    assert {key: after[key] for key in before} == before
    # No file of the published report was overwritten: the second report uses a separate folder.
    assert keys == ["total.csv", "other.csv"]
    second._put = lambda name, *arguments: (keys.append(name), put(name, *arguments))
    second.execute({})
    assert keys[-1] == "index.html"
    assert '<td class="number">5</td>' in text(objects(sales)["reports/index.html"])


def test_chart_of_a_missing_column_fails_without_retry(sales):
    with pytest.raises(AirflowFailException, match=r"total\.sql needs the columns \['shop'\]"):
        report({"total": "select 1 as amount"}, BarChart(["shop"], "amount")).execute({})
    assert objects(sales) == {}


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ({"prefix": "reports"}, "must end with a slash"),
        ({"prefix": ""}, "is not a key or the beginning of keys"),
        ({"prefix": "/reports/"}, "is not a key or the beginning of keys"),
        ({"bucket": "*"}, "is not a bucket name"),
    ],
)
def test_location_that_is_refused(warehouse, location, why):
    with pytest.raises(AirflowFailException, match=why):
        report({"total": "select 1 as one"}, **location).execute({})


def test_no_secret_is_in_what_is_published(sales):
    report({"total": "select count(*) as sales from sales"}).execute({})
    published = "".join(text(found) for found in objects(sales).values())
    known = (os.environ["AWS_SECRET_ACCESS_KEY"], str(ROOT), "arn:aws")
    assert leaks(published, known) == []
