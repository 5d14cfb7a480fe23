"""The one error that the stand-in shows to its user."""


class StandinError(Exception):
    """Something that the user can put right; the message is one line that says what, where and what to do."""
