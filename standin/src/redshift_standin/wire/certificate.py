"""The endpoint's TLS certificate: self-signed, for the host names that clients use, and kept between starts."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from redshift_standin.settings import HOST

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

CERTIFICATE = "certificate.pem"
KEY = "key.pem"
LIFETIME = datetime.timedelta(days=3650)
RENEW_BEFORE = datetime.timedelta(days=30)


def server_context(folder: Path, host: str = HOST, host_name: str = "") -> ssl.SSLContext:
    """Return the TLS settings of the endpoint, with the certificate in this folder, which is created if missing.

    :param host: the address that clients connect to.
    :param host_name: a name by which they do so.

    Clients trust ``folder / CERTIFICATE``, which is self-signed.
    """
    address = ipaddress.ip_address(host)
    names = ["localhost", *filter(None, [host_name])]
    if not _is_valid(folder, address, names):
        _make(folder, address, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    return context


def _is_valid(folder: Path, address: _Address, host_names: Sequence[str]) -> bool:
    if not (folder / CERTIFICATE).exists() or not (folder / KEY).exists():
        return False
    certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if address not in names.get_values_for_type(x509.IPAddress):
        return False
    if not set(host_names) <= set(names.get_values_for_type(x509.DNSName)):
        return False
    return certificate.not_valid_after_utc > datetime.datetime.now(datetime.timezone.utc) + RENEW_BEFORE


def _make(folder: Path, address: _Address, host_names: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Redshift stand-in")])
    addresses = {ipaddress.ip_address(HOST), address}
    names = x509.SubjectAlternativeName([*map(x509.DNSName, host_names), *map(x509.IPAddress, addresses)])
    usage = x509.KeyUsage(True, False, False, False, False, True, False, False, False)
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    unencrypted = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted)
    (folder / KEY).unlink(missing_ok=True)
    descriptor = os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    (folder / CERTIFICATE).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
