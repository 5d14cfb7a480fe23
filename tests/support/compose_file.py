"""A compose file as docker compose resolves it: variables, merged anchors, profiles and dependencies.

It follows the compose specification for what docker-compose.yaml uses, and refuses other keys of a service. Variables
without a value are refused, too: they would be those of the shell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values

# A default can have variables with defaults of their own.
_TEXT = r"(?:[^{}]|\{[^{}]*\})*"
_VARIABLE = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<plain>\w+)|\{(?P<name>\w+)(?:(?P<operator>:?[-?])(?P<text>" + _TEXT + r"))?\})"
)
_KNOWN = {
    "build", "command", "depends_on", "deploy", "environment", "healthcheck", "image", "logging", "ports",
    "profiles", "restart", "stop_grace_period", "user", "volumes",
}  # fmt: skip


class ComposeError(Exception):
    """The file cannot be resolved. The message is like that of docker compose."""


@dataclass(frozen=True)
class Service:
    """A service with its values.

    :param target: the stage of the Dockerfile whose image it runs; empty for an official image.
    :param environment: the variables that the file sets.
    :param depends_on: the condition for each service that must have started before.
    :param check: the command of its health check; none if it has no check.
    """

    name: str
    image: str
    target: str
    command: list[str]
    environment: dict[str, str]
    user: str
    depends_on: dict[str, str]
    check: list[str]
    replicas: int
    restart: str


def resolve(file: Path, environ: Mapping[str, str], profiles: set[str] = frozenset()) -> dict[str, Service]:
    """Return the services that ``docker compose --profile ... up`` starts, by name.

    :param environ: the variables of the shell and of ``.env``.
    :raises ComposeError: a required variable is missing, or a service that is needed is in another profile.
    """
    document = yaml.safe_load(file.read_text("utf-8"))
    started = {
        name: _interpolated(service, environ)
        for name, service in document["services"].items()
        if not service.get("profiles") or set(service["profiles"]) & profiles
    }
    # Docker Compose does not pull what another service that it starts builds.
    targets = {each["image"]: each["build"]["target"] for each in started.values() if "build" in each}
    found = {name: _service(name, service, targets) for name, service in started.items()}
    for service in found.values():
        for other in [name for name in service.depends_on if name not in found]:
            if document["services"][service.name]["depends_on"][other].get("required", True):
                raise ComposeError(f"service {service.name!r} depends on {other!r}, which is not started")
            del service.depends_on[other]
    return found


def in_order(services: Mapping[str, Service]) -> Iterator[Service]:
    """Yield the services, each after those that it depends on."""
    waiting = dict(services)
    while waiting:
        ready = [name for name, service in waiting.items() if not set(service.depends_on) & set(waiting)]
        if not ready:
            raise ComposeError(f"the services {sorted(waiting)} depend on each other")
        yield from (waiting.pop(name) for name in ready)


def read_env(file: Path) -> dict[str, str]:
    """Return the variables of a ``.env`` file."""
    return {name: value or "" for name, value in dotenv_values(file, interpolate=False).items()}


def interpolate(text: str, environ: Mapping[str, str]) -> str:
    """Return a text with the values of its variables, which are not interpolated again.

    :raises ComposeError: a required variable is missing.
    """

    def value(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        name, operator, default = found["plain"] or found["name"], found["operator"] or "-", found["text"] or ""
        given = environ.get(name)
        if given is not None and (given or ":" not in operator):
            return given
        if operator.endswith("?"):
            raise ComposeError(f"required variable {name} is missing a value: {default}")
        return interpolate(default, environ)

    return _VARIABLE.sub(value, text)


def _interpolated(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _interpolated(each, environ) for name, each in value.items()}
    if isinstance(value, list):
        return [_interpolated(each, environ) for each in value]
    return interpolate(value, environ) if isinstance(value, str) else value


def _service(name: str, service: Mapping[str, Any], targets: Mapping[str, str]) -> Service:
    if unknown := set(service) - _KNOWN:
        raise ComposeError(f"service {name!r} has keys that this reader does not know: {sorted(unknown)}")
    if shared := [key for key, value in service["environment"].items() if value is None]:
        raise ComposeError(f"service {name!r} passes variables of the shell on: {shared}")
    kind, *check = service.get("healthcheck", {"test": ["NONE"]})["test"]
    return Service(
        name=name,
        image=service["image"],
        target=targets.get(service["image"], ""),
        command=service.get("command", []),
        environment={key: str(value) for key, value in service["environment"].items()},
        user=service.get("user", ""),
        depends_on={other: each["condition"] for other, each in service.get("depends_on", {}).items()},
        check=["/bin/sh", "-c", *check] if kind == "CMD-SHELL" else check,
        replicas=int(service.get("deploy", {}).get("replicas", 1)),
        restart=service.get("restart", "no"),
    )
