"""Checks the commands of the documentation without running them: their options, and the files and names in them."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import entry_points
from itertools import groupby
from pathlib import Path

import botocore.session
from airflow.cli.cli_parser import get_parser
from airflow.configuration import conf
from botocore import xform_name
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pip._internal.commands import create_command

from local.settings import ROOT, Settings
from local.stack.env_file import env_file

# Texts that stand for a value of the reader's.
PLACEHOLDERS = frozenset({"path", "dir", "…"})
# Programs of which only the shell's syntax of their lines is checked.
OTHER_PROGRAMS = frozenset(
    {".ci/run", "curl", "dbt", "docker", "git", "helm", "jupyter", "kubectl", "psql", "terraform"}
)
# Variables that other programs read.
OTHER_VARIABLES = frozenset({"AWS_PROFILE", "PGPASSWORD", "SSL_CERT_FILE"})
# The options of the AWS CLI that every operation has.
AWS = frozenset({"--output", "--query"})
# The options of aws s3, which botocore does not know.
AWS_S3 = {"sync": frozenset[str](), "cp": frozenset[str]()}
# Another operation that botocore does not know, without options.
AWS_LOGIN = ["ecr", "get-login-password"]
# What the steps before a command make.
MADE = frozenset(
    {
        "build/mwaa/plugins.zip",
        "build/mwaa/requirements.txt",
        "build/mwaa/dags",
        "include/sql/schema/page_views.sql",
        "include/sql/schema/playlists.sql",
    }
)

Problems = Iterator[str]


def problems(text: str, folder: Path = ROOT) -> list[str]:
    """Return what is wrong with the commands of a block or a sentence.

    :param folder: the folder of the page, to which the paths in it can be relative; or they are to the repository.
    """
    syntax = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    found = [syntax.stderr.strip()] if syntax.returncode else []
    for words in lines(text):
        found += _problems(words, folder)
    return found


def lines(text: str) -> Iterator[list[str]]:
    """Yield the words of each line; a backslash continues a line."""
    for line in text.replace("\\\n", " ").splitlines():
        # Of the commands of a subshell and of substitutions, only the syntax is checked.
        if line.startswith(("(", "token=$(")):
            continue
        words = shlex.split(line, comments=True)
        yield from (list(group) for is_pipe, group in groupby(words, "|".__eq__) if not is_pipe)


def _problems(words: list[str], folder: Path) -> Problems:
    while words and (setting := re.fullmatch(r"([A-Z_]+)=(.*)", words[0])):
        yield from _variable(setting[1], setting[2])
        words = words[1:]
    if not words:
        return
    program, *arguments = words
    if check := CHECKS.get(program):
        yield from check(arguments, folder)
    elif program not in OTHER_PROGRAMS and not _is_installed(program.removeprefix(".venv/bin/")):
        yield f"{program} is unknown"


def _is_installed(program: str) -> bool:
    """Whether a package of the project, or one of its name in requirements-dev.txt, brings a program."""
    return program in _packages() or program in {script.name for script in entry_points(group="console_scripts")}


@cache
def _sources() -> str:
    folders = ("plugins", "local", "tests/browser")
    return "\n".join(file.read_text("utf-8") for folder in folders for file in (ROOT / folder).rglob("*.py"))


def _variable(name: str, value: str) -> Problems:
    if value.startswith("$("):
        # What a command prints.
        return
    if option := re.fullmatch(r"AIRFLOW__([A-Z_]+?)__([A-Z_]+)", name):
        section, key = option[1].lower(), option[2].lower()
        if not is_airflow_option(section, key) and not {f'"{section}"', f'"{key}"'} <= set(
            re.findall(r'"\w+"', _sources())
        ):
            yield f"[{section}] has no option {key}"
    elif name.startswith("AIRFLOW_CONN_"):
        if "conn_type" not in json.loads(value):
            yield f"{name} has no conn_type"
    elif not (
        name.startswith("AIRFLOW_VAR_")
        or name in OTHER_VARIABLES
        or f'"{name}"' in _sources()
        or f"${{{name}:" in (ROOT / "docker-compose.yaml").read_text("utf-8")
    ):
        yield f"nothing reads {name}"


def is_airflow_option(section: str, key: str) -> bool:
    """Whether Airflow or one of its providers has an option of this name."""
    return key in conf.configuration_description.get(section, {}).get("options", {})


def _missing(paths: list[str], folder: Path) -> Problems:
    for path in paths:
        if not {path} & (PLACEHOLDERS | MADE) and not any((at / path).exists() for at in (ROOT, folder)):
            yield f"there is no {path}"


def _make(arguments: list[str], folder: Path) -> Problems:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    variables = set(re.findall(r"\$[({]+([A-Z]+)", makefile))
    values = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    named = [argument for argument in arguments if "=" not in argument]
    yield from (f"make has no target {target}" for target in named if target not in targets)
    yield from (f"make has no variable {name}" for name in values if name not in variables)
    yield from _missing([values[name] for name in ("FILE", "DATA") if name in values], folder)
    words = shlex.split(values.get("ARGS", ""))
    if named == ["airflow"]:
        yield from _airflow(words, folder)
    elif named and named[0].startswith("test"):
        yield from _missing([word for word in words if "/" in word], folder)


def _airflow(arguments: list[str], folder: Path) -> Problems:
    """Parse a command with Airflow's parser; its DAG and the Params in its configuration must exist."""
    if set(arguments) & PLACEHOLDERS:
        return
    with contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            parsed = get_parser().parse_args(arguments)
        except SystemExit:
            yield f"Airflow refuses {arguments}: {errors.getvalue()}"
            return
    files = {file.stem: file for where in ("dags", "docs/examples") for file in (ROOT / where).rglob("*.py")}
    dag_id = getattr(parsed, "dag_id", None)
    if dag_id and dag_id not in files:
        yield f"no file defines a DAG {dag_id}"
    elif configuration := getattr(parsed, "conf", None):
        # Params that DAGs share are in the package.
        text = files[dag_id].read_text("utf-8") + _sources()
        yield from (f"{dag_id} has no Param {name}" for name in json.loads(configuration) if f'"{name}"' not in text)


