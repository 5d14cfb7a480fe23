"""The parameter group: it requires TLS explicitly, whatever the default is."""

from __future__ import annotations

import logging

from redshift_elt.cluster.spec import ManagedCluster
from redshift_elt.cluster.tags import refuse_foreign, tag_list
from redshift_elt.connection.aws_api import boto3_client

log = logging.getLogger(__name__)

# The family of new clusters (AWS page "Behavior changes in Amazon Redshift").
FAMILY = "redshift-2.0"
_REQUIRE_SSL = {"ParameterName": "require_ssl", "ParameterValue": "true"}


def ensure_parameter_group(cluster: ManagedCluster, aws_conn_id: str = "aws_default") -> str:
    """Create or update the cluster's parameter group, and return its name.

    It makes the cluster refuse connections without TLS (AWS page "Configuring security options for connections").

    :raises AirflowFailException: a parameter group of this name belongs to somebody else.
    """
    name = cluster.parameter_group
    redshift = boto3_client("redshift", aws_conn_id)
    try:
        redshift.create_cluster_parameter_group(
            ParameterGroupName=name,
            ParameterGroupFamily=FAMILY,
            Description="Connections must use TLS",
            Tags=tag_list(cluster.all_tags),
        )
        log.info("Parameter group %s: created.", name)
    except redshift.exceptions.ClusterParameterGroupAlreadyExistsFault:
        [group] = redshift.describe_cluster_parameter_groups(ParameterGroupName=name)["ParameterGroups"]
        refuse_foreign(f"parameter group {name!r}", group.get("Tags", ()), cluster.tags)
        log.info("Parameter group %s: already there.", name)
    parameters = redshift.get_paginator("describe_cluster_parameters").paginate(ParameterGroupName=name)
    found = {each["ParameterName"]: each for page in parameters for each in page["Parameters"]}["require_ssl"]
    # A default may change; a value that was set does not.
    if (found["ParameterValue"], found["Source"]) != ("true", "user"):
        redshift.modify_cluster_parameter_group(ParameterGroupName=name, Parameters=[_REQUIRE_SSL])
        log.info("Parameter group %s: require_ssl set to true.", name)
    return name
