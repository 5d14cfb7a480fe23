"""What a source does about a field that the staging table has no column for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from redshift_elt.staging.formats.json_format import Json

if TYPE_CHECKING:
    from redshift_elt.staging.formats.file_format import FileFormat

OnNewField = Literal["warn", "fail", "add"]


def check_policy(policy: str, file_format: FileFormat) -> None:
    """Refuse a policy that does not exist, or that cannot be used with a format.

    Columns can be added only if COPY finds them by the names of the fields.

    :raises ValueError: see the message.
    """
    if policy not in get_args(OnNewField):
        raise ValueError(f"on_new_field is {policy!r}: write {', '.join(map(repr, get_args(OnNewField)))}.")
    by_name = isinstance(file_format, Json) and file_format.mapping in ("auto", "auto ignorecase")
    if policy == "add" and not (by_name and not file_format.columns):
        raise ValueError(
            "on_new_field='add' needs Json('auto') or Json('auto ignorecase') without columns: otherwise COPY would "
            "not load a field into a new column, or would fail. Write 'warn' or 'fail'."
        )
