"""Staging period by period: interrupted at any point, continued by the next try, or repeated in part by a load."""

from __future__ import annotations

import copy
import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
import redshift_connector
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG

from redshift_elt import Json, LoadFactOperator, NotNull, StageToRedshiftOperator
from redshift_elt.connection.transaction import ConnectionLostError
from redshift_elt.run.names import staging_table
from redshift_elt.staging import file_tables, staged_objects
from redshift_elt.staging.checkpoints import StagingTakenOverError
from tests.support.connection_cuts import direct_login
from tests.support.faults import Moment, before_each_statement, cut
from tests.support.warehouse import BUCKET, Run, WarehouseUnderTest

COLUMNS = "visit_id varchar(8) not null, visited_at timestamp not null, page varchar(8)"
TABLES = ("staging_visits", "visits")
PATTERN = "log_data/%Y/%m/%d/*.json"
FIRST = datetime(2018, 11, 1)
# The role that COPY uses in these tests may read it.
PATHS_KEY = "log_json_path.json"
DAY = timedelta(days=1)
DAYS = 3
# Create and list, one for each day, and the last one.
COMMITS = 1 + DAYS + 1

Visit = tuple[str, datetime, str | None]


def visit(name: str, day: int, page: str | None = "home", **later: float) -> Visit:
    """Return a visit on a day, counted from 0."""
    return name, FIRST + day * DAY + timedelta(**later), page


def lines(*visits: Visit) -> bytes:
    records = ({"visit_id": name, "visited_at": at.isoformat(" "), "page": page} for name, at, page in visits)
    return "\n".join(map(json.dumps, records)).encode()


@dataclass(frozen=True)
class Site:
    """Full loads of visits, which have a file for each day.

    :param warehouse: with a DAG of a staging and a loading task.
    """

    warehouse: WarehouseUnderTest

    def put(self, day: int, *visits: Visit, name: str = "a", more: bytes = b"") -> None:
        """Upload visits as a file of a day."""
        self.warehouse.put(f"{FIRST + day * DAY:log_data/%Y/%m/%d}/{name}.json", lines(*visits) + more)

    def delete(self, day: int) -> None:
        """Delete the file of a day."""
        self.warehouse.s3.delete_object(Bucket=BUCKET, Key=f"{FIRST + day * DAY:log_data/%Y/%m/%d}/a.json")

    def put_days(self) -> set[Visit]:
        """Upload a file for each day, and return the visits."""
        visits = {visit(f"{day}{name}", day, hours=number) for day in range(DAYS) for number, name in enumerate("xyz")}
        for day in range(DAYS):
            self.put(day, *sorted(one for one in visits if one[0].startswith(str(day))))
        return visits

    def run(self) -> Run:
        return self.warehouse.run(full_load=True)

    def staged(self, run: Run) -> set[Visit]:
        """Return the rows that a run has staged; fail if one occurs twice."""
        rows = self.warehouse.query(f"select visit_id, visited_at, page from {run.xcoms['stage']['table']}")
        assert len(rows) == len(set(rows))
        return set(rows)

    def visits(self) -> set[Visit]:
        """Return the rows of the target; fail if one occurs twice."""
        rows = self.warehouse.query("select visit_id, visited_at, page from visits")
        assert len(rows) == len(set(rows))
        return set(rows)

    def tables_of_runs(self) -> list[str]:
        return sorted(name for _, name in self.warehouse.tables_of_runs())

    def objects_copied(self) -> int:
        """Return how many objects COPY has loaded so far, as the load history counts them."""
        [(count,)] = self.warehouse.query(
            "select coalesce(sum(source_file_count), 0) from sys_load_history where status = 'completed'"
        )
        return int(count)


NewSite = Callable[..., Site]


