"""The public interface is what ``redshift_standin`` exports, regardless of earlier imports."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

import redshift_standin


@pytest.mark.parametrize("name", redshift_standin.__all__)
def test_public_name_is_never_a_module(name):
    # Importing a module binds its name in the package, which would hide a lazily imported object of the same name.
    assert importlib.util.find_spec(f"redshift_standin.{name}") is None
    assert not isinstance(getattr(redshift_standin, name), ModuleType)
