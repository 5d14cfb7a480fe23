"""A port in use is reported with its owner and with the variable that changes it."""

import os
import socket

import pytest

from local.errors import StackError
from local.stack.ports import check_free
from redshift_standin import HOST


def test_port_in_use_is_reported_with_its_owner_and_variable():
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(StackError) as error:
            check_free(port, "the Airflow UI", "SPARKIFY_AIRFLOW_PORT")

    message = str(error.value)
    assert f"Port {port} for the Airflow UI is in use" in message
    assert f"(process {os.getpid()})" in message
    assert "set SPARKIFY_AIRFLOW_PORT to a free port" in message
    assert "\n" not in message


def test_free_port_passes_and_stays_free():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]

    check_free(port, "the Airflow UI", "SPARKIFY_AIRFLOW_PORT")
    check_free(port, "the Airflow UI", "SPARKIFY_AIRFLOW_PORT")


def test_address_of_another_machine_is_reported():
    # 192.0.2.0/24 is for documentation (RFC 5737).
    with pytest.raises(StackError, match=r"192\.0\.2\.1 is not an address of this machine: set SPARKIFY_LISTEN"):
        check_free(5000, "the stand-in for AWS", "SPARKIFY_AWS_PORT", "192.0.2.1")