@pytest.fixture
def new_site(warehouse: WarehouseUnderTest) -> Iterator[NewSite]:
    """Return a function that returns a site whose staging task has some arguments."""
    for table in TABLES:
        warehouse.execute(f"create table {table} ({COLUMNS})")

    def new(**arguments: Any) -> Site:
        site = copy.copy(warehouse)
        with DAG("site", schedule=None, user_defined_macros={"staging_table": staging_table}) as site.dag:
            stage = StageToRedshiftOperator(
                task_id="stage",
                table="staging_visits",
                bucket=BUCKET,
                **{"key_pattern": PATTERN, "window_column": "visited_at", **arguments},
            )
            LoadFactOperator(
                task_id="load",
                table="visits",
                key="visit_id",
                window_column="visited_at",
                staged_by=[stage],
                select="select * from {{ staging_table('staging_visits', dag_run) }}",
            )
        return Site(site)

    yield new
    for table in TABLES:
        warehouse.execute(f"drop table {table}")


def kill_at_commit(run: Run, number: int, *, before: bool = False) -> None:
    """Stage in a process of its own that is killed at one of its commits.

    :param number: the commit, counted from 1.
    :param before: whether it is killed before it sends the commit, or when the warehouse has confirmed it.
    """

    def execute() -> None:
        commit = redshift_connector.Connection.commit
        commits = iter(range(1, number + 1))

        def commit_or_die(connection: redshift_connector.Connection) -> None:
            last = next(commits) == number
            if not (last and before):
                commit(connection)
            if last:
                os.kill(os.getpid(), signal.SIGKILL)

        redshift_connector.Connection.commit = commit_or_die
        run.execute("stage")

    process = multiprocessing.get_context("fork").Process(target=execute)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    run.tries["stage"] += 1


def copies_of(work: Callable[[], object], into: str = "") -> int:
    """Return how many COPY statements are sent during some work.

    :param into: a part of the name of the table.
    """
    sent: list[str] = []
    with before_each_statement(lambda _, statement: sent.append(statement)):
        work()
    return len([line for line in (text.splitlines()[0] for text in sent) if line.startswith("copy ") and into in line])


LIKE_ANOTHER = pytest.mark.long("commits of a staging that are like others")


@pytest.mark.parametrize("before", [False, True], ids=["after", "before"])
@pytest.mark.parametrize(
    "number",
    [pytest.param(number, marks=() if number in (1, COMMITS) else LIKE_ANOTHER) for number in range(1, COMMITS + 1)],
)
def test_try_that_is_killed_at_a_commit_is_continued(new_site, postgres_admin, number, before):
    site = new_site()
    expected = site.put_days()
    run = site.run()
    kill_at_commit(run, number, before=before)
    postgres_admin.wait_until_alone()
    copied = site.objects_copied()
    committed = number - before
    days_committed = min(max(committed - 1, 0), DAYS)
    assert copied >= days_committed
    # After its last commit, the staging is finished, and its repetition starts from the beginning.
    left = DAYS if committed == COMMITS else DAYS - days_committed
    assert copies_of(lambda: run.execute("stage")) == left
    assert site.objects_copied() - copied == left
    assert run.xcoms["stage"]["rows"] == len(expected)
    assert site.staged(run) == expected
    assert len(site.tables_of_runs()) == 2
    run.execute("load")
    assert site.visits() == expected


EVERY = pytest.mark.long("every statement instead of every seventeenth")


@pytest.mark.parametrize("step", [17, pytest.param(1, marks=EVERY)])
def test_try_that_is_cut_off_at_a_statement_is_continued(new_site, endpoint, postgres_admin, step):
    with direct_login(endpoint):
        site = new_site(max_rejects=5)
        site.warehouse._hook = WarehouseUnderTest(site.warehouse.s3)._hook
        expected = site.put_days()
        site.put(1, *(one for one in expected if one[0].startswith("1")), more=b'\n{"visit_id": null}')
        with cut(0, Moment.BEFORE) as uncut:
            site.run().execute("stage")
        assert uncut.statements.count("commit") == COMMITS
        for number in range(1, len(uncut.statements) + 1, step):
            moments = Moment if uncut.statements[number - 1] == "commit" else (Moment.BEFORE, Moment.ANSWERED)
            for moment in moments:
                run = site.run()
                with cut(number, moment) as line, suppress(ConnectionLostError):
                    run.execute("stage")
                # How often a try asks for the load history, which is filled in the background, differs.
                assert line.was_cut or number > len(line.statements)
                postgres_admin.wait_until_alone()
                summary = run.execute("stage")
                assert (summary["rows"], summary["rejected"]) == (len(expected), 1)
                assert site.staged(run) == expected
                [(rejects,)] = site.warehouse.query(
                    "select count(*) from etl.rejects where run_id = %(run_id)s", run_id=run.run_id
                )
                assert rejects == 1


