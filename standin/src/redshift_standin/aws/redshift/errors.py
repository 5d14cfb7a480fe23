"""The errors with which the Redshift control plane refuses requests."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class InvalidValue(ServiceException):
    """A parameter has an invalid value."""

    code = "InvalidParameterValue"


class InvalidCombination(ServiceException):
    """Parameters that contradict or need each other."""

    code = "InvalidParameterCombination"


class TooManyNodes(ServiceException):
    """A cluster of this node type cannot have this number of nodes."""

    code = "NumberOfNodesPerClusterLimitExceeded"


class InvalidRetentionPeriod(ServiceException):
    """The retention period of a snapshot is invalid."""

    code = "InvalidRetentionPeriodFault"


class InvalidSnapshotState(ServiceException):
    """The snapshot's status does not allow the operation."""

    code = "InvalidClusterSnapshotState"


class InvalidState(ServiceException):
    """The cluster's status does not allow the operation."""

    code = "InvalidClusterState"


class BucketNotFound(ServiceException):
    """The bucket for the audit logs does not exist."""

    code = "BucketNotFoundFault"


class Unsupported(ServiceException):
    """AWS does this; the stand-in does not."""

    code = "UnsupportedOperation"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not supported by the stand-in.")
