"""Where the local stack keeps its state and which ports it uses: environment variables override all of it."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from local.errors import StackError

ROOT = Path(__file__).resolve().parent.parent

HOST = "127.0.0.1"
REGION = "us-west-2"
ACCOUNT = "123456789012"

# Moto accepts any key pair; these are not secrets, and no AWS account knows them.
ACCESS_KEY = "local-access-key"
SECRET_KEY = "local-secret-key"  # noqa: S105


@dataclass(frozen=True)
class Settings:
    """The folder, the ports and the address of one local stack.

    AWS and the clusters listen on ``listen``, an IPv4 address; everything else listens on the loopback address. Each
    cluster gets a port, from ``redshift_port`` upwards.
    """

    state: Path
    airflow_port: int = 8080
    aws_port: int = 5000
    postgres_port: int = 5433
    redshift_port: int = 5439
    listen: str = HOST

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read ``SPARKIFY_{STATE,LISTEN}`` and ``SPARKIFY_{AIRFLOW,AWS,POSTGRES,REDSHIFT}_PORT``; else the default.

        :raises StackError: a port is not a number between 1 and 65535, two of them are the same, or the address is not
            that of one network.
        """
        ports = {
            f"{name}_port": _port(environ, f"SPARKIFY_{name.upper()}_PORT")
            for name in ("airflow", "aws", "postgres", "redshift")
            if environ.get(f"SPARKIFY_{name.upper()}_PORT")
        }
        state = Path(environ.get("SPARKIFY_STATE") or ROOT / ".local").expanduser().resolve()
        settings = cls(state=state, listen=_address(environ.get("SPARKIFY_LISTEN") or HOST), **ports)
        chosen = settings.ports()
        if len(set(chosen.values())) < len(chosen):
            named = ", ".join(f"SPARKIFY_{name.upper()}={port}" for name, port in chosen.items())
            raise StackError(f"Two ports are the same: {named}. Give each a port of its own.")
        return settings

    def to_environment(self) -> dict[str, str]:
        """Return the variables that :meth:`from_environment` reads, for another process of the same stack."""
        return {"SPARKIFY_STATE": str(self.state), "SPARKIFY_LISTEN": self.listen} | {
            f"SPARKIFY_{name.upper()}": str(port) for name, port in self.ports().items()
        }

    def ports(self) -> dict[str, int]:
        """Return each port under its name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name.endswith("_port")}

    @property
    def aws_url(self) -> str:
        """The endpoint of S3, IAM, STS, Secrets Manager and the Redshift control plane."""
        return f"http://{self.listen}:{self.aws_port}"

    @property
    def cluster_host(self) -> str:
        """The host name of the clusters' endpoints."""
        return "localhost" if self.listen == HOST else self.listen

    @property
    def airflow_url(self) -> str:
        """The address of the Airflow UI and REST API."""
        return f"http://{HOST}:{self.airflow_port}"


def _address(text: str) -> str:
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        address = None
    if address is None or address.is_unspecified or address.is_multicast:
        raise StackError(
            f"SPARKIFY_LISTEN is {text!r}: set it to an IPv4 address of this machine that other machines can reach, "
            "or unset it to use the loopback address."
        )
    return str(address)


def _port(environ: Mapping[str, str], variable: str) -> int:
    text = environ[variable]
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise StackError(f"{variable} is {text!r}: set it to a port number between 1 and 65535, or unset it.")
    return int(text)
