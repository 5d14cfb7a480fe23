"""Temporary tables that a statement joins have statistics: without them, Redshift plans joins by a default size."""

from __future__ import annotations

import re

import pytest

from tests.support.golden import STATEMENTS

NAMES = sorted(file.stem for file in STATEMENTS.glob("*.sql"))
CREATED = re.compile(r'create temporary table "(\w+)"( as\nselect\n(?:.*\n)*?.*\nwhere false)?')
# A joined table follows one of these words, in parentheses or not; a table that only EXCEPT and COUNT read does not.
JOINED = re.compile(r'\b(?:join|using|join \(\n\s+select distinct\n(?:[^()]*\n)?\s+from) "(\w+)"')


def joined_without_statistics(transaction: str) -> list[tuple[str, str]]:
    without, found = set(), []
    for statement in transaction.split(";\n"):
        text = statement.strip()
        if created := CREATED.match(text):
            if " (like " in text.splitlines()[0] or created[2]:
                without.add(created[1])
        elif analyzed := re.match(r'analyze "(\w+)"', text):
            without.discard(analyzed[1])
        elif writes(text):
            found += [(name, text) for name in JOINED.findall(text) if name in without]
    return found


def writes(statement: str) -> bool:
    return statement.startswith(("delete", "merge", "insert", "update"))


@pytest.mark.parametrize("name", NAMES)
def test_joined_temporary_tables_have_statistics(name):
    transactions = re.split(r"^begin;$", (STATEMENTS / f"{name}.sql").read_text("utf-8"), flags=re.MULTILINE)
    assert [found for transaction in transactions for found in joined_without_statistics(transaction)] == []


def test_table_without_statistics_is_found():
    create, merge = 'create temporary table "new" (like "orders");\n', 'merge into "orders"\nusing "new"\n on true;\n'
    assert [table for table, _ in joined_without_statistics(create + merge)] == ["new"]
    assert joined_without_statistics(f'{create}analyze "new";\n{merge}') == []
    assert joined_without_statistics('create temporary table "new" as\nselect 1 as id;\n' + merge) == []
