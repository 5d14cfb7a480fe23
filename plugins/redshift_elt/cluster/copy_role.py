"""The IAM role that COPY uses."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.cluster.copy_policy import read_policy, readable_prefixes
from redshift_elt.cluster.spec import Access, ManagedCluster
from redshift_elt.cluster.tags import refuse_foreign, tag_list
from redshift_elt.connection.aws_api import boto3_client

log = logging.getLogger(__name__)

_POLICY = "read-the-data"


def ensure_copy_role(cluster: ManagedCluster, access: Access, aws_conn_id: str = "aws_default") -> str:
    """Create or update the role that COPY uses, and return its ARN.

    Redshift may assume it for clusters of this account only (AWS page "Cross-service confused deputy prevention"). Its
    policy is :func:`redshift_elt.cluster.copy_policy.read_policy`. A permissions boundary limits the role whatever its
    policies say, so an identity that may create the role only with this boundary cannot give itself more through it
    (AWS page "Delegating responsibility to others using permissions boundaries").

    An existing role without a boundary gets it before anything else is changed. It can still read the prefixes that it
    could read in the bucket, unless the access says otherwise: other tables may be loaded from them.

    :raises AirflowFailException: the boundary does not exist; or a role of this name belongs to somebody else, trusts
        others than Redshift, or has another boundary.
    """
    name = cluster.copy_role
    iam = boto3_client("iam", aws_conn_id)
    identity = boto3_client("sts", aws_conn_id).get_caller_identity()
    trust = _trust(identity["Account"])
    boundary = access.permissions_boundary or _own_policy(identity, cluster.copy_role_boundary)
    try:
        role = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(trust),
            Description="Lets COPY read the data",
            PermissionsBoundary=boundary,
            Tags=tag_list(cluster.all_tags),
        )["Role"]
        log.info("Role %s: created, within the boundary %s.", name, boundary)
    except iam.exceptions.NoSuchEntityException as error:
        raise _no_boundary(boundary) from error
    except iam.exceptions.EntityAlreadyExistsException:
        role = iam.get_role(RoleName=name)["Role"]
        refuse_foreign(f"role {name!r}", role.get("Tags", ()), cluster.tags)
        _refuse_other_trust(role, trust)
        _ensure_boundary(iam, role, boundary)
        log.info("Role %s: already there.", name)
        access = _with_earlier_prefixes(iam, name, access)
    iam.put_role_policy(RoleName=name, PolicyName=_POLICY, PolicyDocument=json.dumps(read_policy(access)))
    places = ", ".join([f"s3://{access.bucket}/{prefix}" for prefix in access.prefixes] + list(access.also_read))
    log.info("Role %s lets COPY read these places only: %s", name, places)
    return role["Arn"]


def _with_earlier_prefixes(iam: Any, role: str, access: Access) -> Access:
    """Return the access with the prefixes that the role can read already; log those that it keeps or loses."""
    try:
        policy = iam.get_role_policy(RoleName=role, PolicyName=_POLICY)["PolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        # An earlier run was ended after it had created the role.
        return access
    earlier = [prefix for prefix in readable_prefixes(policy, access.bucket) if prefix not in access.prefixes]
    if not earlier:
        return access
    if access.only_these_prefixes:
        log.warning("Role %s: COPY can no longer read %s, as requested.", role, ", ".join(earlier))
        return access
    log.info("Role %s: COPY can still read the prefixes of earlier runs: %s", role, ", ".join(earlier))
    return replace(access, prefixes=[*access.prefixes, *earlier])


def _trust(account: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "redshift.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
        ],
    }


def _own_policy(identity: dict[str, Any], name: str) -> str:
    """Return the ARN of a policy in the account and partition of an identity."""
    partition = identity["Arn"].split(":")[1]
    return f"arn:{partition}:iam::{identity['Account']}:policy/{name}"


def _refuse_other_trust(role: dict[str, Any], trust: dict[str, Any]) -> None:
    """Refuse a role that others than this account's Redshift may assume.

    It is not corrected: Airflow's identity may not change whom a role trusts.
    """
    if role["AssumeRolePolicyDocument"] != trust:
        raise AirflowFailException(
            f"The role {role['RoleName']!r} has another trust policy than this project gives it. It was not changed. "
            "Find out who changed it, then delete the role and run this again, or restore its trust policy: "
            f"{json.dumps(trust)}"
        )


def _ensure_boundary(iam: Any, role: dict[str, Any], boundary: str) -> None:
    name = role["RoleName"]
    found = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    if found == boundary:
        return
    if found is not None:
        raise AirflowFailException(
            f"The role {name!r} has the permissions boundary {found} instead of {boundary}. It was not changed. Set "
            "permissions_boundary to the boundary of the role, or let an administrator change it."
        )
    try:
        iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
    except iam.exceptions.NoSuchEntityException as error:
        raise _no_boundary(boundary) from error
    log.warning("Role %s: it had no permissions boundary, and has %s now.", name, boundary)


def _no_boundary(boundary: str) -> AirflowFailException:
    return AirflowFailException(
        f"The policy {boundary} does not exist. It is the permissions boundary of the role that COPY uses, and limits "
        "what that role can ever be allowed. Let an administrator create it from docs/copy-role-boundary.json, or "
        "name another policy in permissions_boundary."
    )
