"""Parameter groups: the defaults of a family, and the one parameter that can be changed here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.core.exceptions import ServiceException
from moto.redshift.models import ParameterGroup

from redshift_standin.aws.redshift import errors

# The family, and whether its clusters take only connections with TLS by default (AWS page "Behavior changes").
FAMILIES = {"redshift-1.0": False, "redshift-2.0": True}
DEFAULT_GROUP = "default.redshift-2.0"
_DEFAULTS = "default."


class StandInParameterGroup(ParameterGroup):
    """A parameter group that remembers what was set in it."""

    # None: the family's default.
    require_ssl: bool | None = None

    @property
    def requires_ssl(self) -> bool:
        """Whether a cluster of this group takes only connections with TLS."""
        return FAMILIES[self.family] if self.require_ssl is None else self.require_ssl

    @property
    def parameter_group_name(self) -> str:
        """The name, as answers have it: moto finds it by itself under the name of its own class only."""
        return self.name

    @property
    def parameter_group_family(self) -> str:
        """The family, as answers have it."""
        return self.family


class AlreadyExists(ServiceException):
    """There is a parameter group of this name."""

    code = "ClusterParameterGroupAlreadyExists"


class InvalidGroupState(ServiceException):
    """The parameter group cannot be changed or removed now."""

    code = "InvalidClusterParameterGroupState"


def check_new(name: str, family: str, known: Iterable[str]) -> None:
    """Refuse a parameter group that cannot be made.

    :raises ServiceException: its name is taken, or its family does not exist.
    """
    if family not in FAMILIES:
        raise errors.InvalidValue(f"{family} is not a valid parameter group family: they are {', '.join(FAMILIES)}.")
    if name.lower().startswith(_DEFAULTS):
        raise errors.InvalidValue(f"The name {name} is reserved for default parameter groups.")
    if name in known:
        raise AlreadyExists(f"The parameter group {name} already exists.")


def check_own(name: str) -> None:
    """Refuse to change or to remove a default group.

    :raises InvalidGroupState: it is one.
    """
    if name.startswith(_DEFAULTS):
        raise InvalidGroupState(f"The default parameter group {name} cannot be modified or deleted.")


def read_changes(parameters: Iterable[Mapping[str, Any]]) -> bool:
    """Read what ModifyClusterParameterGroup sets: that TLS is required, which it is here whatever the group says.

    :raises ServiceException: anything else is set.
    """
    for parameter in parameters:
        name, value = parameter.get("ParameterName"), parameter.get("ParameterValue")
        if (name, value) != ("require_ssl", "true"):
            raise errors.Unsupported(f"The parameter {name} with the value {value}")
    return True
