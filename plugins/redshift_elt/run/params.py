"""The fields of a DAG's trigger form that mean the same in every DAG that uses the operators."""

from __future__ import annotations

from airflow.sdk import Param

from redshift_elt.run.limits import MOST_REJECTS, MOST_STATEMENT_TIMEOUT, QUERY_GROUP_PATTERN
from redshift_elt.run.on_missing import KEEP, ON_MISSING
from redshift_elt.run.window import MOST_LOOKBACK_DAYS

# In seconds. A full load of years copies for long; a statement that hangs is cancelled.
STATEMENT_TIMEOUT = 7200
QUERY_GROUP = "redshift_elt"
# The years of plausible events: 1970 to 2199.
_YEAR = r"^(19[7-9]\d|2[01]\d\d)-"
# Folders without percent signs and control characters.
_PREFIX = r"^([^/%\x00-\x1f\x7f]+/)+$"


def run_params() -> dict[str, Param]:
    """Return the fields of the window, which every operator reads by itself.

    They take effect through :func:`redshift_elt.run.window.resolve_window`. The fields of the other functions are for
    arguments of the same names: they take effect only in operators that get them, such as
    ``max_rejects="{{ params.max_rejects }}"``, which ``default_args`` can do for all of them.
    """
    return {
        "window_start": _moment(
            "Window start",
            "First moment of the window. Set both ends, or none to load the hour of the run.",
        ),
        "window_end": _moment("Window end", "End of the window, not included."),
        "lookback_days": Param(
            0,
            type="integer",
            minimum=0,
            maximum=MOST_LOOKBACK_DAYS,
            title="Lookback days",
            description="Number of earlier days whose files are read again, for events that arrived late.",
        ),
        "full_load": Param(
            False,
            type="boolean",
            title="Full load",
            description="Rebuild all tables from every file in the bucket. The tables stay readable.",
        ),
    }


def max_rejects_param() -> Param:
    """Return the field for ``max_rejects`` of the staging operators."""
    return Param(
        0,
        type="integer",
        minimum=0,
        maximum=MOST_REJECTS,
        title="Maximum rejected records",
        description=(
            "Maximum number of rejected records per source; more fail the run. They go to the bookkeeping table "
            "rejects."
        ),
    )


def on_missing_params() -> dict[str, Param]:
    """Return the fields for ``on_missing`` of the staging operators.

    If the form says ``on_missing="delete"``, these operators require ``confirm_delete``, which they read by themselves.
    """
    return {
        "on_missing": Param(
            KEEP,
            type="string",
            enum=list(ON_MISSING),
            title="Rows of missing files",
            description="What to do with loaded rows whose files have been removed from the bucket.",
        ),
        "confirm_delete": Param(
            None,
            type=["null", "string"],
            title="Confirm the deletion of rows",
            description=(
                "Required to delete the rows of missing files: the name of the cluster, of the Serverless workgroup or "
                "of the host in the connection."
            ),
        ),
    }


def session_params() -> dict[str, Param]:
    """Return the fields for ``statement_timeout`` and ``query_group`` of the operators."""
    return {
        "statement_timeout": Param(
            STATEMENT_TIMEOUT,
            type="integer",
            minimum=1,
            maximum=MOST_STATEMENT_TIMEOUT,
            title="Statement timeout",
            description="Number of seconds after which the warehouse cancels a statement. The task then fails.",
        ),
        "query_group": Param(
            QUERY_GROUP,
            type="string",
            pattern=QUERY_GROUP_PATTERN,
            title="Query group",
            description="Label of the statements in the query logs. Workload management can choose a queue by it.",
        ),
    }


def resume_cluster_param() -> Param:
    """Return the field for ``resume_cluster`` of the operators: whether a run resumes a paused cluster."""
    return Param(
        False,
        type="boolean",
        title="Resume the cluster",
        description="Resume the cluster if it is paused, and wait for it. Its nodes are then billed again.",
    )


def bucket_param(description: str, variable: str) -> Param:
    """Return the field of an S3 bucket.

    :param variable: the Airflow Variable with the bucket, which is used if the field is empty.
    """
    return Param(
        None,
        type=["null", "string"],
        title="Bucket",
        description=f"{description} Default: the Airflow Variable {variable}.",
    )


def prefix_param(default: str, title: str, description: str = "") -> Param:
    """Return the field of a key prefix below which files are.

    It ends with a slash. It has no percent sign, which would begin a code of ``strftime`` in a key pattern.
    """
    return Param(
        default,
        type="string",
        pattern=_PREFIX,
        # A key has at most 1,024 bytes.
        maxLength=512,
        title=title,
        description=f"Ends with a slash. {description}".rstrip(),
    )


def _moment(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], format="date-time", pattern=_YEAR, title=title, description=description)
