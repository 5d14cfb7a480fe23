"""The findings of all runs, as rows of the bookkeeping table ``schema_drift``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from redshift_elt.run.clock import now
from redshift_elt.sql.render import numbered, render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.drift.finding import Finding
    from redshift_elt.staging.s3_objects import S3Object
    from redshift_elt.staging.staging_context import StagingContext

_NOTHING = "none"
_FIELD_BYTES = 512
_NAMES = (
    "dag_id", "run_id", "staging", "bucket", "object_key", "etag", "kind", "field_name", "column_name", "details",
    "found_at",
)  # fmt: skip
# More fields of one object than this are not recorded: a record whose keys are data would fill the table.
MOST_FINDINGS = 100


@dataclass(frozen=True)
class Compared:
    """An object whose fields were compared, and the differences.

    :param names: the names of its fields, in their order.
    """

    item: S3Object
    findings: tuple[Finding, ...]
    names: tuple[str, ...] = ()

    @property
    def kinds(self) -> Set[str]:
        """The kinds of its findings, as they are recorded."""
        return {finding.kind for finding in self.findings} or {_NOTHING}


def recorded_kinds(
    session: Session, context: StagingContext, objects: Sequence[S3Object]
) -> Mapping[S3Object, Set[str]]:
    """Return the kinds of findings when this DAG last compared objects, for those that have not changed since."""
    if not objects:
        return {}
    source = context.source
    keys = {f"object_key_{number}": item.key for number, item in enumerate(objects, 1)}
    rows = session.fetch(
        render("stage/recorded_drift.sql", keys=len(keys)),
        {"dag_id": context.dag_run.dag_id, "staging": source.table, "bucket": source.bucket, **keys},
    )
    found: dict[tuple[str, str], dict[datetime, set[str]]] = defaultdict(lambda: defaultdict(set))
    for key, etag, kind, found_at in rows:
        found[key, etag][found_at].add(kind)
    return {item: by_time[max(by_time)] for item in objects if (by_time := found.get((item.key, item.etag)))}


def record(session: Session, context: StagingContext, compared: Sequence[Compared]) -> None:
    """Write the findings; an object without any has one row of the kind ``none``."""
    found_at = now()
    rows = [{**row, "found_at": found_at} for one in compared for row in _rows(context, one)]
    if rows:
        session.execute(render("stage/insert_drift.sql", names=_NAMES, rows=len(rows)), numbered(rows))


def _rows(context: StagingContext, compared: Compared) -> list[dict[str, object]]:
    about = {
        "dag_id": context.dag_run.dag_id,
        "run_id": context.dag_run.run_id,
        "staging": context.source.table,
        "bucket": compared.item.bucket,
        "object_key": compared.item.key,
        "etag": compared.item.etag,
    }
    if not compared.findings:
        return [{**about, "kind": _NOTHING, "field_name": "", "column_name": None, "details": ""}]
    return [
        {
            **about,
            "kind": finding.kind,
            # Redshift refuses NUL in a text.
            "field_name": _truncated(finding.name.replace("\0", "")),
            "column_name": finding.column,
            "details": str(finding.values) if finding.values.types else "",
        }
        for finding in compared.findings[:MOST_FINDINGS]
    ]


def _truncated(text: str) -> str:
    return text.encode(errors="replace")[:_FIELD_BYTES].decode(errors="ignore")
