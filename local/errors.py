"""The error that a command of the local stack shows to its user."""

from redshift_standin import StandinError


class StackError(StandinError):
    """Something that the user can put right; the message is one line that says what, where and what to do."""
