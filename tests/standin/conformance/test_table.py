from __future__ import annotations

from tests.standin.conformance.table import README, facts, with_table


def test_the_readme_has_the_table_of_todays_cases():
    text = README.read_text()
    assert with_table(text) == text, "run: python -m tests.standin.conformance.table"


def test_a_fact_is_told_once_and_says_where_it_is_known_from():
    numbers = [fact.number for fact in facts()]
    assert len(numbers) == len(set(numbers))
    assert all(fact.source for fact in facts())
