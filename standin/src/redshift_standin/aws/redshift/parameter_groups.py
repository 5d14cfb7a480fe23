"""Parameter groups: the defaults of each family, and require_ssl, the only parameter that can be set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.core.exceptions import ServiceException
from moto.redshift.models import ParameterGroup

from redshift_standin.aws.redshift import errors

# The family, and whether its clusters require TLS by default (AWS page "Behavior changes").
FAMILIES = {"redshift-1.0": False, "redshift-2.0": True}
DEFAULT_GROUP = "default.redshift-2.0"
_DEFAULTS = "default."


class StandInParameterGroup(ParameterGroup):
    """A parameter group with the parameter that was set in it."""

    # None: the family's default.
    require_ssl: bool | None = None

    @property
    def requires_ssl(self) -> bool:
        """Whether a cluster of this group requires TLS."""
        return FAMILIES[self.family] if self.require_ssl is None else self.require_ssl

    @property
    def parameter_group_name(self) -> str:
        """The name in responses. Moto derives it only for its own class."""
        return self.name

    @property
    def parameter_group_family(self) -> str:
        """The family in responses."""
        return self.family


class AlreadyExists(ServiceException):
    """There is a parameter group of this name."""

    code = "ClusterParameterGroupAlreadyExists"


class InvalidGroupState(ServiceException):
    """The parameter group cannot be changed or removed now."""

    code = "InvalidClusterParameterGroupState"


def check_new(name: str, family: str, known: Iterable[str]) -> None:
    """Refuse an invalid new parameter group.

    :raises ServiceException: its name is in use, or its family does not exist.
    """
    if family not in FAMILIES:
        raise errors.InvalidValue(f"{family} is not a valid parameter group family: they are {', '.join(FAMILIES)}.")
    if name.lower().startswith(_DEFAULTS):
        raise errors.InvalidValue(f"The name {name} is reserved for default parameter groups.")
    if name in known:
        raise AlreadyExists(f"The parameter group {name} already exists.")


def check_not_default(name: str) -> None:
    """Refuse to change or to remove a default group.

    :raises InvalidGroupState: it is one.
    """
    if name.startswith(_DEFAULTS):
        raise InvalidGroupState(f"The default parameter group {name} cannot be modified or deleted.")


def read_changes(parameters: Iterable[Mapping[str, Any]]) -> bool:
    """Return the value of require_ssl that ModifyClusterParameterGroup sets. The endpoint requires TLS in any case.

    :raises ServiceException: anything else is set.
    """
    for parameter in parameters:
        name, value = parameter.get("ParameterName"), parameter.get("ParameterValue")
        if (name, value) != ("require_ssl", "true"):
            raise errors.Unsupported(f"The parameter {name} with the value {value}")
    return True
