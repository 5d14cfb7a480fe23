"""Detect schema drift in the new objects of a run, before COPY reads them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.sql.identifiers import table
from redshift_elt.staging.copy_errors import shown
from redshift_elt.staging.drift.compare_fields import changed_types, ignored_fields, missing_fields
from redshift_elt.staging.drift.expected_fields import ExpectedFields
from redshift_elt.staging.drift.field_values import merged
from redshift_elt.staging.drift.header import skipped_record
from redshift_elt.staging.drift.new_columns import column_type, new_column_name
from redshift_elt.staging.drift.recorded import Compared, record, recorded_kinds
from redshift_elt.staging.drift.refusal import ALWAYS, BY_POLICY, refusal
from redshift_elt.staging.drift.sample import MOST_OBJECTS, read_sample
from redshift_elt.staging.formats.record_format import RecordFormat

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.drift.field_values import Fields
    from redshift_elt.staging.drift.finding import Finding
    from redshift_elt.staging.drift.policy import OnNewField
    from redshift_elt.staging.s3_objects import S3Object
    from redshift_elt.staging.staged_objects import StagedObjects
    from redshift_elt.staging.staging_context import StagingContext

log = logging.getLogger(__name__)

_LISTED = 20

# Objects with such findings are compared again: the table may have the column by now, or the policy is another one.
_COMPARED_AGAIN: Mapping[OnNewField, Set[str]] = MappingProxyType(
    {"warn": ALWAYS, "fail": ALWAYS | BY_POLICY | {"not_added"}, "add": ALWAYS | {"new"}}
)


class RefusedFieldsError(AirflowFailException):
    """Objects must not be loaded: COPY would ignore a field, load it into another column, or skip a record.

    :param compared: what was found, to be recorded after the rollback.
    """

    def __init__(self, message: str, compared: Sequence[Compared]) -> None:
        super().__init__(message)
        self.compared = compared


class ColumnsToAddError(Exception):
    """Objects have fields for which columns have to be added, in a transaction of its own, before they are staged.

    :param columns: the type of each column.
    :param compared: what was found, to be recorded with the columns.
    """

    def __init__(self, columns: Mapping[str, str], compared: Sequence[Compared]) -> None:
        super().__init__(f"Columns have to be added: {', '.join(columns)}.")
        self.columns = columns
        self.compared = compared


@dataclass(frozen=True)
class Comparison:
    """The objects that were compared, and how COPY finds the columns of their fields.

    :param columns: the columns that COPY fills, in their order.
    """

    compared: Sequence[Compared]
    ignore_case: bool = False
    columns: tuple[str, ...] = ()


def detect_drift(session: Session, context: StagingContext, objects: StagedObjects, *, can_add: bool) -> None:
    """Compare the fields of new objects with the columns of the run's staging table; log and record the differences.

    Objects that an earlier run has compared are not read again, unless the policy of the source depends on it.

    :param can_add: whether the caller can add columns to the table; if not, it goes on without them.
    :raises RefusedFieldsError: COPY would skip a record as a header, load a field into the column of another one, or
        ignore a field while the policy of the source is ``fail``.
    :raises ColumnsToAddError: COPY would ignore a field, and the policy is ``add``.
    """
    policy = context.source.on_new_field
    chosen = objects.latest(MOST_OBJECTS)
    known = recorded_kinds(session, context, chosen)
    unread = [item for item in chosen if item not in known or known[item] & _COMPARED_AGAIN[policy]]
    comparison = _compare(session, context, unread)
    columns: dict[str, str] = {}
    if policy == "add" and can_add:
        comparison, columns = _with_columns(comparison)
    _log(comparison.compared)
    unrecorded = [one for one in comparison.compared if one.kinds != known.get(one.item)]
    if (why := refusal(context.source, comparison.compared, comparison.columns)) is not None:
        raise RefusedFieldsError(why, unrecorded)
    if columns:
        raise ColumnsToAddError(columns, unrecorded)
    record(session, context, unrecorded)


def _compare(session: Session, context: StagingContext, objects: Sequence[S3Object]) -> Comparison:
    """Return the differences of each object; none for an object that cannot be read or has no records."""
    columns = session.columns(table(context.table)) if objects else None
    expected = ExpectedFields.of(context, columns) if columns else None
    if columns is None or expected is None:
        return Comparison([Compared(item, ()) for item in objects])
    source_format = context.source.format
    epoch = isinstance(source_format, RecordFormat) and (source_format.time_format or "").startswith("epoch")
    read = [(item, read_sample(context, item)) for item in objects]
    # Records, and objects of few records, may leave out a field. So it is missing only if no object has it.
    missing = missing_fields(expected, merged(*(sample.fields for _, sample in read)))
    compared = []
    for item, sample in read:
        if sample.header and (record_found := skipped_record(expected, columns, sample.header)):
            compared.append(Compared(item, (record_found,)))
            continue
        fields = sample.fields
        findings = [*ignored_fields(expected, fields), *changed_types(expected, fields, columns, epoch=epoch)]
        if fields:
            findings += missing
            missing = []
        compared.append(Compared(item, tuple(findings), tuple(fields)))
    return Comparison(compared, expected.ignore_case, tuple(field.column for field in expected.fields))


def _with_columns(comparison: Comparison) -> tuple[Comparison, dict[str, str]]:
    """Return the comparison with its new fields as added or not, and the types of the columns to add."""
    new = [finding for one in comparison.compared for finding in one.findings if finding.kind == "new"]
    names = {finding.name: new_column_name(finding.name, ignore_case=comparison.ignore_case) for finding in new}
    fields: Fields = merged(*({name: finding.values} for finding in new if (name := names[finding.name])))
    types = {name: kind for name, values in fields.items() if (kind := column_type(values))}

    def with_column(finding: Finding) -> Finding:
        if finding.kind != "new":
            return finding
        column = names[finding.name]
        return replace(finding, kind="added", column=column) if column in types else replace(finding, kind="not_added")

    compared = [replace(one, findings=tuple(map(with_column, one.findings))) for one in comparison.compared]
    return replace(comparison, compared=compared), types


def _log(compared: Sequence[Compared]) -> None:
    for one in compared:
        for finding in one.findings[:_LISTED]:
            log.warning("%s: %s.", one.item.url, shown(str(finding), 1000))
