"""The report's DAG on a loaded warehouse: each CSV file matches the log lines."""

from __future__ import annotations

import copy
import csv
import io
from collections import Counter
from datetime import datetime, timezone

import pytest

from local.datagen import Options, generate
from tests.model import source
from tests.support.airflow_versions import DagBag
from tests.support.warehouse import BUCKET, ROOT, WarehouseUnderTest

PARAMS = {"bucket": BUCKET, "prefix": "reports/"}


@pytest.fixture(scope="module")
def publish():
    """Execute the last task of the DAG as Airflow does."""
    dag = DagBag(ROOT / "dags", bundle_path=ROOT / "dags").dags["sparkify_report"]

    def execute() -> dict[str, str]:
        task = copy.copy(dag.get_task("publish_report"))
        context = {"params": {**dag.params.dump(), **PARAMS}, "dag": dag, "task": task}
        task.render_template_fields(context, dag.get_template_env())
        return task.execute(context)

    return execute


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    target = tmp_path_factory.mktemp("generated") / "data"
    generate(target, Options(days=2, users=20, songs=60))
    return target


def body(warehouse: WarehouseUnderTest, url: str) -> str:
    key = url.removeprefix(f"s3://{BUCKET}/")
    return warehouse.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()


def test_answers_match_the_log_lines(warehouse, publish, data):
    warehouse.upload(data)
    warehouse.run(full_load=True).complete()
    where = publish()
    questions = {file.stem for file in (ROOT / "include" / "sql" / "questions").glob("*.sql")}
    answers = {
        name: list(csv.reader(io.StringIO(body(warehouse, f"{where['folder']}{name}.csv"), newline="")))
        for name in questions
    }
    plays = [event for _, event in source.events(data) if event["page"] == "NextSong"]
    hours = Counter(datetime.fromtimestamp(int(play["ts"]) / 1000, timezone.utc).hour for play in plays)
    artists = Counter(play["artist"] for play in plays)
    assert answers["plays_by_hour"] == [
        ["hour", "plays"],
        *([str(hour), str(count)] for hour, count in sorted(hours.items())),
    ]
    assert answers["most_played_artists"] == [
        ["artist_name", "plays"],
        *([name, str(n)] for name, n in sorted(artists.items(), key=lambda item: (-item[1], item[0]))[:10]),
    ]
    page = body(warehouse, where["page"])
    assert "has no data yet" not in page
    counted = dict(warehouse.query("select outcome, count(*) from etl.check_results group by outcome"))
    assert counted["passed"] > 20
    assert f"Last result of each check: {counted['passed']} passed" in page
    assert page.count('<li class="warned">') == counted.get("warned", 0)
    assert page.count("<section") == len(questions)
    # One chart for each gender; none for the average and for the rows of the tables.
    assert page.count("<svg") == len(questions) - 2 + 1


def test_page_reports_an_empty_warehouse(warehouse, publish):
    where = publish()
    page = body(warehouse, where["page"])
    assert "The warehouse has no data yet." in page
    assert "No check has run yet." in page
    assert "<svg" not in page
    assert body(warehouse, f"{where['folder']}plays_by_hour.csv") == "hour,plays\r\n"
