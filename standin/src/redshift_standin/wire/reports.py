"""Translates PostgreSQL's errors and notices to Redshift's."""

from __future__ import annotations

import re

from redshift_standin.errors import WarehouseError
from redshift_standin.sql.translation import Action, Translation
from redshift_standin.wire.writing import Written

# The fields that Redshift's protocol has.
_FIELDS = ("S", "C", "M", "D", "H", "P", "F", "L", "R")

_NO_RELATION = re.compile(r'relation "(.*)" does not exist', re.DOTALL)
_INVALID_INPUT = re.compile(r'invalid input syntax for type (\w+(?: \w+)?): "(.*)"', re.DOTALL)
_NOT_NULL = re.compile(r'null value in column "(.*)" of relation')
# Redshift names the query, whose number is not known here.
_CANCELLED = "canceling statement due to user request"
# What PostgreSQL says when it cannot write: that the disk is full, or that a file may not grow.
_DISK_FULL = "53100"
_NO_GROWTH = re.compile(r"could not (extend|write) .*: File too large")
# What no function was found for: the stand-in's own are called by the names that Redshift's have.
_NO_FUNCTION = "42883"
_NOT_VARCHAR = re.compile(r"function standin\.only_varchar\((.*)\) does not exist")
# What PostgreSQL says of a row of its catalog that another transaction has changed meanwhile.
_OVERTAKEN = re.compile("tuple concurrently (updated|deleted)")
# What a number is called in errors, and what of a text belongs to it.
_WHOLE = re.compile(r"\s*[-+]?\d*")
_DECIMAL = re.compile(r"\s*[-+]?\d*\.?\d*")
_NUMBERS = {
    "smallint": ("Short", _WHOLE),
    "integer": ("Integer", _WHOLE),
    "bigint": ("Long", _WHOLE),
    "numeric": ("Decimal", _DECIMAL),
}

# As a user's log shows it (databricks/spark-redshift issue 348), without the numbers that are not known here.
_DETAIL = """
  -----------------------------------------------
  error:  {}
  code:      {}
  context:   {}
  location:  {}
  -----------------------------------------------"""
_FULL_DETAIL = _DETAIL.format("Disk Full", 1016, "node: 0", "fdisk_api.cpp:398")


def error_fields(error: WarehouseError) -> dict[str, str]:
    """Return the fields of an error that the endpoint itself raises."""
    fields = {"S": "ERROR", "C": error.sqlstate, "M": error.message}
    if error.detail:
        fields["D"] = error.detail
    if error.hint:
        fields["H"] = error.hint
    if error.place:
        fields["F"], fields["R"] = error.place
    return fields


def translate_error(
    fields: dict[str, str], translation: Translation | None, process: int, written: Written | None = None
) -> dict[str, str]:
    """Return the fields of an error of PostgreSQL as Redshift would word it.

    :param translation: the statement that failed, if one did.
    :param process: the session's number.
    :param written: the table that the transaction has last begun to write, if it has.
    """
    told = {name: fields[name] for name in _FIELDS if name in fields}
    reads_tables = translation is not None and translation.reads_tables
    code, text = fields.get("C", "XX000"), fields.get("M", "")
    if code == "40001":
        told = _internal(told, "1023", _conflict(process, written))
    elif code == "XX000" and _OVERTAKEN.match(text):
        told = _internal(told, "could not complete because of conflict with concurrent transaction")
    elif code == "42P01" and translation is not None and translation.action is Action.COPY:
        # The lock of the table is asked for before COPY itself looks for it.
        told = _internal(told, _NO_RELATION.sub(r"Cannot COPY into nonexistent table \1", text))
    elif code == "21000" and "second time" in text:
        told = _internal(told, "Found multiple matches to update the same tuple.")
    elif code == "23502" and (match := _NOT_NULL.search(text)):
        told = _internal(told, f"Cannot insert a NULL value into column {match[1]}")
    elif code == "428C9":
        told = _internal(told, "cannot set an identity column to a value")
    elif code == _NO_FUNCTION and (match := _NOT_VARCHAR.match(text)):
        told = _internal(told, f"ALTER COLUMN TYPE changes columns of type VARCHAR only, and not of {match[1]}")
    elif code == _NO_FUNCTION:
        told["M"] = text.replace("standin.", "")
    elif code == "57014" and text == _CANCELLED:
        told["M"] = "Query cancelled on user's request"
    elif code == _DISK_FULL or _NO_GROWTH.match(text):
        told = _internal(told, "Disk Full", _FULL_DETAIL)
    elif code == "22012" and reads_tables:
        told = _internal(told, "Divide by zero")
    elif code in ("22P02", "22007", "22008", "22003") and reads_tables:
        told = _internal(told, *_conversion(text))
    if translation is not None and "P" in told and told["P"].isdecimal():
        told["P"] = str(translation.positions.to_source(int(told["P"])))
    return told


def _conflict(process: int, written: Written | None) -> str:
    """Return the detail of 1023; which other transactions form the cycle is not known here, and none are made up."""
    if written is None:
        return "Serializable isolation violation on table in Redshift"
    return (
        f"Serializable isolation violation on table - {written.table}, "
        f"transactions forming the cycle are: {written.transaction} (pid:{process})"
    )


def _internal(told: dict[str, str], text: str, detail: str | None = None) -> dict[str, str]:
    """Return an error of Redshift's engine: nearly all have one SQLSTATE."""
    kept = {name: value for name, value in told.items() if name in ("S", "F", "L", "R")}
    return {**kept, "C": "XX000", "M": text, **({"D": detail} if detail else {})}


def _conversion(text: str) -> tuple[str, str | None]:
    """Return what Redshift's compute nodes say of a text that is no number: the message, and its detail if known."""
    match = _INVALID_INPUT.search(text)
    if match is None or match[1] not in _NUMBERS:
        return text, None
    name, digits = _NUMBERS[match[1]]
    value = match[2]
    found = digits.match(value)
    place = found.end() if found else 0
    message = f"Invalid digit, Value '{value[place : place + 1]}', Pos {place}, Type: {name}"
    return message, _DETAIL.format(message, 1207, value, ":0")


def translate_notice(fields: dict[str, str]) -> dict[str, str]:
    """Return the fields of a notice that Redshift's protocol has."""
    return {name: fields[name] for name in _FIELDS if name in fields and name != "P"}
