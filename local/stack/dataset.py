"""A directory of demo data: what it must contain, and the objects that are uploaded to the bucket."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from local.errors import StackError

LOG_FILE = re.compile(r"log_data/(\d{4})/(\d{2})/(\1-\2-\d{2})-events\.json")
LOG_FILE_SHAPE = "log_data/YYYY/MM/YYYY-MM-DD-events.json"
LOG_PATHS = "log_json_path.json"
SONGS = "song_data"
SONG_ARCHIVES = "song_data*.tar.gz"


@dataclass(frozen=True)
class Dataset:
    """A checked data directory.

    :param directory: the directory.
    :param first_day: the first day whose log file is included.
    :param last_day: the last one.
    """

    directory: Path
    first_day: date
    last_day: date

    @classmethod
    def open(cls, directory: Path) -> Dataset:
        """Check a directory.

        :raises StackError: it is not a directory, or something is missing.
        """
        if not directory.is_dir():
            raise StackError(f"DATA={directory} is not a directory.")
        days = _log_days(directory)
        found = {
            LOG_FILE_SHAPE: bool(days),
            LOG_PATHS: (directory / LOG_PATHS).is_file(),
            f"{SONGS}/ or {SONG_ARCHIVES}": (directory / SONGS).is_dir() or any(directory.glob(SONG_ARCHIVES)),
        }
        missing = [name for name, is_there in found.items() if not is_there]
        if missing:
            raise StackError(f"DATA={directory} is incomplete; missing: {'; '.join(missing)}.")
        return cls(directory, min(days), max(days))

    def between(self, first_day: date, last_day: date) -> Dataset:
        """Return the same dataset with the log files of these days only.

        :raises StackError: there are none.
        """
        if not any(first_day <= day <= last_day for day in _log_days(self.directory)):
            raise StackError(
                f"DATA={self.directory} has no log files for {first_day} to {last_day}; "
                f"it has files from {self.first_day} to {self.last_day}."
            )
        return replace(self, first_day=first_day, last_day=last_day)

    @property
    def window(self) -> tuple[str, str]:
        """The half-open interval of event time that covers every day of the logs, as ISO 8601 in UTC."""
        return f"{self.first_day}T00:00:00+00:00", f"{self.last_day + timedelta(days=1)}T00:00:00+00:00"

    def objects(self) -> Iterator[tuple[str, bytes]]:
        """Yield every object: its key and its content."""
        yield LOG_PATHS, (self.directory / LOG_PATHS).read_bytes()
        yield from filter(self._has_day, self._files("log_data"))
        if (self.directory / SONGS).is_dir():
            yield from self._files(SONGS)
            return
        for archive in sorted(self.directory.glob(SONG_ARCHIVES)):
            yield from _archived_songs(archive)

    def _has_day(self, item: tuple[str, bytes]) -> bool:
        match = LOG_FILE.fullmatch(item[0])
        return match is None or self.first_day <= date.fromisoformat(match[3]) <= self.last_day

    def _files(self, folder: str) -> Iterator[tuple[str, bytes]]:
        for file in sorted((self.directory / folder).rglob("*.json")):
            if not file.name.startswith("."):
                yield file.relative_to(self.directory).as_posix(), file.read_bytes()


def _log_days(directory: Path) -> list[date]:
    names = (file.relative_to(directory).as_posix() for file in directory.glob("log_data/**/*.json"))
    matches = filter(None, map(LOG_FILE.fullmatch, names))
    return [date.fromisoformat(match[3]) for match in matches]


def _archived_songs(archive: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(archive) as members:
            for member in members:
                _, found, path = f"/{member.name}".rpartition(f"/{SONGS}/")
                is_song = found and path.endswith(".json") and not Path(path).name.startswith(".")
                if is_song and member.isfile() and (content := members.extractfile(member)):
                    yield f"{SONGS}/{path}", content.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise StackError(f"{archive} cannot be read as a tar.gz archive: {error}") from error
