"""Each request of the cluster DAGs fails in turn: the resources that exist then, and a successful repetition.

The requests are recorded in a run without failures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import botocore.endpoint
import botocore.session
import pytest
from botocore.exceptions import ClientError, HTTPClientError

from tests.support.account import NAME, Account, run
from tests.support.aws_calls import Call, recorded

LABELS = {"owner": "Ann", "purpose": "tests"}


@dataclass(frozen=True)
class Scenario:
    """A run of a DAG.

    :param prepare: creates the initial state.
    :param check: asserts the state after a successful run.
    :param makes: the kinds of resources that it can create.
    """

    dag_id: str
    params: dict[str, object]
    prepare: Callable[[Account], None]
    check: Callable[[Account], None]
    makes: tuple[str, ...] = ()

    def run(self) -> None:
        run(self.dag_id, **self.params)


def paused(account: Account) -> None:
    account.create()
    account.redshift.pause_cluster(ClusterIdentifier=NAME)
    account.wait_for_status("paused")


def torn_down(account: Account) -> None:
    account.create()
    account.redshift.delete_cluster(ClusterIdentifier=NAME, FinalClusterSnapshotIdentifier="kept")
    account.wait_for_status(None)
    account.delete_roles()


def is_torn_down(account: Account) -> None:
    found = account.contents()
    assert list(found) == ["snapshots"]
    # A second one would also cost money.
    assert len(found["snapshots"]) == 1


def is_paused(account: Account) -> None:
    assert account.status() == "paused"


def is_available(account: Account) -> None:
    assert account.status() == "available"


def is_restored(account: Account) -> None:
    assert account.status() == "available"
    [cluster] = account.redshift.describe_clusters()["Clusters"]
    tags = {tag["Key"]: tag["Value"] for tag in cluster["Tags"]}
    assert tags == {"project": "sparkify-warehouse", "restored-from": "kept", **LABELS}
    assert len(account.contents()["secrets"]) == 1


SCENARIOS = {
    "teardown": Scenario(
        "sparkify_teardown_cluster", {"approved": True}, Account.create, is_torn_down, makes=("snapshots",)
    ),
    "teardown of a paused cluster": Scenario(
        "sparkify_teardown_cluster", {"approved": True}, paused, is_torn_down, makes=("snapshots",)
    ),
    "pause": Scenario("sparkify_pause_cluster", {}, Account.create, is_paused),
    "resume": Scenario("sparkify_resume_cluster", {}, paused, is_available),
    "restore": Scenario(
        "sparkify_restore_cluster",
        {"snapshot_identifier": "kept", "bucket": "any", **LABELS},
        torn_down,
        is_restored,
        makes=("clusters", "roles", "secrets", "security groups", "parameter groups"),
    ),
}


# The task of these requests does not wait: an invalid state fails the task, and Airflow retries it.
TRIED_AGAIN_BY_AIRFLOW = {("redshift", "ModifyClusterParameterGroup")}

# AWS has one quota for clusters, and one for parameter groups.
STATE_ERRORS = ("InvalidClusterState", "InvalidClusterParameterGroupState")


LIKE_ANOTHER = pytest.mark.long("faults of AWS that are handled like others")
# The other scenarios have more requests, and each of them begins with a new cluster.
SHORT = ("pause", "resume")


@pytest.fixture
def scenario(request) -> Scenario:
    return SCENARIOS[request.param]


@pytest.fixture(scope="module")
def recorded_calls() -> dict[str, list[Call]]:
    """The requests of each scenario that has been recorded."""
    return {}


@pytest.fixture
def calls(request, account, scenario, recorded_calls) -> list[Call]:
    """The distinct requests of a scenario."""
    name = request.node.callspec.params["scenario"]
    if name not in recorded_calls:
        with prepared(account, scenario):
            with recorded() as calls:
                scenario.run()
            scenario.check(account)
        assert len(calls) > 1
        recorded_calls[name] = list(dict.fromkeys(calls))
    return recorded_calls[name]


@pytest.fixture(autouse=True)
def repeated_at_once(monkeypatch):
    """Let botocore repeat a request without a pause."""
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _seconds: None))


@contextmanager
def prepared(account: Account, scenario: Scenario) -> Iterator[None]:
    scenario.prepare(account)
    yield
    account.empty()


@contextmanager
def fault(account: Account, scenario: Scenario, call: Call, code: str, times: int | None) -> Iterator[None]:
    """Make a request fail in the block; then check the resources, and that the run can be repeated."""
    service, operation = call
    with prepared(account, scenario):
        before = account.contents()
        account.faults.set(service, code, times=times, operation=operation)
        yield
        assert account.faults.counts().get(f"{service}.{operation}"), f"{operation} did not fail"
        account.faults.clear()
        added = {kind: len(set(names) - set(before.get(kind, ()))) for kind, names in account.contents().items()}
        assert all(number <= (kind in scenario.makes) for kind, number in added.items())
        scenario.run()
        scenario.check(account)


def listed(call: Call) -> list[str]:
    """Return the errors about states that AWS documents for an operation."""
    service, operation = call
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    return [error.error_code for error in model.error_shapes if error.error_code in STATE_ERRORS]


@pytest.mark.parametrize(
    "scenario",
    [pytest.param(name, marks=() if name in SHORT else LIKE_ANOTHER) for name in SCENARIOS],
    indirect=True,
)
def test_lost_response_does_not_fail_the_run(account, scenario, calls):
    for call in calls:
        # botocore repeats the request, and AWS responds that it is done or in progress.
        with fault(account, scenario, call, "AnswerLost", times=1):
            scenario.run()
            scenario.check(account)


@pytest.mark.parametrize(
    "scenario",
    [pytest.param(name, marks=() if name in SHORT else LIKE_ANOTHER) for name in SCENARIOS],
    indirect=True,
)
def test_temporarily_invalid_state_does_not_fail_the_run(account, scenario, calls):
    forbidden = [(call, code) for call in calls for code in listed(call)]
    assert forbidden
    for call, code in forbidden:
        with fault(account, scenario, call, code, times=2):
            if call in TRIED_AGAIN_BY_AIRFLOW:
                for _ in range(2):
                    with pytest.raises(ClientError, match=code):
                        scenario.run()
            scenario.run()
            scenario.check(account)


@pytest.mark.parametrize(
    ("code", "times", "error"),
    [
        pytest.param("ThrottlingException", 1, ClientError, marks=LIKE_ANOTHER),
        pytest.param("AnswerLost", 1, HTTPClientError, marks=LIKE_ANOTHER),
        ("AccessDenied", None, ClientError),
    ],
)
@pytest.mark.parametrize(
    "scenario", [*SHORT, *(pytest.param(name, marks=LIKE_ANOTHER) for name in ("teardown", "restore"))], indirect=True
)
def test_fatal_error_is_reported_and_the_next_run_completes(account, scenario, calls, monkeypatch, code, times, error):
    # Otherwise botocore would retry.
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for call in calls:
        with fault(account, scenario, call, code, times):
            with recorded() as made, pytest.raises(error) as raised:
                scenario.run()
            assert made[-1] == call
            if error is ClientError:
                assert raised.value.response["Error"]["Code"] == code
