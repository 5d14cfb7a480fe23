"""An operator that says what to do if the triggerer does not resume it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException

from redshift_elt.compatibility import PolicyOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class DeferrableOperator(PolicyOperator):
    """An operator whose triggers fire before their timeout. So the timeout means that no triggerer has run them.

    Airflow's own message is "Trigger timeout".
    """

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Continue after a deferral; Airflow calls this.

        :raises AirflowException: the timeout of the deferral has passed, or the trigger has failed. A retry begins to
            wait again.
        """
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except AirflowException as error:
            # The provider that knows the module of each exception does not know this one.
            if type(error).__name__ != "TaskDeferralTimeout":
                raise
            raise AirflowException(
                f"{self.task_id} was deferred, and no triggerer has resumed it in time. Check that a triggerer is "
                "running and has capacity (airflow triggerer). The retry begins to wait again."
            ) from error
