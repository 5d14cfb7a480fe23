"""Form fields that several cluster DAGs share."""

from __future__ import annotations

from collections.abc import Sequence

from airflow.sdk import Param

from redshift_elt.connection import aws_values


def cluster_identifier(default: str, rule: aws_values.ValueRule = aws_values.CLUSTER) -> Param:
    """Return the field for the cluster identifier.

    :param rule: what an identifier looks like; with :data:`.aws_values.NEW_CLUSTER`, the cluster has a role named after
        it.
    """
    return Param(
        default,
        type="string",
        pattern=rule.pattern,
        maxLength=rule.longest,
        title="Cluster",
        description="The cluster identifier. The connection redshift_default must name the same cluster.",
    )


def access_fields(*, bucket_variable: str, prefixes: Sequence[str]) -> dict[str, Param]:
    """Return the fields for what a new cluster may read and who may connect to it.

    :param bucket_variable: the Airflow Variable with the default bucket.
    :param prefixes: the default key prefixes, or complete keys, that COPY may read.
    """
    return {
        "bucket": Param(
            None,
            type=["null", "string"],
            pattern=aws_values.BUCKET.pattern,
            title="Bucket",
            description=f"The bucket that COPY may read. Default: the Airflow Variable {bucket_variable}.",
        ),
        "prefixes": Param(
            list(prefixes),
            type="array",
            items={"type": "string", "pattern": aws_values.KEY.pattern, "maxLength": aws_values.KEY.longest},
            minItems=1,
            title="Prefixes",
            description=(
                "The key prefixes that COPY may read in the bucket, without wildcards. It can also still read those of "
                "earlier runs."
            ),
        ),
        "only_these_prefixes": Param(
            False,
            type="boolean",
            title="Only these prefixes",
            description="Take away the prefixes of earlier runs. Loads from them fail.",
        ),
        "kms_key": Param(
            None,
            type=["null", "string"],
            pattern=aws_values.KMS_KEY.pattern,
            title="KMS key",
            description="The ARN of the key that the files are encrypted with, if it is a KMS key of your own.",
        ),
        "cidrs": Param(
            [],
            type="array",
            items={"type": "string", "minLength": 1},
            title="Networks that may connect",
            description="The workers' networks, such as 203.0.113.7/32. Default: only members of the security group.",
        ),
        "subnet_group": Param(
            None,
            type=["null", "string"],
            pattern=aws_values.SUBNET_GROUP.pattern,
            title="Subnet group",
            description="The cluster subnet group. Default: the default VPC.",
        ),
        "enhanced_vpc_routing": Param(
            False,
            type="boolean",
            title="Enhanced VPC routing",
            description=(
                "Keep the traffic of COPY in the VPC. It needs a route to S3, such as a gateway endpoint; without one, "
                "COPY fails."
            ),
        ),
        "audit_log": Param(
            None,
            type=["null", "string"],
            pattern=aws_values.AUDIT_LOG.pattern,
            examples=["cloudwatch", "s3://my-audit-logs/redshift/"],
            title="Audit log",
            description=(
                "Where Redshift logs connections and changes of users: cloudwatch or s3://bucket/prefix. Default: "
                "nowhere. Its storage is billed."
            ),
        ),
    }


def label_fields(*, owner: str, purpose: str) -> dict[str, Param]:
    """Return the fields for the tags that describe a cluster to people.

    :param owner: the default of the field ``owner``.
    :param purpose: the default of the field ``purpose``.
    """
    return {
        "owner": Param(
            owner,
            type="string",
            minLength=1,
            maxLength=256,
            title="Owner",
            description="The contact for the cluster and its cost. Tag of every new resource.",
        ),
        "purpose": Param(
            purpose,
            type="string",
            minLength=1,
            maxLength=256,
            title="Purpose",
            description="What the cluster is for. Tag of every new resource.",
        ),
    }
