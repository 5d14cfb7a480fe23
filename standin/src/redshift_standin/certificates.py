"""The files with which clients trust the clusters of a stand-in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import certifi

from redshift_standin.settings import Settings
from redshift_standin.wire.certificate import CERTIFICATE, server_context


@dataclass(frozen=True)
class CertificateFiles:
    """The certificate of the clusters, for libpq, and a bundle of it with the usual authorities, for Python."""

    certificate: Path
    bundle: Path


def certificate_folder(settings: Settings) -> Path:
    """Return the folder of the Redshift endpoint's certificate."""
    return settings.state / "tls"


def certificate_files(settings: Settings) -> CertificateFiles:
    """Return the files, which are created if they are missing."""
    folder = certificate_folder(settings)
    # Creates the certificate if it does not exist.
    server_context(folder, settings.listen, settings.host_name)
    files = CertificateFiles(folder / CERTIFICATE, folder / "bundle.pem")
    _write(files.bundle, Path(certifi.where()).read_bytes() + b"\n" + files.certificate.read_bytes())
    return files


def _write(path: Path, content: bytes) -> None:
    """Replace a file in one step, unless it has this content already: a client may be reading it."""
    if path.exists() and path.read_bytes() == content:
        return
    new = path.with_suffix(f".{os.getpid()}")
    new.write_bytes(content)
    new.replace(path)
