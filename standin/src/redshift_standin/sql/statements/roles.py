"""CREATE ROLE, and GRANT of roles and of their system permissions (AWS pages "CREATE ROLE" and "GRANT")."""

from __future__ import annotations

from redshift_standin.sql.lexer import unsupported
from redshift_standin.sql.statement import Statement
from redshift_standin.sql.translation import Translation

# PostgreSQL has one privilege for both, so they can only be granted together.
_MAINTENANCE = {"vacuum", "analyze"}


def is_about_roles(statement: Statement) -> bool:
    """Return whether a GRANT is one of a role, or of system permissions to a role."""
    return statement.at(0, "grant") and (statement.at(1, "role") or statement.find("on", 1, len(statement)) < 0)


def translate_create_role(statement: Statement) -> Translation:
    """Translate CREATE ROLE without options."""
    role, index = _name(statement, 2)
    if index != len(statement):
        raise unsupported("CREATE ROLE with options")
    return Translation.from_text(statement, f"call standin.create_role({role})", command="CREATE ROLE")


def translate_grant_of_role(statement: Statement) -> Translation:
    """Translate GRANT ROLE .. TO a user, and GRANT VACUUM, ANALYZE TO ROLE."""
    if statement.at(1, "role"):
        role, index = _name(statement, 2)
        user, index = _name(statement, statement.expect(index, "to"))
        sql = f"call standin.grant_role({role}, {user})"
    else:
        sql, index = _grant_maintenance(statement)
    if index != len(statement):
        raise unsupported("GRANT of a role to more than one user, or with options")
    return Translation.from_text(statement, sql, command="GRANT")


def _grant_maintenance(statement: Statement) -> tuple[str, int]:
    to = statement.find("to", 1, len(statement))
    permissions = {statement.tokens[low].value for low, high in statement.split(1, max(to, 1)) if high - low == 1}
    if permissions != _MAINTENANCE or not statement.at(to, "to", "role"):
        raise unsupported("GRANT without ON of anything but VACUUM, ANALYZE TO ROLE")
    role, index = _name(statement, to + 2)
    return f"call standin.grant_maintenance({role})", index


def _name(statement: Statement, index: int) -> tuple[str, int]:
    """Return a name as a string of SQL, and the index after it."""
    parts, index = statement.name(index)
    if len(parts) > 1:
        raise statement.near(index - 1)
    literal = parts[0].replace("'", "''")
    return f"'{literal}'", index
