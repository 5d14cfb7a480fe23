"""What all file formats have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TextIO, TypeVar

from redshift_elt.sql import identifiers
from redshift_elt.staging.formats.clause import Clause, present
from redshift_elt.staging.formats.compression import Compression

Self = TypeVar("Self", bound="FileFormat")


@dataclass(frozen=True, kw_only=True)
class FileFormat(ABC):
    """How COPY reads the objects of a source.

    :param columns: the columns that the objects have values for, in their order; the others get their defaults. Empty:
        all columns of the table.
    :param acceptinvchars: the ASCII character that replaces each invalid UTF-8 character in a VARCHAR column. None: a
        record with such a character is rejected.
    :raises ValueError: COPY cannot use an option, or not together with another.
    """

    # Whether COPY reads the objects through Redshift Spectrum, which takes few options and rejects no single record.
    columnar: ClassVar[bool] = False
    # Whether the objects are texts. If not, only the load history says how many records they have.
    has_lines: ClassVar[bool] = True

    columns: Sequence[str] = ()
    acceptinvchars: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.columns, str):
            raise ValueError(f"columns is the text {self.columns!r}: write a list, [{self.columns!r}].")
        # A tuple, so that the format stays frozen.
        object.__setattr__(self, "columns", tuple(self.columns))
        for column in self.columns:
            identifiers.identifier(column)
        if len(set(self.columns)) < len(self.columns):
            raise ValueError(f"columns names a column twice: {', '.join(self.columns)}.")
        if self.acceptinvchars is not None:
            check_character("acceptinvchars", self.acceptinvchars)

    def clauses(self, bucket: str) -> list[Clause]:
        """Return the options of COPY: the format itself first.

        :param bucket: the bucket of the objects, in which a JSONPaths file is too.
        """
        return [*self._format_clauses(bucket), *present([("acceptinvchars", self.acceptinvchars)])]

    @abstractmethod
    def _format_clauses(self, bucket: str, /) -> list[Clause]:
        """Return the format as COPY writes it."""

    def compression_of(self, _keys: Iterable[str], /) -> Compression:
        """Return the option of COPY for the compression of objects.

        :raises ValueError: it is not the same for all of them.
        """
        return "none"

    @property
    def python_encoding(self) -> str:
        """Python's name for the encoding of the objects."""
        return "utf-8"

    def paths_key(self) -> str | None:
        """Return the key of the JSONPaths file, or None if there is none."""
        return None

    def rendered(self: Self, _render: Callable[[str], str], /) -> Self:
        """Return the format with its templates rendered, which the argument does for one template."""
        return self

    @property
    def skipped_lines(self) -> int:
        """The number of lines at the start of each object that are not records."""
        return 0

    def count_records(self, text: TextIO) -> int:
        """Return the number of records in the text of an object.

        :raises NotImplementedError: the format has no lines.
        """
        raise NotImplementedError


def check_character(name: str, value: str) -> None:
    """Refuse what is not one printable ASCII character.

    :raises ValueError: see the message.
    """
    if len(value) != 1 or not value.isascii() or not value.isprintable() or value == "\\":
        raise ValueError(f"{name} is {value!r}: write one printable ASCII character, but no backslash.")
