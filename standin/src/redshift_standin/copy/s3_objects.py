"""Finds and reads the S3 objects of a COPY."""

from __future__ import annotations

import bz2
import gzip
import json
import zlib
from typing import Any

import pyarrow

from redshift_standin.aws.redshift.storage import ClusterStorage, ObjectSummary, S3Error
from redshift_standin.copy.jsonpaths import Step, read_jsonpaths
from redshift_standin.copy.statement import CopyStatement, Format, split_url
from redshift_standin.errors import WarehouseError, error_block


def find_objects(copy: CopyStatement, storage: ClusterStorage) -> list[ObjectSummary]:
    """Return the objects to load: all objects under the prefix, or the objects that the manifest lists.

    :raises WarehouseError: no object exists, a mandatory one is missing, or the role may not read them.
    """
    if copy.manifest:
        return _read_manifest(copy, storage)
    try:
        found = storage.list_objects(copy.bucket, copy.key)
    except S3Error as error:
        raise _failure(error, f"Listing bucket={copy.bucket} prefix={copy.key}") from error
    if not found:
        message = f"The specified S3 prefix '{copy.key}' does not exist"
        raise WarehouseError(message, detail=error_block(message, "", "s3_utility.cpp:568"))
    return found


def find_paths(copy: CopyStatement, storage: ClusterStorage) -> list[list[Step]] | None:
    """Return the paths of the statement's JSONPaths file, or None if COPY matches columns by name.

    :raises WarehouseError: the file is missing or malformed, or the role may not read it.
    """
    if copy.format not in (Format.JSON, Format.AVRO) or copy.matches_names:
        return None
    url = copy.json or ""
    bucket, key = split_url(url) or ("", "")
    try:
        content = storage.read(bucket, key)
    except S3Error as error:
        if error.code == "NoSuchKey":
            message = f"Jsonpath file {url} was not found."
            raise WarehouseError(message, detail=error_block(message, url, "s3_utility.cpp:672")) from error
        raise _failure(error, f"Reading JSONPaths file {url}") from error
    return read_jsonpaths(content, url)


def read_object(summary: ObjectSummary, storage: ClusterStorage, compression: str | None) -> bytes:
    """Return the decompressed content of an object.

    :raises WarehouseError: the object no longer exists, the role may not read it, or its compression is different.
    """
    try:
        content = storage.read(summary.bucket, summary.key)
    except S3Error as error:
        raise _failure(error, f"S3 key being read : {summary.url}") from error
    if compression is None or not content:
        return content
    try:
        return _DECOMPRESS[compression](content)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        reason = "unexpected end of file" if isinstance(error, (EOFError, ValueError)) else "incorrect data"
        message = f"failed to inflate with {compression}: {reason}."
        context = f"S3 key being read : {summary.url}"
        raise WarehouseError(message, detail=error_block(message, context, "table_s3_scanner.cpp:348")) from error


def _decompress_zstd(compressed: bytes) -> bytes:
    with pyarrow.input_stream(pyarrow.py_buffer(compressed), compression="zstd") as stream:
        content: bytes = stream.read()
    return content


_DECOMPRESS = {"bzip2": bz2.decompress, "gzip": gzip.decompress, "zstd": _decompress_zstd}


def _read_manifest(copy: CopyStatement, storage: ClusterStorage) -> list[ObjectSummary]:
    url = f"s3://{copy.bucket}/{copy.key}"
    if not copy.key or copy.key.endswith("/"):
        raise _no_full_path(url)
    try:
        content = storage.read(copy.bucket, copy.key)
    except S3Error as error:
        message = f"Problem reading manifest file - {error}"
        raise WarehouseError(message, detail=error_block(message, url, "s3_utility.cpp:284")) from error
    found, missing = [], []
    for entry in _manifest_entries(content, url, needs_length=copy.is_columnar):
        bucket, key = split_url(entry["url"]) or ("", "")
        if not key:
            raise _no_full_path(entry["url"])
        try:
            summary = storage.find(bucket, key)
        except S3Error as error:
            raise _failure(error, f"S3 key being read : {entry['url']}") from error
        if summary:
            found.append(summary)
        elif entry.get("mandatory", False):
            raise _missing(entry["url"])
        else:
            missing.append(entry["url"])
    if not found:
        raise _missing(missing[0])
    return found


def _manifest_entries(content: bytes, url: str, *, needs_length: bool) -> list[dict[str, Any]]:
    try:
        entries = json.loads(content.decode("utf-8"))["entries"]
    except (ValueError, KeyError, TypeError) as error:
        raise _manifest_error("it is not a JSON object with a list of entries", url) from error
    if not isinstance(entries, list) or not entries:
        raise _manifest_error("it has no entries", url)
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("url"), str):
            raise _manifest_error("an entry has no url", url)
        if not isinstance(entry.get("mandatory", False), bool):
            raise _manifest_error(f"mandatory of {entry['url']} is neither true nor false", url)
        meta = entry.get("meta")
        if needs_length and not (isinstance(meta, dict) and isinstance(meta.get("content_length"), int)):
            raise _manifest_error(f"{entry['url']} has no content_length in its meta", url)
    return entries


def _no_full_path(url: str) -> WarehouseError:
    message = "COPY with MANIFEST parameter requires full path of an S3 object."
    return WarehouseError(message, detail=error_block(message, url, "s3_utility.cpp:301"))


def _manifest_error(reason: str, url: str) -> WarehouseError:
    message = f"Problem reading manifest file - {url}: {reason}"
    return WarehouseError(message, detail=error_block(message, url, "s3_utility.cpp:301"))


def _missing(url: str) -> WarehouseError:
    return _failure(S3Error("The specified key does not exist.", 404, "NoSuchKey"), f"S3 key being read : {url}")


def _failure(error: S3Error, context: str) -> WarehouseError:
    return WarehouseError(str(error), detail=error_block(str(error), context, "s3_utility.cpp:672"))
