"""Stage: COPY JSON objects from S3 into a staging table of the run's own."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from redshift_elt.date_pattern import DatePattern
from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.staging import files_table, run_prefix, staging_table
from redshift_elt.statements import bookkeeping, names
from redshift_elt.statements import staging as statements
from redshift_elt.statements.copy import KEYWORD_FORMATS, CopyOptions, copy_objects

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    from redshift_elt.objects import S3Object
    from redshift_elt.transaction import Session
    from redshift_elt.window import Window

_LOGGED_OBJECTS = 20


class StageToRedshiftOperator(WarehouseOperator):
    """Load the objects that a run needs into a staging table that only this run uses.

    The objects are listed, named in a manifest, and loaded by one COPY. The table is made anew each time, so a retry
    begins from nothing. Give exactly one of ``key_pattern`` and ``prefix``.

    :param table: the permanent, empty table that the staging table is made like; the staging table's name is this
        name and a suffix for the run, see :func:`redshift_elt.staging.staging_table`.
    :param bucket: the bucket's name, without ``s3://``.
    :param key_pattern: the key of one UTC day's object, such as ``orders/%Y/%m/%Y-%m-%d.json``; the days of
        the run's window are staged, those that exist. A full load stages every key that fits.
    :param margin_days: how many days before and after the window's to stage too, for events in a neighbour's file.
    :param prefix: stage everything below this key prefix, which ends with a slash.
    :param ledger_targets: with ``prefix``: leave out objects that all of these targets have taken over already with
        the same ETag. A full load leaves out none.
    :param json: ``auto``, ``auto ignorecase``, or the key of a JSONPaths file in the same bucket.
    :param iam_role: the role that COPY uses: ``default`` for the cluster's default role, or an ARN.
    :param region: the bucket's region; the AWS connection's if none is given.
    :param time_format: COPY's TIMEFORMAT, such as ``epochmillisecs``.
    :param gzip: whether the objects are compressed with gzip.
    :raises AirflowFailException: an object holds data that COPY cannot load; the message names file, line and reason.
    """

    template_fields: Sequence[str] = (
        *WarehouseOperator.template_fields,
        "table",
        "bucket",
        "key_pattern",
        "prefix",
        "json",
        "iam_role",
        "region",
        "time_format",
    )

    def __init__(
        self,
        *,
        table: str,
        bucket: str,
        key_pattern: str | None = None,
        margin_days: int = 0,
        prefix: str | None = None,
        ledger_targets: Sequence[str] = (),
        json: str = "auto",
        iam_role: str = "default",
        region: str | None = None,
        time_format: str | None = None,
        gzip: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (key_pattern is None) == (prefix is None):
            raise ValueError("Give exactly one of key_pattern (an object a day) and prefix (every object below it).")
        if "{{" not in bucket and "/" in bucket:
            raise ValueError(f"bucket {bucket!r} is no bucket's name: write it without s3:// and without a key.")
        if key_pattern is not None and ledger_targets:
            raise ValueError("ledger_targets goes with prefix: the objects of key_pattern are chosen by the window.")
        if prefix is not None and "{{" not in prefix and not prefix.endswith("/"):
            raise ValueError(f"prefix {prefix!r} must end with a slash, or it would match its namesakes: {prefix}/")
        if key_pattern is not None and "{{" not in key_pattern:
            DatePattern(key_pattern)
        if margin_days < 0 or (margin_days and prefix is not None):
            raise ValueError(f"margin_days is {margin_days}: write 0 or more days, and only with key_pattern.")
        if "://" in json:
            raise ValueError(f"json {json!r} is no key: write the key of a JSONPaths file in the same bucket.")
        if "{{" not in iam_role:
            CopyOptions(iam_role=iam_role)
        names.check_table(table)
        self.table = table
        self.bucket = bucket
        self.key_pattern = key_pattern
        self.margin_days = margin_days
        self.prefix = prefix
        self.ledger_targets = names.several(ledger_targets, "ledger_targets")
        self.json = json
        self.iam_role = iam_role
        self.region = region
        self.time_format = time_format
        self.gzip = gzip

    def execute(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Stage the run's objects.

        :return: the staging table's name, and how many objects, bytes and rows were loaded into it.
        """
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        from redshift_elt.copy_failure import explain_copy
        from redshift_elt.objects import file_list, manifest

        started = time.monotonic()
        window = self.window(context)
        s3 = S3Hook(aws_conn_id=self.aws_conn_id)
        objects = self._new(self._list(s3, window), window)
        run = context["dag_run"]
        staged = staging_table(self.table, run)
        location = run_prefix(run) + names.bare(self.table)
        if objects:
            self._check_json_paths(s3)
            s3.load_string(manifest(objects), f"{location}.manifest", self.bucket, replace=True)
        if objects and self.ledger_targets:
            s3.load_string(file_list(objects), f"{location}.files", self.bucket, replace=True)
        source = f"s3://{self.bucket}/{location}"
        region = self.region or s3.region_name

        def stage(session: Session) -> int:
            if self.ledger_targets:
                self._stage_files(session, files_table(self.table, run), f"{source}.files", region, objects)
            session.execute(statements.drop(staged))
            session.execute(statements.create(staged, self.table))
            if not objects:
                return 0
            session.execute(copy_objects(staged, f"{source}.manifest", self._options(region), manifest=True))
            return self._verified(session, staged, objects)

        rows = self.transaction(stage, explain_copy)
        self.log.info("%s: %s rows staged in %.1f s.", staged, f"{rows:,}", time.monotonic() - started)
        return {"table": staged, "objects": len(objects), "bytes": sum(item.size for item in objects), "rows": rows}

    def _list(self, s3: S3Hook, window: Window) -> list[S3Object]:
        """Return the objects that the run may stage.

        :raises AirflowFailException: there is no such bucket, or nothing where there should be something: a wrong name
            must not pass for a period without events.
        """
        from botocore.exceptions import ClientError

        from redshift_elt.objects import is_empty, list_dated, list_objects

        try:
            if self.prefix is not None:
                found, root = list_objects(s3, self.bucket, self.prefix), self.prefix
            else:
                found = list_dated(s3, self.bucket, self.key_pattern, window, self.margin_days)
                root = DatePattern(self.key_pattern).prefix
            lost = not found and (window.full or (self.prefix is None and is_empty(s3, self.bucket, root)))
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise
            raise AirflowFailException(
                f"There is no bucket {self.bucket!r}: correct its name in the Params or in the Airflow Variable."
            ) from error
        if lost:
            raise AirflowFailException(
                f"There is no object at all below s3://{self.bucket}/{root}: this is no period without events but a "
                "wrong bucket or prefix. Nothing was changed."
            )
        return found

    def _new(self, found: list[S3Object], window: Window) -> list[S3Object]:
        """Return the objects to stage: those that the ledger does not have for every target that it is kept for."""
        place = f"s3://{self.bucket}/{self.prefix or self.key_pattern}"
        if not found:
            self.log.info("No object at %s: there is nothing to stage, which is normal for an empty period.", place)
            return []
        if window.full or not self.ledger_targets:
            objects = found
        else:
            loaded = self.transaction(self._loaded)
            objects = [item for item in found if loaded.get(item.key) != item.etag]
        known = f", {len(found) - len(objects):,} loaded before" if len(objects) < len(found) else ""
        self.log.info("%s objects at %s%s; %s to stage.", f"{len(found):,}", place, known, f"{len(objects):,}")
        for item in objects[:_LOGGED_OBJECTS]:
            self.log.info("  %s (%s bytes)", item.url, f"{item.size:,}")
        if len(objects) > _LOGGED_OBJECTS:
            self.log.info("  ... and %s more.", f"{len(objects) - _LOGGED_OBJECTS:,}")
        return objects

    def _check_json_paths(self, s3: S3Hook) -> None:
        if self.json not in KEYWORD_FORMATS and not s3.check_for_key(self.json, self.bucket):
            raise AirflowFailException(
                f"There is no JSONPaths file s3://{self.bucket}/{self.json}: upload it, or correct its key."
            )

    def _loaded(self, session: Session) -> dict[str, str]:
        return dict(session.fetch(bookkeeping.loaded_objects(self.ledger_targets), (self.bucket,)))

    def _stage_files(
        self, session: Session, files: str, listing: str, region: str | None, objects: list[S3Object]
    ) -> None:
        session.execute(statements.drop(files))
        session.execute(statements.create(files, f"{bookkeeping.SCHEMA}.staged_files"))
        if objects:
            options = CopyOptions(iam_role=self.iam_role, region=region)
            session.execute(copy_objects(files, listing, options))

    def _options(self, region: str | None) -> CopyOptions:
        json = self.json if self.json in KEYWORD_FORMATS else f"s3://{self.bucket}/{self.json}"
        return CopyOptions(json, self.iam_role, region, self.time_format, self.gzip)

    def _verified(self, session: Session, staged: str, objects: list[S3Object]) -> int:
        """Return the number of rows loaded, after holding it against what COPY and the load history say."""
        rows = session.fetch(statements.count(staged))[0][0]
        copied = session.fetch(statements.COPIED_ROWS)[0][0]
        # The views of the load history are filled in the background and may not have this COPY yet.
        history = session.fetch(statements.LOAD_HISTORY) or [(copied, len(objects))]
        if copied != rows or history != [(rows, len(objects))]:
            raise AirflowException(
                f"{staged} holds {rows} rows from {len(objects)} objects, but COPY says {copied} rows, and the load "
                f"history (rows, objects) {history}. Nothing was kept; the task can be retried."
            )
        return rows
