"""The error that a command of the local stack shows to its user."""

from redshift_standin import StandinError


class StackError(StandinError):
    """An error that the user can fix. The message is one line: what is wrong, where, and what to do."""
