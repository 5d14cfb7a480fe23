"""Where the local stack keeps its state and which ports it uses: environment variables override all of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar

from redshift_standin import HOST
from redshift_standin import Settings as StandinSettings

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings(StandinSettings):
    """The settings of the stand-in, and the port of Airflow's UI, which listens on the loopback address.

    The variables that override them begin with ``SPARKIFY_``.
    """

    PREFIX: ClassVar[str] = "SPARKIFY_"
    STATE: ClassVar[Path] = ROOT / ".local"

    airflow_port: int = 8080

    @property
    def airflow_url(self) -> str:
        """The address of the Airflow UI and REST API."""
        return f"http://{HOST}:{self.airflow_port}"

    def standin(self) -> StandinSettings:
        """Return the settings of the stand-in alone."""
        return StandinSettings(**{field.name: getattr(self, field.name) for field in fields(StandinSettings)})
