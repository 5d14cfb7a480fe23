"""A local stand-in for Amazon Redshift and the parts of AWS around it.

What is listed here is the public interface; any other module may change with each release. A name is imported when it
is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redshift_standin.access import Aws as Aws
    from redshift_standin.access import Cluster as Cluster
    from redshift_standin.access import as_text as as_text
    from redshift_standin.access import standin_environment as standin_environment
    from redshift_standin.engine.postgres import PostgresServer as PostgresServer
    from redshift_standin.errors import StandinError as StandinError
    from redshift_standin.provisioning import Names as Names
    from redshift_standin.provisioning import provision as provision
    from redshift_standin.settings import ACCESS_KEY as ACCESS_KEY
    from redshift_standin.settings import HOST as HOST
    from redshift_standin.settings import REGION as REGION
    from redshift_standin.settings import SECRET_KEY as SECRET_KEY
    from redshift_standin.settings import Settings as Settings
    from redshift_standin.standin import Standin as Standin

__version__ = "1.0.0"

_HOMES = {
    "ACCESS_KEY": "settings",
    "Aws": "access",
    "Cluster": "access",
    "HOST": "settings",
    "Names": "provisioning",
    "PostgresServer": "engine.postgres",
    "REGION": "settings",
    "SECRET_KEY": "settings",
    "Settings": "settings",
    "Standin": "standin",
    "StandinError": "errors",
    "as_text": "access",
    "provision": "provisioning",
    "standin_environment": "access",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 - one list


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
