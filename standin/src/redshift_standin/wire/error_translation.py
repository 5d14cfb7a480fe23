"""Translates PostgreSQL's errors and notices to Redshift's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.translation import Action, Translation
from redshift_standin.wire.codes import SEVERITY_ERROR, ReportField
from redshift_standin.wire.write_locks import WrittenTable

Fields = dict[str, str]
"""From a :class:`ReportField` to its text."""

# The fields that Redshift's protocol has.
_FIELDS = (
    ReportField.SEVERITY,
    ReportField.SQLSTATE,
    ReportField.MESSAGE,
    ReportField.DETAIL,
    ReportField.HINT,
    ReportField.POSITION,
    ReportField.FILE,
    ReportField.LINE,
    ReportField.ROUTINE,
)
# The fields that an error of Redshift's engine keeps from PostgreSQL's error.
_KEPT_FIELDS = (ReportField.SEVERITY, ReportField.FILE, ReportField.LINE, ReportField.ROUTINE)

_NO_RELATION = re.compile(r'relation "(.*)" does not exist', re.DOTALL)
_INVALID_INPUT = re.compile(r'invalid input syntax for type (\w+(?: \w+)?): "(.*)"', re.DOTALL)
_SYNTAX_ERROR = re.compile(r'syntax error at or near ""(.*)""', re.DOTALL)
_NOT_NULL = re.compile(r'null value in column "(.*)" of relation')
# Redshift's message also has the id of the query, which the stand-in does not know.
_CANCELED = "canceling statement due to user request"
# PostgreSQL's message when the operating system limits the size of a file.
_FILE_TOO_LARGE = re.compile(r"could not (extend|write) .*: File too large")
_NOT_VARCHAR = re.compile(r"function standin\.only_varchar\((.*)\) does not exist")
# PostgreSQL's message when another transaction has changed the same row of the catalog.
_CATALOG_CONFLICT = re.compile("tuple concurrently (updated|deleted)")
# For each numeric type: its name in Redshift's errors, and the part of a string that Redshift accepts as such a number.
_WHOLE = re.compile(r"\s*[-+]?\d*")
_DECIMAL = re.compile(r"\s*[-+]?\d*\.?\d*")
_NUMBERS = {
    "smallint": ("Short", _WHOLE),
    "integer": ("Integer", _WHOLE),
    "bigint": ("Long", _WHOLE),
    "numeric": ("Decimal", _DECIMAL),
}
_CONVERSION_ERRORS = (
    sqlstate.INVALID_TEXT_REPRESENTATION,
    sqlstate.INVALID_DATETIME_FORMAT,
    sqlstate.DATETIME_FIELD_OVERFLOW,
    sqlstate.NUMERIC_VALUE_OUT_OF_RANGE,
)

# As in a user's log (databricks/spark-redshift issue 348), without the ids that the stand-in does not know.
_DETAIL = """
  -----------------------------------------------
  error:  {}
  code:      {}
  context:   {}
  location:  {}
  -----------------------------------------------"""
_FULL_DETAIL = _DETAIL.format("Disk Full", 1016, "node: 0", "fdisk_api.cpp:398")


@dataclass(frozen=True)
class _Failure:
    """An error that PostgreSQL reported, and the statement that caused it.

    :param fields: the fields that Redshift's protocol has.
    :param translation: the failed statement, if the error belongs to one.
    :param process: the session's process number.
    :param written: the last table that the transaction has started to write to, if any.
    """

    fields: Fields
    translation: Translation | None
    process: int
    written: WrittenTable | None

    @property
    def code(self) -> str:
        return self.fields.get(ReportField.SQLSTATE, sqlstate.INTERNAL_ERROR)

    @property
    def text(self) -> str:
        return self.fields.get(ReportField.MESSAGE, "")

    @property
    def reads_tables(self) -> bool:
        return self.translation is not None and self.translation.reads_tables

    def with_message(self, message: str) -> Fields:
        """Return the fields with another message."""
        return {**self.fields, ReportField.MESSAGE: message}

    def from_engine(self, message: str, detail: str | None = None) -> Fields:
        """Return the fields of an error of Redshift's engine, which uses one SQLSTATE for nearly all errors."""
        fields = {name: value for name, value in self.fields.items() if name in _KEPT_FIELDS}
        fields |= {ReportField.SQLSTATE: sqlstate.INTERNAL_ERROR, ReportField.MESSAGE: message}
        if detail:
            fields[ReportField.DETAIL] = detail
        return fields


def error_fields(error: WarehouseError) -> Fields:
    """Return the fields of an error that the endpoint itself raises."""
    fields = {
        ReportField.SEVERITY: SEVERITY_ERROR,
        ReportField.SQLSTATE: error.sqlstate,
        ReportField.MESSAGE: error.message,
    }
    if error.detail:
        fields[ReportField.DETAIL] = error.detail
    if error.hint:
        fields[ReportField.HINT] = error.hint
    if error.place:
        fields[ReportField.FILE], fields[ReportField.ROUTINE] = error.place
    return fields


