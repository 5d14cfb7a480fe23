"""``make mwaa``: build what an MWAA environment reads from its bucket.

The layout is that of the AWS pages "Installing custom plugins", "Installing Python dependencies" and "Apache Airflow
provider packages installed on Amazon MWAA environments".
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from local.errors import StackError
from local.settings import ROOT

# Below the folder for the DAGs, dags/ and include/ stay side by side.
PROJECT = "sparkify"
# Of the images of all versions with Airflow 3 (github.com/aws/amazon-mwaa-docker-images).
PYTHON = "3.12"
# The environment has Airflow, and refuses other versions of it and of some other packages.
CONSTRAINTS = "https://raw.githubusercontent.com/apache/airflow/constraints-{version}/constraints-{python}.txt"
# The constraints of Airflow have versions of everything else that is needed.
NOT_CONSTRAINED = frozenset({"matplotlib"})
# Zip files have no time before this one. With one time for all files, the same content has the same archive.
NO_TIME = (1980, 1, 1, 0, 0, 0)


def build(folder: Path, version: str) -> list[Path]:
    """Write ``plugins.zip``, ``requirements.txt`` and ``dags/`` into a folder, which is emptied first.

    :param version: the version of Airflow that the environment has.
    :returns: the files of the project that are packed, relative to it.
    :raises StackError: the project does not support this version of Airflow.
    """
    _check(version)
    shutil.rmtree(folder, ignore_errors=True)
    project = folder / "dags" / PROJECT
    shipped, plugins = files("dags", "include"), files("plugins")
    for file in shipped:
        (project / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, project / file)
    text = (ROOT / "requirements.txt").read_text("utf-8")
    (folder / "requirements.txt").write_text(requirements(text, version), "utf-8")
    _archive(plugins, folder / "plugins.zip")
    return [*shipped, *plugins]


def files(*folders: str) -> list[Path]:
    """Return the files of folders of the project, relative to it: those that git does not ignore.

    Without git, as in a downloaded archive, all files but caches and hidden ones.
    """
    git = _git("ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *folders)
    if git is not None:
        found: Iterable[Path] = map(Path, git.split("\0")[:-1])
    else:
        found = (file.relative_to(ROOT) for folder in folders for file in (ROOT / folder).rglob("*"))
        found = (file for file in found if not any(_is_left_out(part) for part in file.parts))
    return sorted(file for file in found if (ROOT / file).is_file())


def not_in_git() -> list[str]:
    """Return the files that are packed although git does not have them, such as a new DAG or a draft."""
    return (_git("ls-files", "--others", "--exclude-standard", "-z", "--", "dags", "include", "plugins") or "").split(
        "\0"
    )[:-1]


def requirements(text: str, version: str) -> str:
    """Return what pip installs besides Airflow, within Airflow's constraints.

    :param text: the project's ``requirements.txt``.
    """
    lines = [f'--constraint "{CONSTRAINTS.format(version=version, python=PYTHON)}"']
    for line in filter(None, (line.partition("#")[0].strip() for line in text.splitlines())):
        each = Requirement(line)
        if each.name == "apache-airflow" or (each.marker and not each.marker.evaluate({"python_version": PYTHON})):
            continue
        extras = f"[{','.join(sorted(each.extras))}]" if each.extras else ""
        lines.append(f"{each.name}{extras}{each.specifier if each.name in NOT_CONSTRAINED else ''}")
    return "\n".join([*lines, ""])


def _check(version: str) -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    [supported] = [Requirement(line) for line in re.findall(r'^    "(apache-airflow[<>=].+)",$', project, re.MULTILINE)]
    try:
        is_supported = Version(version) in supported.specifier
    except InvalidVersion:
        is_supported = False
    if not is_supported:
        raise StackError(
            f"VERSION is {version!r}: write the version of Airflow that the environment has, such as make mwaa "
            f"VERSION=3.2.1. The project needs {supported}."
        )


def _git(*arguments: str) -> str | None:
    """Return the output of git in the project; None if that is not a repository, or git is not installed."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        return None
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _is_left_out(name: str) -> bool:
    return name == "__pycache__" or (name.startswith(".") and name != ".airflowignore")


def _archive(shipped: Iterable[Path], archive: Path) -> None:
    # With the hidden .airflowignore, which keeps Airflow from importing each file of the packages by itself.
    with ZipFile(archive, "w", ZIP_DEFLATED) as target:
        for file in shipped:
            entry = ZipInfo(str(file.relative_to("plugins")), NO_TIME)
            entry.external_attr = 0o644 << 16
            target.writestr(entry, (ROOT / file).read_bytes(), ZIP_DEFLATED)


def main(arguments: list[str]) -> int:
    """Build into a folder, for a version of Airflow, and print what was packed."""
    folder, version = Path(arguments[0]), "".join(arguments[1:])
    try:
        packed = build(folder, version)
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    dags = [file.stem for file in packed if file.parent == Path("dags") and file.suffix == ".py"]
    count = {top: sum(file.parts[0] == top for file in packed) for top in ("include", "plugins")}
    print(f"{folder / 'plugins.zip'}: {count['plugins']} files of plugins/")
    print(f"{folder / 'requirements.txt'}: for Airflow {version}")
    print(f"{folder / 'dags'}: {count['include']} files of include/, and the DAGs {', '.join(dags)}")
    for file in not_in_git():
        print(f"{file} is included, although git does not have it")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
