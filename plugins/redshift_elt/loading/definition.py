"""What the rows of a load follow from besides the objects: its SELECT, its key, its strategy and its sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redshift_elt.loading.strategy import Strategy
    from redshift_elt.loading.target_load import Target
    from redshift_elt.staging.staging_context import StagingContext


def definition_of(target: Target, strategy: Strategy, sources: Iterable[StagingContext]) -> str:
    """Return the definition of a load as a text that is the same in every run.

    What the definition refers to is not part of it: the JSONPaths file, and the permanent tables that the SELECT reads.

    :param sources: what the run has staged for the load; the SELECT has the names of its tables.
    """
    select, staged = target.select, []
    for context in sources:
        source = context.source
        select = select.replace(context.table, source.table).replace(context.files, "")
        calendar = source.key_pattern.calendar if source.key_pattern else None
        staged.append((str(source), calendar, source.window_column, source.format, source.options))
    return repr((select, target.key, strategy, staged))
