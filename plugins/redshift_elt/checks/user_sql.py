"""What the SQL of users may contain."""

from __future__ import annotations

import re

# A text or a comment, in which every percent sign is a percent sign.
_NOT_CODE = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_POSITIONAL = re.compile(r"%s\b")


def refuse_positional_placeholders(sql: str, where: str) -> None:
    """Refuse ``%s``, which has no value: values are bound by name.

    :param where: what the SQL is, for the message.
    :raises ValueError: the SQL contains it outside of texts and comments.
    """
    if _POSITIONAL.search(_NOT_CODE.sub("", sql)):
        raise ValueError(
            f"{where} contains %s, which has no value: write %(window_start)s and %(window_end)s for the start and end "
            "of the run's window."
        )
