"""The command ``redshift-standin``: start the stand-in, print how to reach it, and stop at SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import redshift_standin
from redshift_standin.access import Aws, as_text, to_json
from redshift_standin.errors import StandinError
from redshift_standin.provisioning import Names, provision
from redshift_standin.settings import Settings, free_ports

_DESCRIPTION = """\
Start a local stand-in for Amazon Redshift and the parts of AWS around it, with a cluster, a bucket, and a role with
which the cluster may use S3. Print how to reach them, and run until SIGINT (Ctrl+C) or SIGTERM."""
_EPILOG = """\
Each setting is also an environment variable, such as REDSHIFT_STANDIN_AWS_PORT. REDSHIFT_STANDIN_CLUSTER_SECONDS is
the time that a cluster takes to change its state (default 2)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stop = threading.Event()
    # SIGHUP: the terminal was closed.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    if options.stop_at_eof:
        threading.Thread(target=_stop_at_eof, args=(stop,), daemon=True).start()
    try:
        with _settings(options) as settings:
            _serve(settings, options, stop)
    except StandinError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _serve(settings: Settings, options: argparse.Namespace, stop: threading.Event) -> None:
    # Imported late because it takes a second, which --help and usage errors need not wait for.
    from redshift_standin.server import serving

    with serving(settings):
        aws = Aws.of(settings)
        access = provision(aws, _names(options)) if options.cluster else aws
        if options.format == "json":
            print(to_json(access), flush=True)
        elif options.format == "text":
            print(f"{as_text(access.lines())}\n\nReady. Press Ctrl+C to stop.", flush=True)
        stop.wait()


def _stop_at_eof(stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop.set()


@contextmanager
def _settings(options: argparse.Namespace) -> Iterator[Settings]:
    """Return the settings of the options and the environment.

    A folder that was made for this run is deleted at its end, so nothing in it needs to survive a crash of the machine.
    """
    prefix = Settings.PREFIX
    given = {f"{prefix}{name}": value for name, value in _given(options).items() if value is not None}
    environ = {**os.environ, **given}
    ports = [name for name in _PORTS if environ.get(prefix + name) == "0"]
    environ |= {prefix + name: str(port) for name, port in zip(ports, free_ports(len(ports)), strict=True)}
    if environ.get(f"{prefix}STATE"):
        yield Settings.from_environment(environ)
        return
    folder = Path(tempfile.mkdtemp(prefix="redshift-standin-"))
    # PostgreSQL runs as another user if this process runs as root.
    folder.chmod(0o711)
    try:
        yield Settings.from_environment({f"{prefix}DURABLE": "off", **environ, f"{prefix}STATE": str(folder)})
    finally:
        shutil.rmtree(folder)


_PORTS = tuple(field.name.upper() for field in fields(Settings) if field.name.endswith("_port"))


def _given(options: argparse.Namespace) -> dict[str, str | None]:
    return {
        "STATE": options.state,
        "LISTEN": options.listen,
        "HOST_NAME": options.host_name,
        "AWS_PORT": options.aws_port,
        "REDSHIFT_PORT": options.redshift_port,
    }


def _names(options: argparse.Namespace) -> Names:
    return Names(options.cluster, options.database, options.user, options.bucket, options.role)


def _parser() -> argparse.ArgumentParser:
    names = Names()
    parser = argparse.ArgumentParser(prog="redshift-standin", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=redshift_standin.__version__)
    parser.add_argument(
        "--format", choices=["text", "json", "none"], default="text", help="how to print addresses and logins"
    )
    parser.add_argument(
        "--stop-at-eof",
        action="store_true",
        help="also stop at the end of standard input: if that is a pipe, when the program that holds it has ended",
    )
    parser.add_argument("--state", metavar="DIR", help="keep everything in this folder; by default nothing is kept")
    parser.add_argument("--listen", metavar="ADDRESS", help="the IPv4 address to listen on (default 127.0.0.1)")
    parser.add_argument(
        "--host-name", metavar="NAME", help="the name by which clients reach it, such as that of a container"
    )
    parser.add_argument("--aws-port", metavar="PORT", help="the port of S3 and AWS (default 5000; 0: any free port)")
    parser.add_argument(
        "--redshift-port", metavar="PORT", help="the first port for clusters (default 5439; 0: any free port)"
    )
    parser.add_argument("--cluster", default=names.cluster_identifier, metavar="NAME", help="the cluster to create")
    parser.add_argument("--no-cluster", dest="cluster", action="store_const", const=None, help="create nothing")
    parser.add_argument("--database", default=names.database, metavar="NAME", help="the cluster's first database")
    parser.add_argument("--user", default=names.user, metavar="NAME", help="the cluster's master user")
    parser.add_argument("--bucket", default=names.bucket, metavar="NAME", help="the bucket to create")
    parser.add_argument("--role", default=names.role, metavar="NAME", help="the role to create, which may use S3")
    return parser
