"""The control plane's record of a snapshot, and the selection of snapshots for a request."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from moto.core.utils import utcnow
from moto.redshift.models import Cluster, Snapshot, TaggableResourceMixin

from redshift_standin.aws.redshift import errors

# DescribeClusterSnapshots (AWS API reference): MaxRecords.
_PAGE, _SMALLEST_PAGE = 100, 20


class StandInSnapshot(Snapshot):
    """A manual snapshot whose data is in a folder of the state."""

    def __init__(self, cluster: Cluster, identifier: str, retention_period: int, tags: list[dict[str, str]]) -> None:
        super().__init__(cluster, identifier, cluster.account_id, cluster.region, tags)
        self.status = "creating"
        # Not the name, because two names can differ in case only, which some file systems ignore.
        self.folder = uuid.uuid4().hex
        self.cluster_create_time = cluster.create_time
        self.manual_snapshot_retention_period = retention_period
        self.kms_key_id = cluster.kms_key_id

    @property
    def snapshot_arn(self) -> str:
        """The ARN, for RestoreFromClusterSnapshot."""
        return self.arn

    @property
    def owner_account(self) -> str:
        """The account that took the snapshot."""
        return self.account_id

    @property
    def manual_snapshot_remaining_days(self) -> int | None:
        """The days until the retention period ends; none for a snapshot that is kept forever."""
        if self.manual_snapshot_retention_period == -1:
            return None
        return max(0, self.manual_snapshot_retention_period - (utcnow() - self.create_time) // timedelta(days=1))


def choose(
    snapshots: Iterable[StandInSnapshot], request: Mapping[str, Any], clusters: Iterable[str]
) -> list[StandInSnapshot]:
    """Return the snapshots that a request of DescribeClusterSnapshots asks for, before they are cut into pages.

    :param request: its parameters; what has no value may be missing.
    :param clusters: the identifiers of the clusters that exist.
    :raises ServiceException: the parameters contradict each other, or one is not supported.
    """
    if request.get("SortingEntities"):
        raise errors.Unsupported("DescribeClusterSnapshots with SortingEntities")
    cluster, exists = request.get("ClusterIdentifier"), request.get("ClusterExists")
    if exists and not cluster:
        raise errors.InvalidCombination("ClusterIdentifier is required when ClusterExists is true.")
    here = set(clusters)
    return [
        snapshot
        for snapshot in snapshots
        if request.get("SnapshotIdentifier", snapshot.snapshot_identifier).lower()
        == snapshot.snapshot_identifier.lower()
        and request.get("SnapshotArn", snapshot.arn) == snapshot.arn
        and request.get("SnapshotType", snapshot.snapshot_type) == snapshot.snapshot_type
        and request.get("OwnerAccount", snapshot.account_id) == snapshot.account_id
        and (cluster or snapshot.cluster_identifier) == snapshot.cluster_identifier
        and (exists is None or exists == (snapshot.cluster_identifier in here))
        and _within(snapshot.create_time, request.get("StartTime"), request.get("EndTime"))
        and has_tags(snapshot, request.get("TagKeys", []), request.get("TagValues", []))
    ]


def page(chosen: list[StandInSnapshot], request: Mapping[str, Any]) -> tuple[list[StandInSnapshot], str | None]:
    """Return one page and the marker of the next one, if there is one.

    :raises InvalidValue: MaxRecords or Marker cannot be.
    """
    size, marker = int(request.get("MaxRecords", _PAGE)), request.get("Marker")
    if not _SMALLEST_PAGE <= size <= _PAGE:
        raise errors.InvalidValue(f"MaxRecords must be between {_SMALLEST_PAGE} and {_PAGE}.")
    names = [snapshot.snapshot_identifier for snapshot in chosen]
    if marker is not None and marker not in names:
        raise errors.InvalidValue(f"Invalid marker: {marker}")
    first = names.index(marker) if marker is not None else 0
    return chosen[first : first + size], names[first + size] if first + size < len(names) else None


def has_tags(resource: TaggableResourceMixin, keys: list[str], values: list[str]) -> bool:
    """Whether a resource has a tag with one of these keys and one of these values; an empty list asks for nothing."""
    if not keys and not values:
        return True
    return any((not keys or tag["Key"] in keys) and (not values or tag["Value"] in values) for tag in resource.tags)


def _within(moment: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or start <= moment) and (end is None or moment <= end)
