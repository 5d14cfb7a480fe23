"""How a cluster reads and writes S3, with one of its roles or with the access keys of a statement."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey

from redshift_standin.aws.faults import COPY, FAULTS
from redshift_standin.aws.iam import permissions
from redshift_standin.aws.iam.access_keys import AccessKeys, KeyRefusedError, find_principal
from redshift_standin.aws.iam.permissions import Principal
from redshift_standin.aws.redshift.backend import redshift_in_all_regions
from redshift_standin.aws.redshift.cluster import StandInCluster
from redshift_standin.aws.s3.model import StandInS3, buckets, s3_backend
from redshift_standin.errors import WarehouseError, error_block
from redshift_standin.settings import ACCOUNT

# "Clusters and nodes in Amazon Redshift", node type details: the default slices of a node.
_SLICES = {"ra3.4xlarge": 4, "ra3.16xlarge": 16, "rg.4xlarge": 8, "rg.12xlarge": 16}
_DEFAULT_SLICES = 2


@dataclass(frozen=True)
class ObjectSummary:
    """One object of a listing.

    :param etag: its ETag, without quotation marks.
    :param modified: when it was written, in UTC without a time zone.
    """

    bucket: str
    key: str
    size: int
    etag: str
    modified: datetime

    @property
    def url(self) -> str:
        """The address that COPY shows."""
        return f"s3://{self.bucket}/{self.key}"


class S3Error(Exception):
    """S3 refused a request; the text is the one that COPY shows."""

    def __init__(self, message: str, status: int, code: str) -> None:
        request, extended = secrets.token_hex(8).upper(), base64.b64encode(secrets.token_bytes(48)).decode()
        super().__init__(
            f"S3ServiceException:{message},Status {status},Error {code},Rid {request},ExtRid {extended},CanRetry 1"
        )
        self.code = code


class ClusterStorage:
    """S3 as one cluster uses it, with one role or with the access keys of a statement.

    :param cluster: the cluster's identifier.
    :param user: the database user who runs the statement.
    :param grant: the ARN of the role or, with commas, of a chain of roles; None for the cluster's default role; or
        access keys.
    :param region: where the buckets are, if not where the cluster is.
    :raises WarehouseError: the role is missing, is not associated with the cluster, or does not trust Redshift; or the
        keys are not valid.
    """

    def __init__(self, cluster: str, user: str, grant: str | AccessKeys | None, region: str | None) -> None:
        self._cluster = _find_cluster(cluster)
        self._region = region or self._cluster.region
        self._principal = _identify(grant) if isinstance(grant, AccessKeys) else self._assume(user, grant)

    @property
    def slices(self) -> int:
        """How many slices the cluster has, on all of its nodes."""
        return _SLICES.get(self._cluster.node_type, _DEFAULT_SLICES) * max(1, int(self._cluster.number_of_nodes or 1))

    @property
    def node_type(self) -> str:
        """The type of the cluster's nodes."""
        return self._cluster.node_type

    def list_objects(self, bucket: str, prefix: str) -> list[ObjectSummary]:
        """Return the objects under a prefix, in order.

        :raises S3Error: the role may not list, or the bucket does not exist in the region.
        """
        found = self._bucket(bucket)
        if not permissions.may_list(self._principal, bucket, prefix):
            raise _access_denied()
        names = s3_backend().visible_keys(found, prefix)
        return [_summary(bucket, name, found.keys[name]) for name in names]

    def find(self, bucket: str, key: str) -> ObjectSummary | None:
        """Return an object's summary, if it exists.

        :raises S3Error: the role may not read it, or the bucket does not exist in the region.
        """
        found = self._bucket(bucket).keys.get(key)
        if not permissions.may_read(self._principal, bucket, key):
            raise _access_denied()
        return None if found is None or isinstance(found, FakeDeleteMarker) else _summary(bucket, key, found)

    def read(self, bucket: str, key: str) -> bytes:
        """Return an object's content.

        :raises S3Error: the role may not read it, or it does not exist.
        """
        if self.find(bucket, key) is None:
            raise S3Error("The specified key does not exist.", 404, "NoSuchKey")
        content: bytes = self._bucket(bucket).keys[key].value
        return content

    def put(self, bucket: str, contents: Mapping[str, bytes]) -> None:
        """Write objects, all or none.

        :param contents: the content of each object by its key.
        :raises S3Error: one may not be written, or the bucket does not exist in the region.
        """
        self._bucket(bucket)
        for key in contents:
            if not permissions.may_write(self._principal, bucket, key):
                raise _access_denied()
        with StandInS3.changes:
            for key, content in contents.items():
                s3_backend().put_object(bucket, key, content)
            StandInS3.save()

    def delete(self, objects: Iterable[ObjectSummary]) -> None:
        """Delete objects, all or none.

        :raises S3Error: one may not be deleted.
        """
        doomed = list(objects)
        for summary in doomed:
            if not permissions.may_delete(self._principal, summary.bucket, summary.key):
                raise _access_denied()
        with StandInS3.changes:
            for summary in doomed:
                s3_backend().delete_object(summary.bucket, summary.key)
            StandInS3.save()

    def _bucket(self, name: str) -> FakeBucket:
        if fault := FAULTS.next(COPY):
            raise S3Error(fault.message, fault.status, fault.code)
        found = buckets().get(name)
        if found is None:
            raise S3Error("The specified bucket does not exist", 404, "NoSuchBucket")
        if found.region_name != self._region:
            raise S3Error(
                "The bucket you are attempting to access must be addressed using the specified endpoint. Please send "
                "all future requests to this endpoint.",
                301,
                "PermanentRedirect",
            )
        return found

    def _assume(self, user: str, grant: str | None) -> Principal:
        cluster = self._cluster
        arn, *chained = grant.split(",") if grant else [cluster.default_iam_role_arn or ""]
        if not arn:
            raise WarehouseError(
                "There is no default IAM role for this cluster.",
                hint="Set DefaultIamRoleArn with CreateCluster or ModifyClusterIamRoles, or name the role.",
            )
        user_arn = f"arn:aws:redshift:{cluster.region}:{ACCOUNT}:dbuser:{cluster.cluster_identifier}/{user}"
        refusal = _not_authorized(user_arn, arn)
        if not cluster.has_role(arn):
            refusal.hint = "Associate the role with the cluster, and wait until it is in-sync."
            raise refusal
        role = permissions.find_role(arn)
        if role is None:
            refusal.hint = "IAM has no such role."
            raise refusal
        context = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": cluster.arn, "sts:ExternalId": user_arn}
        if not permissions.trusts_redshift(role, context):
            refusal.hint = f"The role's trust policy must let {permissions.SERVICE} do sts:AssumeRole."
            raise refusal
        principal = Principal(role.arn, role)
        for next_arn in chained:
            next_role = permissions.find_role(next_arn)
            if next_role is None or not permissions.may_assume(principal, next_role):
                refusal = _not_authorized(user_arn, next_arn)
                refusal.hint = f"{principal.arn} must be allowed sts:AssumeRole on it, and its trust policy must agree."
                raise refusal
            principal = Principal(next_role.arn, next_role)
        return principal


