"""Why objects are not loaded because of their fields, and what to do."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING

from redshift_elt.staging.copy_errors import shown
from redshift_elt.staging.drift.column_names import as_column

if TYPE_CHECKING:
    from redshift_elt.staging.drift.recorded import Compared
    from redshift_elt.staging.source import Source

_LISTED = 20

# The kinds of findings that on_new_field applies to.
BY_POLICY: Set[str] = frozenset({"new", "case", "extra"})
# Those with which a load is wrong whatever on_new_field is.
ALWAYS: Set[str] = frozenset({"record", "moved"})


def refusal(source: Source, compared: Sequence[Compared], columns: Sequence[str]) -> str | None:
    """Return why objects are not loaded, and what to do; None if they can be loaded.

    :param columns: the columns that COPY fills, in their order.
    """
    kinds = {finding.kind for one in compared for finding in one.findings}
    if "record" in kinds:
        return "\n".join([_skipped_record(source), *_lines(compared, {"record"})])
    if moved := [one for one in compared if "moved" in one.kinds]:
        return _other_order(source, moved, columns)
    if source.on_new_field == "fail" and kinds & BY_POLICY:
        return "\n".join([_new_fields(source), *_lines(compared, BY_POLICY)])
    return None


def _skipped_record(source: Source) -> str:
    skipped = source.format.skipped_lines
    return (
        f"COPY would skip a record of {source} as the header of its file, because header_lines is {skipped}. Nothing "
        "was loaded. Add the header to the file, or write the number of header lines that all files have, such as "
        f"header_lines={skipped - 1}; then clear this task."
    )


def _other_order(source: Source, moved: Sequence[Compared], columns: Sequence[str]) -> str:
    first = list(map(as_column, moved[0].names))
    added = [name for name in first if name not in columns]
    add = f"Add a column to {source.table} for each of these fields: {', '.join(added)}. " if added else ""
    what = (
        f"The fields of {source} are not in the order of the columns, and COPY loads the first field into the first "
        f"column, whatever their names are. So it would load values into the wrong columns; nothing was loaded. {add}"
        f"If all files have the same order, write columns={first} in format. Otherwise write the fields in the order "
        f"of the columns of {source.table}, or create {source.table} with its columns in the order of the fields. Then "
        "clear this task."
    )
    loaded = ", ".join(columns)
    lines = [f"{one.item.url}: the file has {', '.join(one.names)}; COPY loads {loaded}." for one in moved[:_LISTED]]
    return "\n".join([what, *(shown(line, 1000) for line in lines)])


def _new_fields(source: Source) -> str:
    return (
        f"{source} has fields that {source.table} has no column for. Nothing was loaded, because on_new_field is "
        "'fail'. Add the columns to the table or remove the fields, then clear this task."
    )


def _lines(compared: Sequence[Compared], kinds: Set[str]) -> list[str]:
    found = [(one.item, finding) for one in compared for finding in one.findings if finding.kind in kinds]
    lines = [f"{item.url}: {shown(str(finding), 1000)}." for item, finding in found[:_LISTED]]
    return [*lines, "... and more."] if len(found) > _LISTED else lines
