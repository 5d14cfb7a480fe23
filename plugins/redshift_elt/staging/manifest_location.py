"""Where a staging task writes its manifests, and how S3 encrypts them."""

from __future__ import annotations

from dataclasses import dataclass

from redshift_elt.connection.aws_values import KMS_KEY
from redshift_elt.connection.s3_location import S3Location

_AES256, _KMS = "AES256", "aws:kms"


@dataclass(frozen=True)
class ManifestLocation:
    """The place of manifests.

    :param prefix: what their keys begin with; ends with a slash or is empty.
    :param encryption: ``AES256``, ``aws:kms`` or the ARN of a KMS key; empty: the default of the bucket.
    :raises ValueError: ``encryption`` is none of these.
    """

    bucket: str
    prefix: str = ""
    encryption: str = ""

    def __post_init__(self) -> None:
        if self.encryption not in ("", _AES256, _KMS):
            KMS_KEY.check(f"manifest_encryption is neither {_AES256!r} nor {_KMS!r}, and", self.encryption)

    @classmethod
    def of(cls, url: str | None, encryption: str | None, bucket: str) -> ManifestLocation:
        """Return the location that the arguments of an operator describe.

        :param url: such as ``s3://bucket/prefix/``; empty, as a template can render: the bucket of the source.
        :param bucket: the bucket of the source.
        :raises ValueError: an argument cannot be used.
        """
        location = S3Location.of("manifest_url", url) if url else S3Location(bucket)
        return cls(location.bucket, location.prefix, encryption or "")

    def put_arguments(self) -> dict[str, str]:
        """Return the arguments of PutObject that request the encryption (AWS API reference, PutObject)."""
        if not self.encryption:
            return {}
        if self.encryption in (_AES256, _KMS):
            return {"ServerSideEncryption": self.encryption}
        return {"ServerSideEncryption": _KMS, "SSEKMSKeyId": self.encryption}
