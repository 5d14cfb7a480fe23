from __future__ import annotations

from standin_support.sections import SECTIONS
from standin_support.table import PAGE, facts, page, section_of


def test_the_page_has_the_facts_of_todays_cases():
    assert PAGE.read_text("utf-8") == page(), "run: make facts"


def test_a_fact_is_told_once_and_says_where_it_is_known_from():
    numbers = [fact.number for fact in facts()]
    assert len(numbers) == len(set(numbers))
    assert all(fact.source for fact in facts())


def test_every_fact_is_in_a_section_and_every_section_has_facts():
    assert {section_of(fact) for fact in facts()} == {section.number for section in SECTIONS}
