"""The fields of a Parquet file, from the footer at its end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

from redshift_elt.staging.drift.field_values import Fields, FieldValues

if TYPE_CHECKING:
    import pyarrow

log = logging.getLogger(__name__)

_MAGIC = b"PAR1"
# The file ends with the size of the footer, in four bytes, and the magic.
_END = 8
# A footer has a few hundred bytes per column and row group. A larger one is not read.
_MOST_FOOTER = 1 << 20


def parquet_fields(read_end: Callable[[int], bytes], size: int) -> Fields:
    """Return the fields in their order, with the types of their columns; none if the footer cannot be read.

    :param read_end: returns the last bytes of the file, at most as many as its argument says.
    :param size: how many bytes to read at first.
    """
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        log.info("The fields of Parquet files are not compared with the table, because pyarrow is not installed.")
        return {}
    end = read_end(size)
    needed = int.from_bytes(end[-_END:-4], "little") + _END
    if not end.endswith(_MAGIC) or needed > _MOST_FOOTER:
        return {}
    if needed > len(end):
        end = read_end(needed)
    try:
        # A reader expects the magic at the start of the file too.
        schema = parquet.read_schema(BytesIO(_MAGIC + end))
    except (ArrowException, OSError):
        # COPY reports it.
        return {}
    if len(set(schema.names)) < len(schema.names):
        return {}
    return {field.name: FieldValues(frozenset(_types(field.type))) for field in schema}


def _types(kind: pyarrow.DataType) -> set[str]:
    from pyarrow import types

    known: list[tuple[Callable[[Any], bool], str]] = [
        (types.is_boolean, "boolean"),
        (types.is_integer, "integer"),
        (types.is_floating, "number"),
        (types.is_decimal, "number"),
        (types.is_temporal, "time"),
        (types.is_nested, "nested"),
        (types.is_string, "text"),
        (types.is_large_string, "text"),
    ]
    return {name for is_kind, name in known if is_kind(kind)}
