"""Runs UNLOAD statements: the order of the steps, and the messages to the client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence

from redshift_standin import sqlstate
from redshift_standin.aws.iam.policies import UnknownConditionError
from redshift_standin.aws.redshift.storage import ClusterStorage, S3Error
from redshift_standin.engine.interfaces import Backend, QueryResult, UnloadResult
from redshift_standin.errors import WarehouseError, error_block
from redshift_standin.sql.database_names import remove_current_database
from redshift_standin.sql.lexer import unsupported
from redshift_standin.sql.queries.leader_functions import leader_function
from redshift_standin.sql.select_aliases import resolve_aliases
from redshift_standin.sql.statement import Statement, split_statements
from redshift_standin.sql.translate import translate
from redshift_standin.unload.manifest import NAME, manifest
from redshift_standin.unload.output_files import UnloadedFile, make_files
from redshift_standin.unload.parser import parse
from redshift_standin.unload.result_columns import Column, describe
from redshift_standin.unload.statement import UnloadStatement
from redshift_standin.unload.unload_history import begin_record

# AWS page "UNLOAD", ROWGROUPSIZE: the node types that support it and can still be created.
_ROW_GROUP_NODES = ("ra3.4xlarge", "ra3.16xlarge")
_NOT_EMPTY = (
    "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually removing "
    "the target files in S3, or using the ALLOWOVERWRITE option."
)


class S3Unloader:
    """Runs UNLOAD against the S3 of this process."""

    async def unload(self, statement: str, backend: Backend) -> UnloadResult:
        """Write the query's result to S3, inside the client's transaction. A rollback does not remove the files.

        :raises WarehouseError: the statement failed, and wrote nothing.
        """
        unload = parse(statement)
        query = await _translate_query(unload.query, backend)
        storage = await asyncio.to_thread(_prepare, unload, backend)
        record = await begin_record(unload, backend)
        try:
            result = await backend.query(query)
            files = await asyncio.to_thread(_write, unload, storage, result)
            if backend.cancelled:
                raise WarehouseError(
                    f"Query ({record.query_id}) cancelled on user's request", sqlstate=sqlstate.QUERY_CANCELED
                )
        except WarehouseError as error:
            await record.failed(error.message)
            raise
        await record.succeeded(files)
        rows = sum(file.rows for file in files)
        return UnloadResult((f"UNLOAD completed, {rows} record(s) unloaded successfully.",))


async def _translate_query(text: str, backend: Backend) -> str:
    statements = split_statements(text)
    if not statements:
        raise WarehouseError("syntax error at end of input", sqlstate=sqlstate.SYNTAX_ERROR)
    if len(statements) > 1:
        raise WarehouseError('syntax error at or near ";"', sqlstate=sqlstate.SYNTAX_ERROR)
    query = remove_current_database(statements[0], backend.database)
    if not query.at_any(0, ("select", "with", "(")):
        raise query.near(0)
    if _has_outer_limit(query):
        raise WarehouseError("Limit clause is not supported", sqlstate=sqlstate.SYNTAX_ERROR)
    translate(query)
    if leader_function(query) is not None:
        raise unsupported("UNLOAD of a query that the leader node runs")
    await resolve_aliases(query, backend.fetch)
    return translate(query).sql


def _has_outer_limit(query: Statement) -> bool:
    low, high = 0, len(query)
    while query.at(low, "(") and query.closing[low] == high - 1:
        low, high = low + 1, high - 1
    return query.find("limit", low, high) >= 0


def _prepare(unload: UnloadStatement, backend: Backend) -> ClusterStorage:
    """Connect to the cluster's S3, and check that the destination is empty or may be overwritten."""
    with _worded(unload):
        storage = ClusterStorage(backend.cluster, backend.user, unload.grant, unload.region)
        if unload.row_group and storage.node_type not in _ROW_GROUP_NODES:
            raise WarehouseError(
                f"ROWGROUPSIZE is not supported for node type {storage.node_type}",
                sqlstate=sqlstate.FEATURE_NOT_SUPPORTED,
            )
        found = storage.list_objects(unload.bucket, unload.prefix)
    if found and not (unload.allow_overwrite or unload.clean_path):
        raise WarehouseError(_NOT_EMPTY, detail=error_block(_NOT_EMPTY, unload.url, "unload_utility.cpp"))
    return storage


def _write(unload: UnloadStatement, storage: ClusterStorage, result: QueryResult) -> list[UnloadedFile]:
    columns: Sequence[Column] = [describe(column) for column in result.columns]
    files = list(make_files(unload, columns, result.rows, storage.slices))
    contents = {file.key: file.content for file in files}
    if unload.manifest and files:
        contents[unload.prefix + NAME] = manifest(unload, columns, files)
    with _worded(unload):
        if unload.clean_path:
            for prefix in _cleaned(unload, files):
                storage.delete(storage.list_objects(unload.bucket, prefix))
        storage.put(unload.bucket, contents)
    return files


def _cleaned(unload: UnloadStatement, files: Sequence[UnloadedFile]) -> list[str]:
    """Return the prefixes that CLEANPATH empties: with PARTITION BY, only the folders that get files."""
    if not unload.partition_by:
        return [unload.prefix]
    return sorted({file.key.rpartition("/")[0] + "/" for file in files})


@contextlib.contextmanager
def _worded(unload: UnloadStatement) -> Iterator[None]:
    """Translate errors of S3 and IAM into the errors that the client gets."""
    try:
        yield
    except S3Error as error:
        context = f"Unloading to {unload.url}"
        raise WarehouseError(str(error), detail=error_block(str(error), context, "s3_utility.cpp:672")) from error
    except UnknownConditionError as error:
        raise WarehouseError(
            f"A policy with {error} is not supported by the stand-in.", sqlstate=sqlstate.FEATURE_NOT_SUPPORTED
        ) from error
