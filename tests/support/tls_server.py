"""A server that accepts TLS as Redshift does, with a certificate of an authority of the tests."""

from __future__ import annotations

import datetime
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# PostgreSQL page "Message Formats": SSLRequest, and the request for a password in plain text.
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_SEND_THE_PASSWORD = b"R" + struct.pack("!ii", 8, 3)


class Authority:
    """A certificate authority.

    :param folder: for its certificate and those that it signs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Authority of the tests")
        builder = self._builder(self._name, self._key).add_extension(x509.BasicConstraints(True, None), critical=True)
        self.certificate = folder / "authority.pem"
        self.certificate.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))

    def context(self, host: str) -> ssl.SSLContext:
        """Return the TLS settings of a server with a certificate for this host name."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        certificate = self._builder(_name(host), key).add_extension(names, False).sign(self._key, hashes.SHA256())
        plain = serialization.NoEncryption()
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        file = self._folder / f"{host}.pem"
        file.write_bytes(private + _pem(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _builder(self, name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.timezone.utc)
        return x509.CertificateBuilder(
            self._name,
            name,
            key.public_key(),
            x509.random_serial_number(),
            now - datetime.timedelta(hours=1),
            now + datetime.timedelta(hours=1),
        )


@contextmanager
def listening(context: ssl.SSLContext) -> Iterator[tuple[int, list[bytes]]]:
    """Listen on the loopback address, and yield the port and the list of what clients have sent after the handshake.

    The server requests a password and then closes the connection. A handshake that fails adds an empty entry.
    """
    received: list[bytes] = []

    def serve(client: socket.socket) -> None:
        data = b""
        with suppress(OSError), client:
            assert client.recv(len(_SSL_REQUEST)) == _SSL_REQUEST
            client.sendall(b"S")
            with context.wrap_socket(client, server_side=True) as encrypted:
                data = encrypted.recv(4096)
                if data:
                    encrypted.sendall(_SEND_THE_PASSWORD)
                    data += encrypted.recv(4096)
        received.append(data)

    def accept() -> None:
        with suppress(OSError):
            while True:
                serve(server.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1], received
        # Closing alone does not wake the thread that waits in accept.
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
