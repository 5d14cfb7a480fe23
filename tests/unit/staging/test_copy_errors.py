"""Messages about records that COPY could not load."""

from __future__ import annotations

from redshift_elt.staging.copy_errors import shown


def test_control_characters_in_the_data_are_escaped():
    assert shown("Björk\t\x1b[31m\u202e\u2028\x7f\ud800") == r"Björk\t\x1b[31m\u202e\u2028\x7f\ud800"
    assert shown("x" * 100) == "x" * 100
    assert shown("x" * 101) == "x" * 100 + "…"
