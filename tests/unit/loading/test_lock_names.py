"""Each target has a lock table of its own, whose name the warehouse accepts."""

from __future__ import annotations

import pytest

from redshift_elt.sql.identifiers import identifier, name_for_target, target_name

LONGEST = "a" * 127


@pytest.mark.parametrize(
    ("name", "expected"),
    [("items", "items"), ("public.items", "items"), ("shop.items", "shop.items")],
)
def test_a_target_has_one_name(name, expected):
    assert target_name(name) == expected


@pytest.mark.parametrize("name", ["Shop.items", "shop.dev.items", ".items", f"shop.{LONGEST}"])
def test_names_that_the_bookkeeping_cannot_hold_are_refused(name):
    with pytest.raises(ValueError, match=r"cannot be a table|more than 127 characters"):
        target_name(name)


def test_lock_tables_differ():
    targets = ["items", "dev.items", "prod.items", "a.b_items", "a_b.items", "dev_items", LONGEST, f"{LONGEST[:-1]}b"]
    names = [name_for_target("lock", target) for target in targets]
    assert names[0] == "lock_items"
    assert names[1].startswith("lock_dev_items__")
    assert len(set(names)) == len(targets)
    for name in names:
        assert identifier(name) == f'"{name}"'
