"""TLS: the warehouse proves its name with its certificate before it gets a password."""

from __future__ import annotations

import ssl

from airflow.providers.common.compat.sdk import AirflowFailException

# Encrypt, and verify the authority of the certificate and the host name in it (libpq "SSL Mode Descriptions"; the same
# in redshift_connector).
VERIFY_FULL = "verify-full"


class CertificateRefusedError(AirflowFailException):
    """The warehouse's certificate was refused, so no password was sent. A retry would be refused too."""

    def __init__(self, where: str, reason: str, conn_id: str) -> None:
        super().__init__(
            f"The certificate of {where} was refused, and no password was sent: {reason}. Check that the connection "
            f"{conn_id!r} leads to the warehouse. If it does, but under a name that the certificate does not contain, "
            "such as that of a tunnel, set sslmode to verify-ca in its extra."
        )


def is_certificate_refusal(error: BaseException) -> bool:
    """Return whether a driver has refused the certificate of the server.

    :param error: the error of redshift_connector, which has that of OpenSSL among its arguments, or of libpq, which
        has only a text (fe-secure-common.c and fe-secure-openssl.c of PostgreSQL).
    """
    if any(isinstance(part, ssl.SSLCertVerificationError) for part in (error, *error.args)):
        return True
    return type(error).__name__ == "OperationalError" and "certificate" in str(error)
