"""The reference in docs/operators.md is that of the code."""

from __future__ import annotations

import inspect

import pytest

import redshift_elt
from tests.support.reference import PAGE, PARTS, public_classes, written_page

CHECKS = "redshift_elt.checks"


def test_reference_is_up_to_date():
    assert PAGE.read_text("utf-8") == written_page(), "a docstring has changed: run make reference"


def test_every_public_class_is_in_the_reference_or_on_the_page_of_checks():
    classes = [item for item in map(redshift_elt.__dict__.get, redshift_elt.__all__) if inspect.isclass(item)]
    documented = {item for packages in PARTS.values() for item in public_classes(packages)}
    assert classes
    assert {item.__name__ for item in classes if not item.__module__.startswith(CHECKS)} <= {
        item.__name__ for item in documented
    }


@pytest.mark.parametrize("item", [item for packages in PARTS.values() for item in public_classes(packages)])
def test_every_argument_is_described(item):
    described = item.__doc__ or ""
    accepted = [
        parameter.name
        for parameter in inspect.signature(item.__init__).parameters.values()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD and parameter.name != "self"
    ]
    known = " ".join(base.__doc__ or "" for base in item.__mro__)
    assert [name for name in accepted if f":param {name}:" not in known] == [], described
