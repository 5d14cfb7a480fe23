"""Finds secrets in text, such as files of the repository and logs of a run."""

from __future__ import annotations

import re

# What can follow the name of a secret without revealing it: a template, a mask, a name, a call.
_NO_SECRET = r"(?![\"']?(?:\{|\$|%|<|\*\*\*|local-|None\b|null\b))"

PATTERNS = {
    "AWS access key id": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "password in a URL": r"\b[a-z][a-z0-9+]*://[^\s/:@\"'{}]*:" + _NO_SECRET + r"[^\s/@\"'{}]+@",
    "secret beside its name": (
        r"(?:secret|passw(?:or)?d|pwd|token|api_?key)\w*[\"']?\s*(?::\s*str\s*)?(?:=|:|=>)\s*"
        + _NO_SECRET
        + r"[\"'](?=[^\"']*\d)[^\"'\s]{6,}[\"']"
    ),
    "credentials in COPY": (
        r"\b(?:access_key_id|secret_access_key|session_token|credentials)\s+(?:as\s+)?" + _NO_SECRET + r"'[^']+'"
    ),
    "password in SQL": r"\bpassword\s+" + _NO_SECRET + r"'[^']+'",
}


def leaks(text: str, known: tuple[str, ...] = ()) -> list[str]:
    """Describe everything in a text that looks like a secret, without repeating it.

    :param known: secrets that must not occur anywhere.
    :return: one entry for each finding: the line number and the kind of secret.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        found += [
            f"line {number}: {kind}" for kind, pattern in PATTERNS.items() if re.search(pattern, line, re.IGNORECASE)
        ]
        found += [f"line {number}: known secret" for secret in known if secret in line]
    return found
