"""How a cluster writes to S3, with one of its roles or with the access keys of a statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from moto.s3.models import s3_backends

from redshift_standin.aws import permissions
from redshift_standin.aws.reading import ClusterStorage, ObjectSummary, access_denied
from redshift_standin.aws.s3 import PARTITION, StandInS3
from redshift_standin.settings import ACCOUNT


class WritableStorage(ClusterStorage):
    """S3 as one cluster writes to it with one role or with somebody's keys."""

    @property
    def node_type(self) -> str:
        """The type of the cluster's nodes."""
        return self._cluster.node_type

    def put(self, bucket: str, contents: Mapping[str, bytes]) -> None:
        """Write objects, all or none.

        :param contents: the content of each object by its key.
        :raises S3Error: one may not be written, or there is no such bucket here.
        """
        self._bucket(bucket)
        for key in contents:
            if not permissions.may_write(self._principal, bucket, key):
                raise access_denied()
        with StandInS3.changes:
            for key, content in contents.items():
                s3_backends[ACCOUNT][PARTITION].put_object(bucket, key, content)
            StandInS3.save()

    def delete(self, objects: Iterable[ObjectSummary]) -> None:
        """Delete objects, all or none.

        :raises S3Error: one may not be deleted.
        """
        doomed = list(objects)
        for summary in doomed:
            if not permissions.may_delete(self._principal, summary.bucket, summary.key):
                raise access_denied()
        with StandInS3.changes:
            for summary in doomed:
                s3_backends[ACCOUNT][PARTITION].delete_object(summary.bucket, summary.key)
            StandInS3.save()
