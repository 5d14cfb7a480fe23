"""The fields of a DAG's trigger form that mean the same in every DAG that uses the operators."""

from __future__ import annotations

from airflow.sdk import Param

from redshift_elt.run.on_missing import KEEP, ON_MISSING


def run_params() -> dict[str, Param]:
    """Return the fields of the window, and of what the operators take from ``params``.

    ``window_start``, ``window_end``, ``lookback_days`` and ``full_load`` are read by
    :func:`redshift_elt.run.window.resolve_window`. Pass ``max_rejects``, ``on_missing`` and ``resume_cluster``
    to the operators.
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
            title="Lookback days",
            description="Number of earlier days whose files are read again, for events that arrived late.",
        ),
        "full_load": Param(
            False,
            type="boolean",
            title="Full load",
            description="Rebuild all tables from every file in the bucket. The tables stay readable.",
        ),
        "max_rejects": Param(
            0,
            type="integer",
            minimum=0,
            maximum=99_999,
            title="Maximum rejected records",
            description=(
                "Maximum number of rejected records per source; more fail the run. They go to the bookkeeping table "
                "rejects."
            ),
        ),
        "on_missing": Param(
            KEEP,
            type="string",
            enum=list(ON_MISSING),
            title="Rows of missing files",
            description="What to do with loaded rows whose files have been removed from the bucket.",
        ),
        "resume_cluster": Param(
            False,
            type="boolean",
            title="Resume the cluster",
            description="Resume the cluster if it is paused, and wait for it. Its nodes are then billed again.",
        ),
    }


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
    """Return the field of a key prefix below which files are. It ends with a slash."""
    return Param(
        default,
        type="string",
        pattern="^([^/]+/)+$",
        title=title,
        description=f"Ends with a slash. {description}".rstrip(),
    )


def _moment(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], format="date-time", title=title, description=description)
