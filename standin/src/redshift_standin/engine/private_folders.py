"""Folders and files that one user can open, and paths that every user can reach: root starts PostgreSQL as another."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from redshift_standin.errors import StandinError

# PostgreSQL refuses to run as root, so for root the server runs as the user nobody.
NOBODY = 65534

# For root: where files go that this user must read if the checkout is in a private folder, such as /root.
OPEN_FOLDER = Path("/var/tmp")  # noqa: S108 - survives a restart of the machine; every use checks the owner


def is_root() -> bool:
    """Whether this process runs as root."""
    return os.geteuid() == 0


def is_in_reach(path: Path) -> bool:
    """Whether every user may enter this folder, or run this program, and may enter the folders above it."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path.resolve(), *path.resolve().parents))


def make_private(folder: Path, user: int, group: int) -> None:
    """Create a folder that only this user can enter, or check that an existing one is private.

    :raises StandinError: the folder exists and is not private to this user.
    """
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != user or found.st_mode & 0o077:
            raise StandinError(f"{folder} is not a private folder of user {user}: delete it.") from None
    else:
        if is_root():
            os.chown(folder, user, group)


def open_private(path: str, flags: int) -> int:
    """Open a file; a new file is readable by its owner only, because error messages contain values."""
    return os.open(path, flags, 0o600)


def open_to_all(folder: Path) -> None:
    """Let every user read what is in a folder and run what its owner can run."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & stat.S_IXUSR else 0o044))
