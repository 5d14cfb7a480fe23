"""Reads the records of a data directory."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def events(data: Path) -> list[tuple[date, Record]]:
    """Read every line of every file under ``log_data/``, with the day in the file's name."""
    files = sorted((data / "log_data").rglob("*.json"))
    return [(_day(file), parse(line)) for file in files for line in file.read_text("utf-8").split("\n") if line]


def songs(data: Path) -> list[Record]:
    """Read every object under ``song_data/``, or without that folder in ``song_data*.tar.gz``."""
    if (data / "song_data").is_dir():
        return [parse(file.read_text("utf-8")) for file in sorted((data / "song_data").rglob("*.json"))]
    return [parse(text) for archive in sorted(data.glob("song_data*.tar.gz")) for text in _archived(archive)]


def parse(text: str) -> Record:
    """Parse one JSON object; numbers keep their source text."""
    return json.loads(text, parse_int=str, parse_float=str)


def _day(file: Path) -> date:
    return date.fromisoformat(file.name[:10])


def _archived(archive: Path) -> Iterator[str]:
    with tarfile.open(archive) as members:
        for member in members:
            if member.name.endswith(".json"):
                yield members.extractfile(member).read().decode("utf-8")
