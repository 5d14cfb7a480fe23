"""A place in S3, written as a URL."""

from __future__ import annotations

from dataclasses import dataclass

from redshift_elt.connection.aws_values import BUCKET, KEY

_SCHEME = "s3://"


@dataclass(frozen=True)
class S3Location:
    """A bucket, or what is below a prefix of it.

    :param prefix: ends with a slash, or is empty for the whole bucket.
    """

    bucket: str
    prefix: str = ""

    @classmethod
    def of(cls, name: str, url: str) -> S3Location:
        """Read a URL such as ``s3://bucket/prefix/``.

        :param name: the argument or field, for the message.
        :raises ValueError: it is not such a URL.
        """
        bucket, _, prefix = url.removeprefix(_SCHEME).partition("/")
        if not url.startswith(_SCHEME) or (prefix and not prefix.endswith("/")):
            raise ValueError(f"{name} {url!r} is not a place in S3: write it like s3://bucket/prefix/.")
        BUCKET.check(f"The bucket of {name}", bucket)
        if prefix:
            KEY.check(f"The prefix of {name}", prefix)
        return cls(bucket, prefix)
