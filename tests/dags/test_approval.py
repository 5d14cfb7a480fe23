"""The question that a teardown asks in a real Airflow, and what a no means."""

from local.stack.dag_run import FINISHED, wait_for_dag
from tests.waiting import wait_until

TEARDOWN = "sparkify_teardown_cluster"


def test_a_teardown_that_is_rejected_deletes_nothing(stack, api):
    wait_for_dag(api, TEARDOWN)
    run_id = api.trigger(TEARDOWN, {})

    def states():
        return {task["task_id"]: task["state"] for task in api.tasks(TEARDOWN, run_id)}

    wait_until(lambda: states()["approve"] == "awaiting_input", "the run asks", seconds=300)
    assert states()["delete_cluster"] is None
    api.answer(TEARDOWN, run_id, "approve", "Reject")
    wait_until(lambda: api.run_state(TEARDOWN, run_id) in FINISHED, "the run ends", seconds=300)
    assert api.run_state(TEARDOWN, run_id) == "success"
    assert states() == {
        "approve": "success",
        "delete_cluster": "skipped",
        "delete_copy_role": "skipped",
        "delete_security_group": "skipped",
        "delete_parameter_group": "skipped",
    }