def test_changed_new_and_deleted_files_are_copied_again_and_the_others_are_kept(new_site, caplog):
    site = new_site()
    visits = {one for one in site.put_days() if not one[0].startswith("0")}
    run = site.run()
    kill_at_commit(run, 3)
    corrected = visit("0new", 0)
    site.put(0, corrected)
    site.delete(2)
    later = visit("4", 4)
    site.put(4, later)
    with caplog.at_level("INFO"):
        # The first day was changed, and the last one is new.
        assert copies_of(lambda: run.execute("stage")) == 2
    expected = {one for one in visits if one[0].startswith("1")} | {corrected, later}
    assert site.staged(run) == expected
    assert "2018-11-01 is copied again" in caplog.text
    assert "1 of 3 periods are copied already" in caplog.text
    run.execute("load")
    assert site.visits() == expected


def test_long_lists_of_objects_stay_in_the_warehouse(new_site, monkeypatch):
    """Two manifests for each day, and lists of objects that are copied instead of inserted."""
    for module in (file_tables, staged_objects):
        monkeypatch.setattr(module, "MOST_OBJECTS", 2)
    monkeypatch.setattr(file_tables, "ROWS_PER_INSERT", 1)
    site = new_site()
    expected = {visit(f"{day}{name}", day) for day in range(DAYS) for name in "abc"}
    for one in expected:
        site.put(int(one[0][0]), one, name=one[0][1])
    run = site.run()
    kill_at_commit(run, 3)
    changed = visit("1new", 1)
    site.put(0, visit("0a", 0, "new"), name="a")
    site.put(1, changed, name="c")
    # Two of the first day, which has changed, and of each of the others, which were not copied yet.
    assert copies_of(lambda: run.execute("stage"), into="__incoming") == 2 * DAYS
    expected = {one for one in expected if one[0] not in ("0a", "1c")} | {visit("0a", 0, "new"), changed}
    assert site.staged(run) == expected
    assert run.xcoms["stage"]["objects"] == 3 * DAYS
    run.execute("load")
    assert site.visits() == expected


def test_deleted_file_of_a_copied_day_leaves_no_rows(new_site):
    site = new_site()
    visits = site.put_days()
    run = site.run()
    kill_at_commit(run, 3)
    site.delete(0)
    assert copies_of(lambda: run.execute("stage")) == 1
    assert site.staged(run) == {one for one in visits if not one[0].startswith("0")}
    assert run.xcoms["stage"]["objects"] == 2


def test_file_that_was_empty_and_has_rows_now_counts_as_read(new_site):
    site = new_site()
    visits = site.put_days()
    site.put(0)
    run = site.run()
    kill_at_commit(run, 3)
    site.put(0, *(one for one in visits if one[0].startswith("0")))
    run.execute("stage")
    assert site.staged(run) == visits
    files = staging_table("staging_visits_files", run_names(run))
    assert {kind for (kind,) in site.warehouse.query(f"select kind from {files}")} == {"run", "object"}


def run_names(run: Run) -> Any:
    return run._context(run.dag.get_task("stage"))["dag_run"]


def test_empty_file_of_a_copied_day_stays_without_rows(new_site):
    site = new_site()
    visits = site.put_days()
    site.put(0)
    run = site.run()
    kill_at_commit(run, 3)
    site.put(2, *(changed := [visit("2new", 2)]))
    assert copies_of(lambda: run.execute("stage")) == 1
    assert site.staged(run) == {one for one in visits if one[0].startswith("1")} | set(changed)
    files = staging_table("staging_visits_files", run_names(run))
    kinds = site.warehouse.query(f"select kind from {files} where kind <> 'run' order by object_key")
    assert [kind for (kind,) in kinds] == ["no rows", "object", "object"]


