"""The cluster itself: created, a step that is safe to repeat."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from redshift_elt.cluster.tags import refuse_foreign, tag_list

log = logging.getLogger(__name__)


def ensure_cluster(
    identifier: str,
    *,
    node_type: str,
    role_arn: str,
    tags: dict[str, str],
    security_groups: Sequence[str] = (),
    subnet_group: str | None = None,
    database: str = "dev",
    master_user: str = "awsuser",
    aws_conn_id: str = "aws_default",
) -> None:
    """Ask for a single-node cluster, unless there is one of this name with the same tags.

    It is private and encrypted, its administrator's password is made and kept by Secrets Manager, and COPY uses the
    role by default.

    :raises AirflowFailException: a cluster of this name belongs to somebody else.
    """
    redshift = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift").conn
    optional = {"VpcSecurityGroupIds": list(security_groups), "ClusterSubnetGroupName": subnet_group}
    try:
        redshift.create_cluster(
            ClusterIdentifier=identifier,
            ClusterType="single-node",
            NodeType=node_type,
            DBName=database,
            MasterUsername=master_user,
            ManageMasterPassword=True,
            Encrypted=True,
            PubliclyAccessible=False,
            IamRoles=[role_arn],
            DefaultIamRoleArn=role_arn,
            Tags=tag_list(tags),
            **{name: value for name, value in optional.items() if value},
        )
        log.info("Cluster %s (%s): asked for.", identifier, node_type)
    except redshift.exceptions.ClusterAlreadyExistsFault:
        cluster = redshift.describe_clusters(ClusterIdentifier=identifier)["Clusters"][0]
        refuse_foreign(f"cluster {identifier!r}", cluster.get("Tags", ()), tags)
        log.info("Cluster %s: already there, %s.", identifier, cluster["ClusterStatus"])
