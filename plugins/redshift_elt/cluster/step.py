"""The result of a step towards a state of the cluster."""

from __future__ import annotations

import logging

from airflow.sdk import PokeReturnValue

log = logging.getLogger(__name__)


class Step(PokeReturnValue):
    """The result of a step; true if the state is reached.

    :param is_done: whether the state is reached.
    :param found: a sentence on what the step has found or requested. The message of a timeout quotes it.
    """

    def __init__(self, *, is_done: bool, found: str) -> None:
        super().__init__(is_done, found)
        self.found = found


def reached(found: str) -> Step:
    """Log what a step has found, and return that the state is reached."""
    log.info("%s", found)
    return Step(is_done=True, found=found)


def not_yet(found: str) -> Step:
    """Log what a step has found or requested, and return that another step is needed."""
    log.info("%s", found)
    return Step(is_done=False, found=found)
