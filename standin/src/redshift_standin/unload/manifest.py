"""The manifest of an UNLOAD: AWS page "UNLOAD examples"."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from redshift_standin.unload.output_files import UnloadedFile
from redshift_standin.unload.result_columns import Column
from redshift_standin.unload.statement import UnloadStatement

NAME = "manifest"
_AUTHOR = {"name": "Amazon Redshift", "version": "1.0.0"}


def manifest(unload: UnloadStatement, columns: Sequence[Column], files: Sequence[UnloadedFile]) -> bytes:
    """Return the content of the manifest that lists these files, with the additional elements if VERBOSE is set."""
    entries: list[dict[str, Any]] = [{"url": f"s3://{unload.bucket}/{file.key}"} for file in files]
    content: dict[str, Any] = {"entries": entries}
    if unload.verbose:
        for entry, file in zip(entries, files, strict=True):
            entry["meta"] = {"content_length": len(file.content), "record_count": file.lines}
        content["schema"] = {
            "elements": [
                {"name": column.name, "type": {"base": column.type, **column.dimensions}} for column in columns
            ]
        }
        content["meta"] = {
            "content_length": sum(len(file.content) for file in files),
            "record_count": sum(file.lines for file in files),
        }
        content["author"] = _AUTHOR
    return json.dumps(content, indent=2).encode()
