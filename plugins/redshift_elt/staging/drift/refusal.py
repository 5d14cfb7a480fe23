"""Why objects are not loaded because of their fields, and what to do."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING

from redshift_elt.staging.copy_errors import shown

if TYPE_CHECKING:
    from redshift_elt.staging.drift.recorded import Compared
    from redshift_elt.staging.source import Source

_LISTED = 20

# The kinds of findings that on_new_field applies to.
BY_POLICY: Set[str] = frozenset({"new", "case", "moved"})
# Those with which a load is wrong whatever on_new_field is.
ALWAYS: Set[str] = frozenset({"record"})


def refusal(source: Source, compared: Sequence[Compared]) -> str | None:
    """Return why objects are not loaded, and what to do; None if they can be loaded."""
    kinds = {finding.kind for one in compared for finding in one.findings}
    for refused, explain in ((ALWAYS, _skipped_record), (BY_POLICY, _new_fields)):
        if kinds & refused and (refused is ALWAYS or source.on_new_field == "fail"):
            return "\n".join([explain(source), *_lines(compared, refused)])
    return None


def _skipped_record(source: Source) -> str:
    skipped = source.format.skipped_lines
    return (
        f"COPY would skip a record of {source} as the header of its file, because header_lines is {skipped}. Nothing "
        "was loaded. Add the header to the file, or write the number of header lines that all files have, such as "
        f"header_lines={skipped - 1}; then clear this task."
    )


def _new_fields(source: Source) -> str:
    return (
        f"{source} has fields that {source.table} has no column for. Nothing was loaded, because on_new_field is "
        "'fail'. Add the columns to the table or remove the fields, then clear this task."
    )


def _lines(compared: Sequence[Compared], kinds: Set[str]) -> list[str]:
    found = [(one.item, finding) for one in compared for finding in one.findings if finding.kind in kinds]
    lines = [f"{item.url}: {shown(str(finding), 1000)}." for item, finding in found[:_LISTED]]
    return [*lines, "... and more."] if len(found) > _LISTED else lines
