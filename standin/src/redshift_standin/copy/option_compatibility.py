"""Checks which options of COPY exclude each other.

AWS pages "Data format parameters", "Data load operations" and "COPY from columnar data formats".
"""

from __future__ import annotations

from redshift_standin import sqlstate
from redshift_standin.copy.authorization import KEY_PARTS, resolve_grant
from redshift_standin.copy.statement import CopyStatement, Format, unsupported
from redshift_standin.errors import WarehouseError

_ONLY_TEXT = frozenset({"delimiter", "escape", "fillrecord", "ignoreblanklines", "null", "quote", "removequotes"})

_EXCLUDED = {
    Format.TEXT: frozenset({"quote"}),
    Format.CSV: frozenset({"escape", "removequotes"}),
    Format.FIXED_WIDTH: frozenset({"delimiter", "escape", "quote"}),
    Format.JSON: _ONLY_TEXT,
    Format.AVRO: _ONLY_TEXT,
}
# The options that COPY from columnar files accepts, in addition to FORMAT.
_COLUMNAR = frozenset(
    {"acceptinvchars", "credentials", "explicit_ids", "fillrecord", "iam_role", "manifest", "orc", "parquet"}
    | {"statupdate"}
    | set(KEY_PARTS)
)


def check_options(copy: CopyStatement) -> None:
    """Reject options that cannot be combined.

    :raises WarehouseError: Redshift rejects the combination (42601), or AWS does not document its effect (0A000).
    """
    copy.grant = resolve_grant(copy.grant, copy.seen, copy.key_parts)
    if copy.is_columnar:
        _check_columnar(copy)
        return
    excluded = sorted(copy.seen & _EXCLUDED[copy.format])
    if excluded:
        name = "a COPY without CSV" if copy.format is Format.TEXT else copy.format.value
        raise WarehouseError(f"{name} is not compatible with {excluded[0].upper()}", sqlstate=sqlstate.SYNTAX_ERROR)
    if {"maxerror", "ignoreallerrors"} <= copy.seen:
        raise WarehouseError("MAXERROR is not supported with IGNOREALLERRORS", sqlstate=sqlstate.SYNTAX_ERROR)
    if copy.format is Format.FIXED_WIDTH:
        _check_fixed_width(copy)
    if copy.format is Format.CSV:
        _check_csv(copy)
    if copy.format is Format.AVRO:
        _check_avro(copy)


def _check_columnar(copy: CopyStatement) -> None:
    refused = sorted(copy.seen - _COLUMNAR)
    if refused:
        name = copy.compression if refused[0] == "compression" else refused[0]
        raise WarehouseError(
            f"{str(name).upper()} argument is not supported for {copy.format.value} based COPY",
            sqlstate=sqlstate.SYNTAX_ERROR,
        )


def _check_fixed_width(copy: CopyStatement) -> None:
    for option in ("fillrecord", "null", "removequotes"):
        if option in copy.seen:
            raise unsupported(f"FIXEDWIDTH with {option.upper()}")
    if copy.encoding != "utf-8":
        raise WarehouseError(
            "FIXEDWIDTH is not compatible with an ENCODING other than UTF8", sqlstate=sqlstate.SYNTAX_ERROR
        )


def _check_avro(copy: CopyStatement) -> None:
    for option in ("encoding", "ignoreheader"):
        if option in copy.seen:
            raise unsupported(f"AVRO with {option.upper()}")


def _check_csv(copy: CopyStatement) -> None:
    if len(copy.delimiter) > 1:
        raise unsupported("CSV with a DELIMITER of several characters")
    if copy.delimiter == copy.quote:
        raise WarehouseError("DELIMITER and QUOTE must differ", sqlstate=sqlstate.SYNTAX_ERROR)
