"""SET, SHOW and RESET: Redshift's settings, and how PostgreSQL stores them."""

from __future__ import annotations

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import Kind, unsupported
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries.internal_schema import internal_schema_error, is_internal_schema
from redshift_standin.sql.statement import Statement, literal, quote

# Settings that mean the same in PostgreSQL.
_SHARED = frozenset(
    {
        "application_name",
        "client_encoding",
        "client_min_messages",
        "datestyle",
        "extra_float_digits",
        "intervalstyle",
        "search_path",
        "statement_timeout",
        "timezone",
    }
)

# Redshift's own settings; their values are stored.
_STORED = frozenset(
    {
        "enable_result_cache_for_session",
        "query_group",
        "wlm_query_slot_count",
        "describe_field_name_in_uppercase",
        "enable_case_sensitive_identifier",
        "error_on_nondeterministic_update",
    }
)

# Only the default value is supported.
_ONLY_OFF = frozenset({"describe_field_name_in_uppercase", "enable_case_sensitive_identifier"})

# The stand-in uses the value (catalog/30_values.sql).
_BOOLEANS = frozenset({"error_on_nondeterministic_update"})
_BOOLEAN_VALUES = frozenset({"on", "off", "true", "false", "default"})

# The endpoint decodes the statements and the rows.
_UTF8 = frozenset({"utf8", "unicode", "default"})

# What SQLAlchemy queries when it connects, and what Redshift returns.
_ANSWERS = {"standard_conforming_strings": "off", "transaction isolation level": "serializable"}


def emit_set(statement: Statement, output: Output) -> None:
    """Write a SET."""
    index, local = 1, ""
    if statement.at_any(index, ("session", "local")):
        local = f" {statement.tokens[index].value}"
        index += 1
    if statement.at_any(index, ("transaction", "characteristics", "role", "authorization", "constraints")):
        raise unsupported(f"SET {statement.tokens[index].value.upper()}")
    if statement.at(index, "time", "zone"):
        name, index = "timezone", index + 2
    else:
        (name, *rest), index = statement.name(index)
        if rest or not statement.at_any(index, ("to", "=")):
            raise statement.near(index)
        index += 1
    values = [_value(statement, low, high) for low, high in statement.split(index, len(statement))]
    if not values or (len(values) > 1 and name != "search_path"):
        raise statement.near(len(statement) if not values else index + 1)
    if name == "search_path" and any(is_internal_schema(value.strip("'\"")) for value in values):
        raise internal_schema_error()
    if name in _ONLY_OFF and values[0].strip("'").lower() not in ("off", "false", "default", "0"):
        raise unsupported(f"SET {name} TO {values[0]}")
    if name == "client_encoding" and values[0].strip("'\"").lower().replace("-", "") not in _UTF8:
        raise unsupported(f"SET {name} TO {values[0]}")
    if name in _BOOLEANS and values[0].strip("'\"").lower() not in _BOOLEAN_VALUES:
        raise WarehouseError(f'parameter "{name}" requires a Boolean value', sqlstate=sqlstate.INVALID_PARAMETER_VALUE)
    output.write(f"set{local} {_postgres_name(name)} to {', '.join(values)}")


def emit_show(statement: Statement, output: Output) -> None:
    """Write a SHOW."""
    setting = " ".join(token.value for token in statement.tokens[1:])
    if setting in _ANSWERS:
        output.write(f"select {literal(_ANSWERS[setting])} as {quote(setting.replace(' ', '_'))}")
        return
    name = _only_name(statement)
    if name in _STORED:
        output.write(f"select coalesce(current_setting({literal(_postgres_name(name))}, true), '') as {quote(name)}")
    else:
        output.write(f"show {_postgres_name(name)}")


def emit_reset(statement: Statement, output: Output) -> None:
    """Write a RESET."""
    output.write(f"reset {_postgres_name(_only_name(statement))}")


def _only_name(statement: Statement) -> str:
    parts, index = statement.name(1)
    if index != len(statement) or len(parts) > 1:
        raise unsupported(statement.text)
    return parts[0]


def _postgres_name(name: str) -> str:
    """Return what PostgreSQL calls a setting."""
    if name in _SHARED:
        return name
    if name in _STORED:
        return f"standin.{name}"
    raise unsupported(f"setting {name}")


def _value(statement: Statement, low: int, high: int) -> str:
    tokens = statement.tokens[low:high]
    if len(tokens) == 1 and tokens[0].kind is Kind.STRING:
        return statement.source[tokens[0].start : tokens[0].end]
    if len(tokens) == 1 and tokens[0].kind is Kind.NUMBER:
        return tokens[0].value
    if len(tokens) == 1 and tokens[0].is_name:
        value = tokens[0].value
        return value if value == "default" else quote(value)
    if len(tokens) == 2 and tokens[0].value == "-" and tokens[1].kind is Kind.NUMBER:
        return f"-{tokens[1].value}"
    raise statement.near(low)
