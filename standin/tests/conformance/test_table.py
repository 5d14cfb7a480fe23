from __future__ import annotations

from standin_support.sections import SECTIONS
from standin_support.table import PAGE, facts, page, section_of


def test_facts_page_is_up_to_date():
    assert PAGE.read_text("utf-8") == page(), "run: make facts"


def test_facts_are_unique_and_have_a_source():
    numbers = [fact.number for fact in facts()]
    assert len(numbers) == len(set(numbers))
    assert all(fact.source for fact in facts())


def test_sections_and_facts_match():
    assert {section_of(fact) for fact in facts()} == {section.number for section in SECTIONS}
