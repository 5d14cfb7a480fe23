"""The tags by which the project knows what it has made, and leaves alone what it has not."""

from __future__ import annotations

from collections.abc import Iterable

from airflow.sdk.exceptions import AirflowFailException


def refuse_foreign(what: str, found: Iterable[dict[str, str]], tags: dict[str, str]) -> None:
    """Refuse to touch what does not have all of these tags.

    :param what: what it is, for the message.
    :param found: its tags, as AWS lists them.
    :raises AirflowFailException: it is somebody else's.
    """
    named = {tag["Key"]: tag.get("Value", "") for tag in found}
    if not tags.items() <= named.items():
        raise AirflowFailException(
            f"The {what} has the tags {named} and not this project's {tags}: it is somebody else's and left alone. "
            "Choose another cluster_identifier."
        )


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Return tags as AWS takes them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
