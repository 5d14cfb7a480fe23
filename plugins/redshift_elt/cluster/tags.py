"""Tags identify the project's resources. Resources without the project's tags are never touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from airflow.providers.common.compat.sdk import AirflowFailException


def is_own(found: Iterable[dict[str, str]], tags: Mapping[str, str]) -> bool:
    """Whether a resource has all of these tags.

    :param found: the resource's tags, in the format of AWS.
    """
    return tags.items() <= _by_key(found).items()


def refuse_foreign(resource: str, found: Iterable[dict[str, str]], tags: Mapping[str, str]) -> None:
    """Refuse to touch a resource that lacks any of these tags.

    :param resource: its kind and name, for the message.
    :param found: the resource's tags, in the format of AWS.
    :raises AirflowFailException: it belongs to somebody else.
    """
    found = list(found)
    if not is_own(found, tags):
        raise AirflowFailException(
            f"The {resource} has the tags {_by_key(found)} instead of this project's {dict(tags)}: it belongs to "
            "somebody else and was not touched. Choose another cluster_identifier."
        )


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags in the format of AWS."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _by_key(found: Iterable[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in found}