def test_with_a_margin_a_changed_file_makes_the_staging_begin_anew(new_site, caplog):
    """A row of the second day can be in the file of the first one."""
    site = new_site(margin_days=1)
    visits = site.put_days()
    early = visit("early", 1)
    site.put(0, *(one for one in visits if one[0].startswith("0")), early)
    run = site.run()
    kill_at_commit(run, 3)
    changed = visit("changed", 1)
    site.put(1, changed)
    assert copies_of(lambda: run.execute("stage")) == DAYS
    assert site.staged(run) == {one for one in visits if not one[0].startswith("1")} | {early, changed}
    assert "objects of 2018-11-02 have changed, and with margin_days" in caplog.text


def test_with_a_margin_unchanged_files_are_kept(new_site):
    site = new_site(margin_days=1)
    visits = site.put_days()
    run = site.run()
    kill_at_commit(run, 3)
    site.put(4, visit("4", 4))
    assert copies_of(lambda: run.execute("stage")) == 2
    assert site.staged(run) == visits | {visit("4", 4)}


def test_rejects_and_rows_left_out_of_an_earlier_try_are_kept(new_site):
    site = new_site(max_rejects="10%")
    visits = site.put_days()
    other = [visit("late", 2)]
    site.put(0, *(one for one in visits if one[0].startswith("0")), *other, more=b'\n{"visit_id": null}')
    run = site.run()
    kill_at_commit(run, 3)
    assert site.warehouse.query("select * from etl.rejects") == []
    # A tenth of all records; of those that this try reads, it would be none.
    summary = run.execute("stage")
    assert (summary["rows"], summary["left_out"], summary["rejected"], summary["read"]) == (9, 1, 1, 11)
    [(key, line)] = site.warehouse.query("select object_key, line_number from etl.rejects")
    assert (key, line) == ("log_data/2018/11/01/a.json", 5)
    assert site.staged(run) == visits


def test_limit_of_rejects_counts_those_of_earlier_tries(new_site):
    site = new_site(max_rejects=1)
    visits = site.put_days()
    for day in (0, 2):
        site.put(day, *(one for one in visits if one[0].startswith(str(day))), more=b'\n{"visit_id": null}')
    run = site.run()
    kill_at_commit(run, 3)
    with pytest.raises(AirflowFailException, match="bad records"):
        run.execute("stage")
    # The correction is copied, and the days before it are kept.
    site.put(2, *(one for one in visits if one[0].startswith("2")))
    assert copies_of(lambda: run.execute("stage")) == 1
    assert run.xcoms["stage"]["rejected"] == 1
    assert site.staged(run) == visits


def test_rejects_of_a_changed_file_are_forgotten(new_site):
    site = new_site(max_rejects=1)
    visits = site.put_days()
    site.put(0, *(one for one in visits if one[0].startswith("0")), more=b'\n{"visit_id": null}')
    run = site.run()
    kill_at_commit(run, 3)
    site.put(0, *(one for one in visits if one[0].startswith("0")))
    assert run.execute("stage")["rejected"] == 0
    assert site.warehouse.query("select * from etl.rejects") == []


def test_load_does_not_read_what_an_unfinished_staging_has_copied(new_site):
    """Somebody marks the interrupted task as successful: the load stages for itself."""
    site = new_site()
    expected = site.put_days()
    run = site.run()
    kill_at_commit(run, 2)
    assert copies_of(lambda: run.execute("load")) == DAYS
    assert site.visits() == expected


def test_tables_of_a_finished_staging_are_replaced_only_when_its_repetition_is_finished(new_site):
    site = new_site()
    visits = site.put_days()
    run = site.run()
    run.execute("stage")
    site.put(2, visit("2new", 2))
    kill_at_commit(run, 3)
    assert site.staged(run) == visits
    run.execute("stage")
    assert site.staged(run) == {one for one in visits if not one[0].startswith("2")} | {visit("2new", 2)}
    assert len(site.tables_of_runs()) == 2


