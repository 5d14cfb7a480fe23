"""The tables of the shop example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from local.settings import ROOT
from redshift_elt.ddl.files import ddl_files

SHOP = ROOT / "docs" / "examples" / "shop"
STAGED = ("staging_orders", "staging_customers", "staging_products")
TARGETS = ("orders", "customers", "customer_history", "products")
# The memory of the customers that were deleted.
MEMORY = "etl.deleted_customers"


def create_tables(execute: Callable[[str], Any]) -> None:
    """Create every table of the example.

    :param execute: sends one statement.
    """
    for statements in ddl_files(SHOP / "schema"):
        for statement in statements:
            execute(statement)


def drop_tables(execute: Callable[[str], Any]) -> None:
    """Drop every table of the example, and what its loads remember."""
    for table in (*STAGED, *TARGETS, MEMORY):
        execute(f"drop table if exists {table}")


def rows(fetch: Callable[[str], Sequence[tuple[Any, ...]]]) -> dict[str, set[tuple[Any, ...]]]:
    """Return the rows of each table; fail if a row occurs twice.

    :param fetch: returns the rows of a query.
    """
    found = {table: fetch(f"select * from {table}") for table in TARGETS}
    assert all(len(set(lines)) == len(lines) for lines in found.values()), "a row occurs twice"
    return {table: set(map(tuple, lines)) for table, lines in found.items()}
