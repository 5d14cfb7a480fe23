"""``make mwaa``: build what an MWAA environment reads from its bucket.

The layout is that of the AWS pages "Installing custom plugins", "Installing Python dependencies" and "Apache Airflow
provider packages installed on Amazon MWAA environments".
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from local.settings import ROOT

# Where an environment has the content of the folder for its DAGs.
DAGS_FOLDER = "/usr/local/airflow/dags"
CONSTRAINTS = "constraints.txt"
# Below the folder for the DAGs, dags/ and include/ stay side by side.
PROJECT = "sparkify"
# The environment has it, in the version that was chosen for it.
AIRFLOW = re.compile(r"apache-airflow(\[[\w,-]+\])?==")
# Zip files have no time before this one. With one time for all files, the same content has the same archive.
NO_TIME = (1980, 1, 1, 0, 0, 0)
NOT_SHIPPED = ("__pycache__", "*.pyc")


def build(folder: Path) -> list[Path]:
    """Write ``plugins.zip``, ``requirements.txt`` and ``dags/`` into a folder, which is emptied first.

    :returns: the files and folders to upload.
    """
    shutil.rmtree(folder, ignore_errors=True)
    project = folder / "dags" / PROJECT
    for name in ("dags", "include"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns(*NOT_SHIPPED))
    (folder / "dags" / CONSTRAINTS).write_text(
        constraints((ROOT / "requirements-image.txt").read_text("utf-8")), "utf-8"
    )
    (folder / "requirements.txt").write_text(requirements((ROOT / "requirements.txt").read_text("utf-8")), "utf-8")
    _archive(ROOT / "plugins", folder / "plugins.zip")
    return [folder / "plugins.zip", folder / "requirements.txt", folder / "dags"]


def requirements(text: str) -> str:
    """Return what pip installs besides Airflow, within the constraints.

    :param text: the project's ``requirements.txt``.
    """
    packages = [line for line in text.splitlines() if line and not line.startswith("#") and not AIRFLOW.match(line)]
    return "\n".join([f'--constraint "{DAGS_FOLDER}/{CONSTRAINTS}"', *packages, ""])


def constraints(lock: str) -> str:
    """Return the versions of a lock file without the hashes, which constraints cannot have."""
    return re.sub(r"(?m)(?: \\)?\n +--hash=.*$", "", lock)


def _archive(source: Path, archive: Path) -> None:
    # With the hidden .airflowignore, which keeps Airflow from importing each file of the packages by itself.
    with ZipFile(archive, "w", ZIP_DEFLATED) as target:
        for file in sorted(source.rglob("*")):
            if (
                file.is_file()
                and not any(file.match(pattern) for pattern in NOT_SHIPPED)
                and "__pycache__" not in file.parts
            ):
                entry = ZipInfo(str(file.relative_to(source)), NO_TIME)
                entry.external_attr = 0o644 << 16
                target.writestr(entry, file.read_bytes(), ZIP_DEFLATED)


def main(arguments: list[str]) -> int:
    """Build into the folder that is the only argument, and print what to upload."""
    [folder] = map(Path, arguments)
    for path in build(folder):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