def test_other_format_makes_the_staging_begin_anew(new_site, caplog):
    site = new_site()
    visits = site.put_days()
    run = site.run()
    kill_at_commit(run, 3)
    run.dag.get_task("stage").format = Json("auto ignorecase")
    assert copies_of(lambda: run.execute("stage")) == DAYS
    assert site.staged(run) == visits
    assert "the source is defined differently now (format)" in caplog.text


def test_other_paths_file_makes_the_staging_begin_anew(new_site, caplog):
    site = new_site(format=Json(PATHS_KEY))
    visits = site.put_days()
    paths = ["$.visit_id", "$.visited_at", "$.pag"]
    site.warehouse.put(PATHS_KEY, json.dumps({"jsonpaths": paths}).encode())
    run = site.run()
    kill_at_commit(run, 3)
    site.warehouse.put(PATHS_KEY, json.dumps({"jsonpaths": [*paths[:2], "$.page"]}).encode())
    run.execute("stage")
    assert site.staged(run) == visits
    assert "(JSONPaths file)" in caplog.text


def test_longer_column_makes_the_staging_begin_anew(new_site, caplog):
    site = new_site()
    visits = site.put_days()
    run = site.run()
    site.put(2, visit("2", 2, "a page with a long name"))
    with pytest.raises(AirflowFailException, match="String length exceeds"):
        run.execute("stage")
    site.warehouse.execute("drop table staging_visits")
    site.warehouse.execute(f"create table staging_visits ({COLUMNS.replace('page varchar(8)', 'page varchar(64)')})")
    run.execute("stage")
    kept = {one for one in visits if not one[0].startswith("2")}
    assert site.staged(run) == kept | {visit("2", 2, "a page with a long name")}
    assert "the columns of staging_visits have changed" in caplog.text


def test_lower_max_left_out_applies_to_copied_days_too(new_site):
    site = new_site()
    site.put_days()
    site.put(0, visit("0", 0), visit("other", 1))
    run = site.run()
    kill_at_commit(run, 3)
    run.dag.get_task("stage").max_left_out = 0.1
    with pytest.raises(AirflowFailException, match="at most 10% may be left out"):
        run.execute("stage")


def test_lower_max_rejects_applies_to_copied_days_too(new_site):
    site = new_site(max_rejects=1)
    site.put_days()
    site.put(0, visit("0", 0), more=b'\n{"visit_id": null}')
    run = site.run()
    kill_at_commit(run, 3)
    run.dag.get_task("stage").max_rejects = 0
    with pytest.raises(AirflowFailException, match="COPY found records that it cannot load"):
        run.execute("stage")


def test_try_that_is_alive_when_the_next_one_continues_stops(new_site):
    """Airflow has lost contact to the first try and starts another one, which copies all days meanwhile."""
    site = new_site()
    expected = site.put_days()
    run = site.run()
    next_try = replace(run, xcoms={})
    second: list[int] = []

    def overtake(_: Any, statement: str) -> None:
        # Before its second day; "lock" is the first statement of each day.
        locks.append(statement.startswith("lock table"))
        if sum(locks) == 2 and not second:
            second.append(0)
            second[0] = copies_of(lambda: next_try.execute("stage"))

    locks: list[bool] = []
    with before_each_statement(overtake), pytest.raises(StagingTakenOverError, match=r"[Aa]nother try of this task"):
        run.execute("stage")
    assert second == [DAYS - 1]
    assert site.staged(next_try) == expected


def side_by_side(first: Run, second: Run, beginning: str, postgres_admin: Any) -> list[Future[Any]]:
    """Stage with a second try while a first one is about to send a statement; the first goes on when the second waits.

    :param beginning: of the statement, in lower case.
    """
    waiting, go_on = Event(), Event()

    def pause(_: Any, statement: str) -> None:
        if statement.startswith(beginning) and not waiting.is_set():
            waiting.set()
            assert go_on.wait(30)

    with ThreadPoolExecutor(2) as pool, before_each_statement(pause):
        tries = [pool.submit(first.execute, "stage")]
        assert waiting.wait(30)
        tries.append(pool.submit(second.execute, "stage"))
        postgres_admin.wait_for_blocked_session()
        go_on.set()
    return tries


