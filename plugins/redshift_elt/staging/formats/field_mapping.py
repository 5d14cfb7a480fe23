"""How COPY maps the fields of JSON and Avro records to columns: by their names, or by a JSONPaths file."""

from __future__ import annotations

from collections.abc import Collection


def check_mapping(mapping: str, keywords: Collection[str]) -> None:
    """Refuse what is neither a keyword nor the key of a JSONPaths file; a template is refused once it is rendered.

    :param keywords: the keywords that COPY has for the format.
    :raises ValueError: see the message.
    """
    shown = ", ".join(repr(keyword) for keyword in keywords)
    if "://" in mapping:
        raise ValueError(f"mapping {mapping!r} is a URL: write the key of a JSONPaths file in the same bucket.")
    if not mapping or (mapping.lower() in keywords and mapping not in keywords):
        raise ValueError(f"mapping is {mapping!r}: write {shown}, or the key of a JSONPaths file in the same bucket.")


def mapping_option(mapping: str, keywords: Collection[str], bucket: str) -> str:
    """Return the argument of COPY: a keyword, or the URL of a JSONPaths file."""
    return mapping if mapping in keywords else f"s3://{bucket}/{mapping}"


def paths_key(mapping: str, keywords: Collection[str]) -> str | None:
    """Return the key of the JSONPaths file, or None for a keyword."""
    return None if mapping in keywords else mapping
