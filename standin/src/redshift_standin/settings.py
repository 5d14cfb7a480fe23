"""Where a stand-in keeps its state, which ports it uses, and the account that its clients see."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from redshift_standin.errors import StandinError

if TYPE_CHECKING:
    from typing_extensions import Self

HOST = "127.0.0.1"
REGION = "us-west-2"
ACCOUNT = "123456789012"

# The key pair of the account's root user; these are not secrets, and no AWS account knows them.
ACCESS_KEY = "local-access-key"
SECRET_KEY = "local-secret-key"  # noqa: S105


@dataclass(frozen=True)
class Settings:
    """The folder, the ports and the address of one stand-in.

    AWS and the clusters listen on ``listen``, an IPv4 address. Each cluster gets a port, from ``redshift_port``
    upwards. PostgreSQL listens on a unix socket, whose name has the number ``postgres_port``.

    :param host_name: the name by which clients reach it, such as that of a container; empty: the address that it
        listens on. Only with a name can that be 0.0.0.0.
    :param hosts: the names by which clients may address AWS beside ``listen`` and the names of the loopback address;
        ``*`` stands for any.
    :param check_signatures: refuse requests to AWS that are not signed with a key of the account.
    :param durable: let each commit wait until it is on the disk. Without that, a commit is faster and survives the end
        of every process, but the crash of the machine can destroy the folder.
    """

    PREFIX: ClassVar[str] = "REDSHIFT_STANDIN_"
    STATE: ClassVar[Path] = Path(".redshift-standin")

    state: Path
    aws_port: int = 5000
    postgres_port: int = 5433
    redshift_port: int = 5439
    listen: str = HOST
    host_name: str = ""
    hosts: tuple[str, ...] = ()
    check_signatures: bool = True
    durable: bool = True

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read a variable for each field, such as ``REDSHIFT_STANDIN_AWS_PORT``; a field without one has its default.

        The default of ``state`` is ``.redshift-standin`` in the working directory.

        ``hosts`` are separated by commas.

        :raises StandinError: a port is not a number between 1 and 65535, two of them are the same, the address is not
            that of one network, or a switch is neither on nor off.
        """
        ports = {
            name: _port(environ[variable], variable)
            for name in cls._port_names()
            if environ.get(variable := cls.PREFIX + name.upper())
        }
        state = Path(environ.get(f"{cls.PREFIX}STATE") or cls.STATE).expanduser().resolve()
        host_name = environ.get(f"{cls.PREFIX}HOST_NAME", "").lower()
        listen = _address(environ.get(f"{cls.PREFIX}LISTEN") or HOST, cls.PREFIX, named=bool(host_name))
        hosts = tuple(host.strip().lower() for host in environ.get(f"{cls.PREFIX}HOSTS", "").split(",") if host.strip())
        signatures = _switch(environ.get(f"{cls.PREFIX}CHECK_SIGNATURES") or "on", f"{cls.PREFIX}CHECK_SIGNATURES")
        durable = _switch(environ.get(f"{cls.PREFIX}DURABLE") or "on", f"{cls.PREFIX}DURABLE")
        settings = cls(
            state=state,
            listen=listen,
            host_name=host_name,
            hosts=hosts,
            check_signatures=signatures,
            durable=durable,
            **ports,
        )
        chosen = settings.ports()
        if len(set(chosen.values())) < len(chosen):
            named = ", ".join(f"{cls.PREFIX}{name.upper()}={port}" for name, port in chosen.items())
            raise StandinError(f"Two ports are the same: {named}. Give each a port of its own.")
        return settings

    def to_environment(self) -> dict[str, str]:
        """Return the variables that :meth:`from_environment` reads, for another process with the same settings."""
        return {
            f"{self.PREFIX}STATE": str(self.state),
            f"{self.PREFIX}LISTEN": self.listen,
            f"{self.PREFIX}HOST_NAME": self.host_name,
            f"{self.PREFIX}HOSTS": ",".join(self.hosts),
            f"{self.PREFIX}CHECK_SIGNATURES": "on" if self.check_signatures else "off",
            f"{self.PREFIX}DURABLE": "on" if self.durable else "off",
            **{f"{self.PREFIX}{name.upper()}": str(port) for name, port in self.ports().items()},
        }

    def ports(self) -> dict[str, int]:
        """Return each port under its name."""
        return {name: getattr(self, name) for name in self._port_names()}

    @classmethod
    def _port_names(cls) -> list[str]:
        return [field.name for field in fields(cls) if field.name.endswith("_port")]

    @property
    def aws_url(self) -> str:
        """The endpoint of S3, IAM, STS, Secrets Manager and the Redshift control plane."""
        return f"http://{self.host_name or self.listen}:{self.aws_port}"

    @property
    def cluster_host(self) -> str:
        """The host name of the clusters' endpoints."""
        return self.host_name or ("localhost" if self.listen == HOST else self.listen)


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback address that are free at the moment."""
    with ExitStack() as sockets:
        probes = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]


def _address(text: str, prefix: str, *, named: bool) -> str:
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        address = None
    if address is None or (address.is_unspecified and not named) or address.is_multicast:
        raise StandinError(
            f"{prefix}LISTEN is {text!r}: set it to an IPv4 address of this machine that other machines can reach, or "
            "unset it to use the loopback address. 0.0.0.0 also needs the name by which clients reach it: --host-name, "
            f"or {prefix}HOST_NAME."
        )
    return str(address)


def _switch(text: str, variable: str) -> bool:
    if text not in ("on", "off"):
        raise StandinError(f"{variable} is {text!r}: set it to on or off, or unset it.")
    return text == "on"


def _port(text: str, variable: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise StandinError(f"{variable} is {text!r}: set it to a port number between 1 and 65535, or unset it.")
    return int(text)
