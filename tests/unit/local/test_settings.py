from __future__ import annotations

import pytest

from local.settings import Settings
from redshift_standin import StandinError


def test_duplicate_ports_are_refused_with_their_variables():
    with pytest.raises(StandinError, match=r"SPARKIFY_AWS_PORT=5000, .*SPARKIFY_AIRFLOW_PORT=5000"):
        Settings.from_environment({"SPARKIFY_AIRFLOW_PORT": "5000"})


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_invalid_port_is_refused_with_its_variable(port):
    with pytest.raises(StandinError, match=f"SPARKIFY_AWS_PORT is '{port}'"):
        Settings.from_environment({"SPARKIFY_AWS_PORT": port})


@pytest.mark.parametrize("address", ["0.0.0.0", "localhost", "224.0.0.1", "::1", "10.0.0"])  # noqa: S104
def test_invalid_listen_address_is_refused_with_its_variable(address):
    with pytest.raises(StandinError, match=f"SPARKIFY_LISTEN is '{address}'"):
        Settings.from_environment({"SPARKIFY_LISTEN": address})


def test_settings_survive_the_round_trip_through_the_environment():
    settings = Settings.from_environment({"SPARKIFY_REDSHIFT_PORT": "6000", "SPARKIFY_LISTEN": "10.1.2.3"})
    assert (settings.redshift_port, settings.listen) == (6000, "10.1.2.3")
    assert Settings.from_environment(settings.to_environment()) == settings