def _summary(bucket: str, key: str, found: FakeKey) -> ObjectSummary:
    return ObjectSummary(bucket, key, found.size, found.etag.strip('"'), found.last_modified.replace(tzinfo=None))


def _not_authorized(user_arn: str, role_arn: str) -> WarehouseError:
    return WarehouseError(
        f"User {user_arn} is not authorized to assume IAM Role {role_arn}",
        detail=error_block(
            "not authorized to assume IAM Role", f"IAM Role={role_arn}", "xen_aws_credentials_mgr.cpp:402"
        ),
    )


def _identify(keys: AccessKeys) -> Principal:
    try:
        return find_principal(keys)
    except KeyRefusedError as error:
        message = str(S3Error(error.message, 403, error.code))
        raise WarehouseError(message, detail=error_block(message, "", "s3_utility.cpp:672")) from error


def _find_cluster(identifier: str) -> StandInCluster:
    for backend in redshift_in_all_regions():
        cluster: StandInCluster
        for cluster in (*backend.clusters.values(), *backend.workgroups.values()):
            if cluster.cluster_identifier == identifier:
                return cluster
    raise WarehouseError(f"The control plane does not know the cluster {identifier}.")


def _access_denied() -> S3Error:
    """Return S3's refusal of what no policy allows."""
    return S3Error("Access Denied", 403, "AccessDenied")