def test_try_waits_for_the_transaction_of_another_one_which_then_stops(new_site, postgres_admin):
    site = new_site()
    expected = site.put_days()
    run = site.run()
    next_try = replace(run, xcoms={})
    # The first try has not committed the list of staged files.
    first, second = side_by_side(run, next_try, "copy ", postgres_admin)
    with pytest.raises(StagingTakenOverError, match=r"[Aa]nother try of this task"):
        first.result()
    second.result()
    assert site.staged(next_try) == expected
    assert len(site.tables_of_runs()) == 2


FIRST_DAY = {"start": f"{FIRST:%Y-%m-%d}", "end": f"{FIRST + DAY:%Y-%m-%d}"}


@pytest.mark.parametrize("window", [{"full_load": True}, FIRST_DAY], ids=["period by period", "in one transaction"])
def test_try_that_begins_while_an_earlier_one_is_alive_waits_for_it(new_site, postgres_admin, window):
    """Neither sees the tables that the other one creates, so the second one creates them too, and waits."""
    site = new_site()
    expected = {visit for visit in site.put_days() if "full_load" in window or visit[1] < FIRST + DAY}
    run = site.warehouse.run(**window)
    next_try = replace(run, xcoms={})
    first, second = side_by_side(run, next_try, "insert into", postgres_admin)
    # If they copy periods, one of them can stop, because the other one has taken over or has finished.
    failed = [error for error in (first.exception(), second.exception()) if error]
    assert len(failed) < 2
    assert all(isinstance(error, StagingTakenOverError) for error in failed)
    if second.exception():
        next_try.execute("stage")
    assert site.staged(next_try) == expected
    assert len(site.tables_of_runs()) == 2


def test_failed_check_is_recorded_and_the_rows_are_kept(new_site):
    site = new_site(checks=[NotNull(table="staging_visits", column="page")])
    site.put_days()
    site.put(0, visit("0", 0, None))
    run = site.run()
    with pytest.raises(AirflowFailException, match="page"):
        run.execute("stage")
    assert site.warehouse.query("select outcome from etl.check_results") == [("failed",)]
    assert len(site.tables_of_runs()) == 2


def test_run_of_31_periods_is_one_transaction(new_site):
    site = new_site()
    site.put_days()
    run = site.warehouse.run("2018-10-20T00:00:00Z", "2018-11-20T00:00:00Z")
    sent: list[str] = []
    with before_each_statement(lambda _, statement: sent.append(statement)):
        run.execute("stage")
    assert sent.count("commit") == 1
    assert not any("unfinished" in statement for statement in sent)


def test_try_of_a_run_of_32_periods_is_continued(new_site):
    site = new_site()
    expected = site.put_days()
    run = site.warehouse.run("2018-10-20T00:00:00Z", "2018-11-20T00:00:01Z")
    kill_at_commit(run, 3)
    assert copies_of(lambda: run.execute("stage")) == 1
    assert site.staged(run) == expected
    run.execute("load")
    assert site.visits() == expected


def of_day(visits: set[Visit], *days: int) -> set[Visit]:
    return {one for one in visits if int(one[0][0]) in days}


WINDOW = ("2018-11-01T00:00:00Z", "2018-11-10T00:00:00Z")


