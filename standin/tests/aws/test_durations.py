from __future__ import annotations

import pytest

from redshift_standin.aws.redshift.durations import VARIABLE, Durations
from redshift_standin.errors import StandinError


@pytest.mark.parametrize(
    ("text", "creating", "snapshot"),
    [("", 2, 2), ("0", 0, 0), ("0.5", 0.5, 0.5), ("1,creating=30", 30, 1), ("creating=30,snapshot=4", 30, 4)],
)
def test_one_duration_for_all_states_and_others_by_name(monkeypatch, text, creating, snapshot):
    monkeypatch.setenv(VARIABLE, text)
    durations = Durations.from_environment()
    assert (durations.of("creating"), durations.of("snapshot")) == (creating, snapshot)


@pytest.mark.parametrize("text", ["soon", "-1", "3601", "nan", "creation=3", "creating=soon"])
def test_invalid_duration_is_one_clear_error_line(monkeypatch, text):
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(StandinError, match=VARIABLE):
        Durations.from_environment()
