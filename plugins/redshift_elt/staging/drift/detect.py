"""Detect schema drift in the new objects of a run, before COPY reads them."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.sql.identifiers import table
from redshift_elt.staging.copy_errors import shown
from redshift_elt.staging.drift.compare_fields import changed_types, ignored_fields, missing_fields
from redshift_elt.staging.drift.expected_fields import ExpectedFields
from redshift_elt.staging.drift.recorded import Compared, record, recorded_kinds
from redshift_elt.staging.drift.sample import read_fields, sample
from redshift_elt.staging.formats.json_format import Json

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.drift.finding import Finding
    from redshift_elt.staging.drift.sample import Fields
    from redshift_elt.staging.s3_objects import S3Object
    from redshift_elt.staging.staging_context import StagingContext

log = logging.getLogger(__name__)

_IGNORED = {"new", "case"}
_LISTED = 20


class NewFieldsError(AirflowFailException):
    """Objects have fields that COPY would ignore, and the source does not allow that.

    :param compared: what was found, to be recorded after the rollback.
    """

    def __init__(self, message: str, compared: Sequence[Compared]) -> None:
        super().__init__(message)
        self.compared = compared


def detect_drift(session: Session, context: StagingContext, objects: Sequence[S3Object]) -> None:
    """Compare the fields of new objects with the columns of the run's staging table; log and record the differences.

    Objects that an earlier run has compared are not read again, unless the source fails on what it has found.

    :raises NewFieldsError: COPY would ignore a field, and the policy of the source is ``fail``.
    """
    chosen = sample(objects)
    known = recorded_kinds(session, context, chosen)
    fails = context.source.on_new_field == "fail"
    unread = [item for item in chosen if item not in known or (fails and _IGNORED & set(known[item]))]
    compared = _compare(session, context, unread)
    for one in compared:
        for finding in one.findings[:_LISTED]:
            log.warning("%s: %s.", one.item.url, shown(str(finding), 1000))
    unrecorded = [one for one in compared if one.item not in known]
    ignored = [(one.item, finding) for one in compared for finding in one.findings if finding.is_ignored_field]
    if fails and ignored:
        raise NewFieldsError(_refusal(context, ignored), unrecorded)
    record(session, context, unrecorded)


def _compare(session: Session, context: StagingContext, objects: Sequence[S3Object]) -> list[Compared]:
    """Return the differences of each object; none for an object that cannot be read or has no records."""
    if not objects:
        return []
    columns = session.columns(table(context.table))
    expected = ExpectedFields.of(context, columns)
    if expected is None:
        return [Compared(item, ()) for item in objects]
    source_format = context.source.format
    epoch = isinstance(source_format, Json) and (source_format.time_format or "").startswith("epoch")
    read = [(item, read_fields(context, item)) for item in objects]
    # Records, and objects of few records, may leave out a field. So it is missing only if no object has it.
    missing = missing_fields(expected, _together([fields for _, fields in read]))
    compared = []
    for item, fields in read:
        findings = [*ignored_fields(expected, fields), *changed_types(expected, fields, columns, epoch=epoch)]
        if fields:
            findings += missing
            missing = []
        compared.append(Compared(item, tuple(findings)))
    return compared


def _together(several: Sequence[Fields]) -> Fields:
    merged: dict[str, set[str]] = defaultdict(set)
    for fields in several:
        for name, types in fields.items():
            merged[name] |= types
    return merged


def _refusal(context: StagingContext, ignored: Sequence[tuple[S3Object, Finding]]) -> str:
    lines = [f"{item.url}: {shown(str(finding), 1000)}" for item, finding in ignored[:_LISTED]]
    if len(ignored) > _LISTED:
        lines.append("... and more.")
    what = (
        f"{context.source} has fields that {context.source.table} has no column for. Nothing was loaded, because "
        "on_new_field is 'fail'. Add the columns to the table or remove the fields, then clear this task."
    )
    return "\n".join([what, *lines])
