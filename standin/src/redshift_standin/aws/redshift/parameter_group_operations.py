"""The operations on parameter groups."""

from __future__ import annotations

from typing import Any, cast

from moto.redshift.models import RedshiftBackend

from redshift_standin.aws.redshift.parameter_groups import (
    FAMILIES,
    InvalidGroupState,
    StandInParameterGroup,
    check_new,
    check_not_default,
    read_changes,
)


class ParameterGroupOperations(RedshiftBackend):
    """Creates, changes and deletes the parameter groups of one region."""

    # Moto declares its own class.
    parameter_groups: dict[str, StandInParameterGroup]  # type: ignore[assignment]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.parameter_groups.clear()
        for family in FAMILIES:
            self.parameter_groups[f"default.{family}"] = StandInParameterGroup(  # type: ignore[abstract]
                f"default.{family}", family, f"Default parameter group for {family}", account_id, region_name
            )

    def create_cluster_parameter_group(
        self,
        cluster_parameter_group_name: str,
        group_family: str,
        description: str,
        region_name: str,
        tags: list[dict[str, str]] | None = None,
    ) -> StandInParameterGroup:
        """Create a parameter group with its family's defaults."""
        name = cluster_parameter_group_name.lower()
        check_new(name, group_family, self.parameter_groups)
        # Moto's models inherit abstract methods that they do not implement.
        group = StandInParameterGroup(  # type: ignore[abstract]
            name, group_family, description, self.account_id, region_name, tags
        )
        self.parameter_groups[name] = group
        return group

    def modify_cluster_parameter_group(self, name: str, parameters: list[dict[str, Any]]) -> StandInParameterGroup:
        """Set parameters of a group."""
        self.describe_cluster_parameter_groups(name)
        group = self.parameter_groups[name]
        check_not_default(group.name)
        group.require_ssl = read_changes(parameters)
        return group

    def delete_cluster_parameter_group(self, parameter_group_name: str) -> StandInParameterGroup:
        """Delete a group that no cluster uses."""
        check_not_default(parameter_group_name)
        if any(parameter_group_name in cluster.cluster_parameter_group_name for cluster in self.clusters.values()):
            raise InvalidGroupState(f"The parameter group {parameter_group_name} is used by a cluster.")
        return cast("StandInParameterGroup", super().delete_cluster_parameter_group(parameter_group_name))

    def describe_cluster_parameters(self, parameter_group_name: str) -> list[dict[str, Any]]:
        """Return the parameters of a group, with the source of each value."""
        parameters = super().describe_cluster_parameters(parameter_group_name)
        group = self.parameter_groups[parameter_group_name]
        for parameter in parameters:
            if parameter["ParameterName"] == "require_ssl":
                parameter["ParameterValue"] = str(group.requires_ssl).lower()
                parameter["Source"] = "engine-default" if group.require_ssl is None else "user"
        return parameters
