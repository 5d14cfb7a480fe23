"""The parameter group: that clients must use TLS is the project's own setting, whatever the defaults are."""

from __future__ import annotations

import logging

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from redshift_elt.cluster.tags import refuse_foreign, tag_list

log = logging.getLogger(__name__)

# The one of new clusters (AWS page "Behavior changes in Amazon Redshift").
FAMILY = "redshift-2.0"
_REQUIRE_SSL = {"ParameterName": "require_ssl", "ParameterValue": "true"}


def ensure_parameter_group(
    name: str,
    tags: dict[str, str],
    labels: dict[str, str] | None = None,
    aws_conn_id: str = "aws_default",
) -> str:
    """Create the cluster's parameter group, or bring the one of this name up to date, and return its name.

    It refuses connections without TLS (AWS page "Configuring security options for connections").

    :param tags: the tags by which the project knows its own group.
    :param labels: further tags of a new group.
    :raises AirflowFailException: the group of this name belongs to somebody else.
    """
    redshift = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift").conn
    try:
        redshift.create_cluster_parameter_group(
            ParameterGroupName=name,
            ParameterGroupFamily=FAMILY,
            Description="Connections must use TLS",
            Tags=tag_list({**(labels or {}), **tags}),
        )
        log.info("Parameter group %s: created.", name)
    except redshift.exceptions.ClusterParameterGroupAlreadyExistsFault:
        [group] = redshift.describe_cluster_parameter_groups(ParameterGroupName=name)["ParameterGroups"]
        refuse_foreign(f"parameter group {name!r}", group.get("Tags", ()), tags)
        log.info("Parameter group %s: already there.", name)
    parameters = redshift.get_paginator("describe_cluster_parameters").paginate(ParameterGroupName=name)
    found = {each["ParameterName"]: each for page in parameters for each in page["Parameters"]}["require_ssl"]
    # A default can change, what was set stays.
    if (found["ParameterValue"], found["Source"]) != ("true", "user"):
        redshift.modify_cluster_parameter_group(ParameterGroupName=name, Parameters=[_REQUIRE_SSL])
        log.info("Parameter group %s: require_ssl set to true.", name)
    return name
