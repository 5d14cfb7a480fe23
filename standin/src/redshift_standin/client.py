"""The environment variables with which clients reach and trust the stand-in."""

from __future__ import annotations

import os
from pathlib import Path

import certifi

from redshift_standin.settings import ACCESS_KEY, REGION, SECRET_KEY, Settings
from redshift_standin.wire.certificate import CERTIFICATE, server_context

BUNDLE = "bundle.pem"


def certificate_folder(settings: Settings) -> Path:
    """Return the folder of the Redshift endpoint's certificate."""
    return settings.state / "tls"


def standin_environment(settings: Settings) -> dict[str, str]:
    """Return the environment variables with which boto3, redshift_connector and libpq use the stand-in.

    ``SSL_CERT_FILE`` replaces the authorities that Python trusts, so it names a file with the usual ones and the
    certificate of the endpoint. Missing files are created.
    """
    folder = certificate_folder(settings)
    # Creates the certificate if it does not exist.
    server_context(folder, settings.listen)
    certificate = folder / CERTIFICATE
    bundle = folder / BUNDLE
    _write(bundle, Path(certifi.where()).read_bytes() + b"\n" + certificate.read_bytes())
    return {
        "AWS_ENDPOINT_URL": settings.aws_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "SSL_CERT_FILE": str(bundle),
        "PGSSLROOTCERT": str(certificate),
    }


def _write(path: Path, content: bytes) -> None:
    """Replace a file in one step, unless it has this content already: a client may be reading it."""
    if path.exists() and path.read_bytes() == content:
        return
    new = path.with_suffix(f".{os.getpid()}")
    new.write_bytes(content)
    new.replace(path)
