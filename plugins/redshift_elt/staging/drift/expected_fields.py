"""The fields that COPY loads, and the columns that it loads them into."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_elt.staging.formats.columnar import Parquet
from redshift_elt.staging.formats.json_format import Json
from redshift_elt.staging.formats.text_format import TextFormat

if TYPE_CHECKING:
    from redshift_elt.connection.columns import Columns
    from redshift_elt.staging.staging_context import StagingContext

# The first step of a JSONPath: $.name, $['name'] or $["name"].
_FIRST_STEP = re.compile(r"""\$(?:\.([^.\[]+)|\[\s*(['"])(.+?)\2\s*\])(.*)""", re.DOTALL)


@dataclass(frozen=True)
class ExpectedField:
    """A field that COPY loads.

    :param name: the name of the field at the top level of a record.
    :param column: the column that COPY loads it into.
    :param whole: whether COPY loads the whole value, not something inside it.
    """

    name: str
    column: str
    whole: bool = True


@dataclass(frozen=True)
class ExpectedFields:
    """The fields that COPY loads from the objects of a source.

    :param ignore_case: whether COPY ignores upper and lower case of their names.
    :param by_position: whether COPY ignores their names, and loads the first field into the first column.
    """

    fields: tuple[ExpectedField, ...]
    ignore_case: bool = False
    by_position: bool = False

    @classmethod
    def of(cls, context: StagingContext, columns: Columns) -> ExpectedFields | None:
        """Return the fields that COPY loads into a table; None if they cannot be known, or the records have no fields.

        Reads the JSONPaths file, if there is one. A file that does not exist or cannot be used is reported elsewhere.
        """
        # Importing botocore is slow, and the file of a DAG imports this module.
        from botocore.exceptions import ClientError

        source_format = context.source.format
        names = source_format.columns or columns.names
        if isinstance(source_format, Parquet) or (isinstance(source_format, TextFormat) and source_format.header_lines):
            return cls(tuple(ExpectedField(name, name) for name in names), by_position=True)
        if not isinstance(source_format, Json) or source_format.mapping == "noshred":
            return None
        key = source_format.paths_key()
        if key is None:
            fields = tuple(ExpectedField(name, name) for name in names)
            return cls(fields, ignore_case=source_format.mapping == "auto ignorecase")
        try:
            paths = _paths(context.s3.read_key(key, context.source.bucket))
        except ClientError:
            return None
        expected = [_expected(path, column) for path, column in zip(paths, names, strict=False)]
        found = tuple(field for field in expected if field is not None)
        return cls(found) if found and len(found) == len(expected) else None


def _paths(text: str) -> list[str]:
    try:
        paths = json.loads(text)["jsonpaths"]
    except (ValueError, KeyError, TypeError):
        return []
    return paths if isinstance(paths, list) and all(isinstance(path, str) for path in paths) else []


def _expected(path: str, column: str) -> ExpectedField | None:
    """Return the field that a path reads; None if it reads an element of a record that is an array."""
    step = _FIRST_STEP.fullmatch(path.strip())
    return ExpectedField(step[1] or step[3], column, whole=not step[4].strip()) if step else None