def translate_error(
    fields: Fields, translation: Translation | None, process: int, written: WrittenTable | None = None
) -> Fields:
    """Return the fields of PostgreSQL's error with Redshift's wording.

    :param translation: the failed statement, if the error belongs to one.
    :param process: the session's process number.
    :param written: the last table that the transaction has started to write to, if any.
    """
    kept = {name: fields[name] for name in _FIELDS if name in fields}
    failure = _Failure(kept, translation, process, written)
    translate = _BY_CODE.get(failure.code)
    translated = translate(failure) if translate is not None else None
    if translated is None:
        translated = _from_operating_system(failure) or kept
    position = translated.get(ReportField.POSITION, "")
    if translation is not None and position.isdecimal():
        translated[ReportField.POSITION] = str(translation.positions.to_source(int(position)))
    return translated


def translate_notice(fields: Fields) -> Fields:
    """Return the fields of PostgreSQL's notice that Redshift's protocol has."""
    return {name: fields[name] for name in _FIELDS if name in fields and name != ReportField.POSITION}


def _serialization_failure(failure: _Failure) -> Fields:
    """Return error 1023. It names only this transaction: the others in the cycle are unknown."""
    if failure.written is None:
        detail = "Serializable isolation violation on table in Redshift"
    else:
        detail = (
            f"Serializable isolation violation on table - {failure.written.table}, "
            f"transactions forming the cycle are: {failure.written.transaction} (pid:{failure.process})"
        )
    return failure.from_engine("1023", detail)


def _catalog_conflict(failure: _Failure) -> Fields | None:
    if _CATALOG_CONFLICT.match(failure.text):
        return failure.from_engine("could not complete because of conflict with concurrent transaction")
    return None


def _undefined_table(failure: _Failure) -> Fields | None:
    if failure.translation is None or failure.translation.action is not Action.COPY:
        return None
    # The endpoint's own LOCK fails with PostgreSQL's error before COPY looks up the table.
    return failure.from_engine(_NO_RELATION.sub(r"Cannot COPY into nonexistent table \1", failure.text))


def _syntax_error(failure: _Failure) -> Fields | None:
    """Remove the quotation marks that the translation has put around a name."""
    match = _SYNTAX_ERROR.fullmatch(failure.text)
    if match is None or failure.translation is None:
        return None
    written = re.search(rf'(?<!")\b{re.escape(match[1])}\b(?!")', failure.translation.source, re.IGNORECASE)
    return failure.with_message(f'syntax error at or near "{written[0]}"') if written else None


def _multiple_matches(failure: _Failure) -> Fields | None:
    if "second time" in failure.text:
        return failure.from_engine("Found multiple matches to update the same tuple.")
    return None


def _not_null_violation(failure: _Failure) -> Fields | None:
    match = _NOT_NULL.search(failure.text)
    return failure.from_engine(f"Cannot insert a NULL value into column {match[1]}") if match else None


def _value_for_identity(failure: _Failure) -> Fields:
    return failure.from_engine("cannot set an identity column to a value")


def _undefined_function(failure: _Failure) -> Fields:
    if match := _NOT_VARCHAR.match(failure.text):
        return failure.from_engine(f"ALTER COLUMN TYPE changes columns of type VARCHAR only, and not of {match[1]}")
    # The stand-in's functions have Redshift's names, in the schema "standin".
    return failure.with_message(failure.text.replace("standin.", ""))


def _query_canceled(failure: _Failure) -> Fields | None:
    return failure.with_message("Query cancelled on user's request") if failure.text == _CANCELED else None


def _disk_full(failure: _Failure) -> Fields:
    return failure.from_engine("Disk Full", _FULL_DETAIL)


def _division_by_zero(failure: _Failure) -> Fields | None:
    return failure.from_engine("Divide by zero") if failure.reads_tables else None


def _conversion_error(failure: _Failure) -> Fields | None:
    """Return the compute nodes' error for a string that is not a number; the leader node has another message."""
    if not failure.reads_tables:
        return None
    match = _INVALID_INPUT.search(failure.text)
    if match is None or match[1] not in _NUMBERS:
        return failure.from_engine(failure.text)
    name, digits = _NUMBERS[match[1]]
    value = match[2]
    found = digits.match(value)
    position = found.end() if found else 0
    message = f"Invalid digit, Value '{value[position : position + 1]}', Pos {position}, Type: {name}"
    return failure.from_engine(message, _DETAIL.format(message, 1207, value, ":0"))


def _from_operating_system(failure: _Failure) -> Fields | None:
    return _disk_full(failure) if _FILE_TOO_LARGE.match(failure.text) else None


_BY_CODE: dict[str, Callable[[_Failure], Fields | None]] = {
    sqlstate.SERIALIZATION_FAILURE: _serialization_failure,
    sqlstate.INTERNAL_ERROR: _catalog_conflict,
    sqlstate.SYNTAX_ERROR: _syntax_error,
    sqlstate.UNDEFINED_TABLE: _undefined_table,
    sqlstate.CARDINALITY_VIOLATION: _multiple_matches,
    sqlstate.NOT_NULL_VIOLATION: _not_null_violation,
    sqlstate.GENERATED_ALWAYS: _value_for_identity,
    sqlstate.UNDEFINED_FUNCTION: _undefined_function,
    sqlstate.QUERY_CANCELED: _query_canceled,
    sqlstate.DISK_FULL: _disk_full,
    sqlstate.DIVISION_BY_ZERO: _division_by_zero,
    **dict.fromkeys(_CONVERSION_ERRORS, _conversion_error),
}
"""By SQLSTATE: the function that translates an error, or returns None to keep PostgreSQL's message."""
