"""The tags by which the project knows what it has made, and leaves alone what it has not."""

from __future__ import annotations

from collections.abc import Iterable

from airflow.sdk.exceptions import AirflowFailException


def is_own(found: Iterable[dict[str, str]], tags: dict[str, str]) -> bool:
    """Whether what was found has all of these tags.

    :param found: its tags, as AWS lists them.
    """
    return tags.items() <= _by_key(found).items()


def refuse_foreign(what: str, found: Iterable[dict[str, str]], tags: dict[str, str]) -> None:
    """Refuse to touch what does not have all of these tags.

    :param what: what it is, for the message.
    :param found: its tags, as AWS lists them.
    :raises AirflowFailException: it is somebody else's.
    """
    named = _by_key(found)
    if not tags.items() <= named.items():
        raise AirflowFailException(
            f"The {what} has the tags {named} and not this project's {tags}: it is somebody else's and left alone. "
            "Choose another cluster_identifier."
        )


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Return tags as AWS takes them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _by_key(found: Iterable[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in found}