@pytest.mark.parametrize("window", [(), WINDOW], ids=["full", "window"])
def test_load_stages_only_the_periods_again_that_have_changed(new_site, caplog, window):
    """One day was changed, one is gone, and one is new."""
    site = new_site()
    visits = site.put_days() | {visit("3", 3)}
    site.put(3, visit("3", 3))
    run = site.warehouse.run(*window, full_load=not window)
    run.execute("stage")
    corrected, later = visit("0new", 0), visit("4", 4)
    site.put(0, corrected)
    site.delete(2)
    site.put(4, later)
    with caplog.at_level("INFO"):
        assert copies_of(lambda: run.execute("load")) == 2
    expected = of_day(visits, 1, 3) | {corrected, later}
    assert site.visits() == expected
    assert "2018-11-01 is staged again, because its objects have changed" in caplog.text
    history = "select objects, rows_read, rejected from etl.loads"
    assert site.warehouse.query(history) == [(4, len(expected), 0)]
    # What the load has staged is there for the others.
    assert site.staged(run) == expected
    assert copies_of(lambda: run.execute("load")) == 0


def test_periods_that_a_load_stages_again_replace_their_rejects(new_site):
    site = new_site(max_rejects=2)
    visits = site.put_days()
    for day in (0, 1):
        site.put(day, *of_day(visits, day), more=b'\n{"visit_id": null}')
    run = site.run()
    assert run.execute("stage")["rejected"] == 2
    site.put(0, *of_day(visits, 0))
    site.put(2, *of_day(visits, 2), more=b'\n{"visit_id": null}')
    run.execute("load")
    assert site.visits() == visits
    rejects = site.warehouse.query("select object_key from etl.rejects order by object_key")
    assert rejects == [(f"log_data/2018/11/0{day}/a.json",) for day in (2, 3)]
    # The limit is that of all periods.
    site.put(0, *of_day(visits, 0), more=b'\n{"visit_id": null}')
    with pytest.raises(AirflowFailException, match="bad records"):
        run.execute("load")


def test_empty_file_stays_without_rows_if_a_load_stages_another_period_again(new_site):
    """If it counted as read, the load would fail: a period that has been loaded may not become empty."""
    site = new_site()
    visits = site.put_days()
    site.put(1)
    run = site.run()
    run.execute("stage")
    site.put(0, visit("0new", 0))
    run.execute("load")
    files = staging_table("staging_visits_files", run_names(run))
    empty = site.warehouse.query(f"select object_key from {files} where kind = 'no rows'")
    assert empty == [("log_data/2018/11/02/a.json",)]
    assert site.visits() == of_day(visits, 2) | {visit("0new", 0)}


def test_new_field_in_a_period_that_a_load_stages_again_changes_nothing(new_site):
    site = new_site(on_new_field="fail")
    site.put_days()
    run = site.run()
    run.execute("stage")
    site.put(0, visit("0new", 0), more=b'\n{"visit_id": "0", "visited_at": "2018-11-01", "referrer": "mail"}')
    with pytest.raises(AirflowFailException, match=r"the field 'referrer' .* has no column"):
        run.execute("load")
    assert site.visits() == set()


def test_failed_check_of_a_period_that_a_load_stages_again_changes_nothing(new_site):
    site = new_site(checks=[NotNull(table="staging_visits", column="page")])
    visits = site.put_days()
    run = site.run()
    run.execute("stage")
    site.put(0, visit("0new", 0, None))
    with pytest.raises(AirflowFailException, match="Nothing was loaded"):
        run.execute("load")
    assert site.visits() == set()
    assert site.staged(run) == visits


@pytest.mark.parametrize("reason", ["margin", "left out"])
def test_load_stages_everything_again_if_it_is_not_known_what_belongs_to_a_period(new_site, reason):
    """With a margin, rows of a day can be in another day's file; rows that were left out are not counted by day."""
    site = new_site(margin_days=1 if reason == "margin" else 0)
    visits = site.put_days()
    elsewhere = visit("1late" if reason == "margin" else "9late", 1 if reason == "margin" else 9)
    site.put(0, *of_day(visits, 0), elsewhere)
    run = site.run()
    run.execute("stage")
    site.put(1, visit("1new", 1))
    assert copies_of(lambda: run.execute("load")) == DAYS
    kept = {elsewhere} if reason == "margin" else set()
    assert site.visits() == of_day(visits, 0, 2) | kept | {visit("1new", 1)}
    assert site.warehouse.query("select rows_read from etl.loads") == [(8,)]