def _aws(arguments: list[str], folder: Path) -> Problems:
    service, operation, *rest = arguments
    if arguments == AWS_LOGIN:
        return
    if service == "s3":
        yield from _aws_s3(operation, rest, folder)
        return
    model = botocore.session.get_session().get_service_model(service)
    shapes = {xform_name(name, "-"): model.operation_model(name).input_shape for name in model.operation_names}
    if operation not in shapes:
        yield f"{service} has no operation {operation}"
        return
    given = {word for word in rest if word.startswith("--")}
    known = {f"--{xform_name(name, '-')}" for name in shapes[operation].members}
    required = {f"--{xform_name(name, '-')}" for name in shapes[operation].required_members}
    yield from (f"{operation} has no {word}" for word in sorted(given - known - AWS))
    yield from (f"{operation} needs {word}" for word in sorted(required - given))
    yield from _missing([word.removeprefix("file://") for word in rest if word.startswith("file://")], folder)


def _aws_s3(operation: str, arguments: list[str], folder: Path) -> Problems:
    options = {word for word in arguments if word.startswith("--")}
    places = [word for word in arguments if word not in options]
    yield from (f"aws s3 {operation} has no {word}" for word in sorted(options - AWS_S3[operation]))
    yield from _missing([place for place in places if not place.startswith("s3://")], folder)
    if len(places) != 2:
        yield f"aws s3 {operation} needs a source and a target"


def _pip(arguments: list[str], folder: Path) -> Problems:
    """Parse a command with pip's parser; its files and extras must exist, and its packages be those of the project."""
    command, *rest = arguments
    with contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            options, packages = create_command(command).parse_args(rest)
        except SystemExit:
            yield f"pip refuses {arguments}: {errors.getvalue()}"
            return
    yield from _missing(options.requirements, folder)
    project = set(re.findall(r"^(\w+) = \[", (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE))
    for package in packages:
        path, _, extras = package.removesuffix("]").partition("[")
        if path.startswith("."):
            yield from _missing([path], folder)
            yield from (
                f"the project has no extra {extra}" for extra in filter(None, extras.split(",")) if extra not in project
            )
        elif canonicalize_name(Requirement(package).name) not in _packages():
            yield f"{package} is not a package that the project knows"


@cache
def _packages() -> frozenset[str]:
    """Return the packages that the project installs; the notebook's command installs JupyterLab."""
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements-dev.txt").read_text("utf-8"), re.MULTILINE)
    assert "jupyterlab" in _sources()
    return frozenset({*map(canonicalize_name, locked), "jupyterlab"})


def _python(arguments: list[str], folder: Path) -> Problems:
    assert arguments[0] == "-m", arguments
    module, *rest = arguments[1:]
    if module == "pip":
        yield from _pip(rest, folder)
    elif importlib.util.find_spec(module) is None:
        yield f"there is no module {module}"


def _source(arguments: list[str], folder: Path) -> Problems:
    # The local stack writes it when it starts.
    yield from _missing([file for file in arguments if ROOT / file != env_file(Settings(ROOT / ".local"))], folder)


def _export(arguments: list[str], folder: Path) -> Problems:
    for argument in arguments:
        yield from _variable(*argument.split("=", 1))


def _cd(arguments: list[str], folder: Path) -> Problems:
    yield from _missing(arguments, folder)


def _cp(arguments: list[str], folder: Path) -> Problems:
    *sources, _ = (word for word in arguments if not word.startswith("-"))
    yield from _missing(sources, folder)


CHECKS: dict[str, Callable[[list[str], Path], Problems]] = {
    "airflow": _airflow,
    "aws": _aws,
    "cd": _cd,
    "cp": _cp,
    "export": _export,
    "make": _make,
    "pip": _pip,
    "python": _python,
    ".venv/bin/python": _python,
    "source": _source,
}
