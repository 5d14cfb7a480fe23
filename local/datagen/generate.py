"""A whole data directory."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from local.datagen import writer
from local.datagen.catalogue import catalogue
from local.datagen.dice import Dice
from local.datagen.jukebox import Jukebox
from local.datagen.listeners import listeners
from local.datagen.log import Log
from local.datagen.options import Options
from local.errors import StackError


def generate(target: Path, options: Options) -> None:
    """Write ``log_data/``, ``song_data/`` and ``log_json_path.json`` into a new directory.

    The directory appears only when it is complete; an interrupted run leaves nothing behind.

    :raises StackError: the target exists and is not empty, or it cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StackError(f"{target} exists already: name a new directory for the data, or delete that one.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            _write(unfinished, options)
            unfinished.chmod(0o755)
            unfinished.replace(target)
        except BaseException:
            shutil.rmtree(unfinished)
            raise
    except OSError as error:
        raise StackError(
            f"Cannot write the data to {target}: {error.strerror}; name a directory that can be written."
        ) from error


def _write(target: Path, options: Options) -> None:
    known = catalogue(Dice(options.seed, "catalogue"), options.songs)
    unknown = catalogue(Dice(options.seed, "songs without a file"), 3 * options.songs)
    people = listeners(Dice(options.seed, "listeners"), options.users, options.start)
    log = Log(Dice(options.seed, "sessions"), people, Jukebox(Dice(options.seed, "plays"), known, unknown))
    writer.write_songs(target, known)
    for day, events in log.days(options.start, options.days):
        writer.write_day(target, day, events)
    writer.write_jsonpaths(target)
