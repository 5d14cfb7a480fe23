"""Tokens and statements, from examples and from random text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import tokenize
from redshift_standin.sql.statement import literal, quote, split_statements


def values(source: str) -> list[str]:
    return [token.value for token in tokenize(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("select a.B,'x;''y'", ["select", "a", ".", "b", ",", "'x;''y'"]),
        (r"'it\'s' 'a\\'", [r"'it\'s'", r"'a\\'"]),
        ("1.5e-3+.5-$1::int", ["1.5e-3", "+", ".5", "-", "$1", "::", "int"]),
        ('"Quo""ted" #temp', ['quo"ted', "#temp"]),
        ("a/* b /* c */ d */-- e\n;f", ["a", ";", "f"]),
        ("a=-1", ["a", "=", "-", "1"]),
        ("a<>-1", ["a", "<>", "-", "1"]),
        ("a*-b--c", ["a", "*", "-", "b"]),
        ("1--2\n+3", ["1", "+", "3"]),
        ("a!~*'b'", ["a", "!~*", "'b'"]),
    ],
)
def test_tokens(source, expected):
    assert values(source) == expected


@pytest.mark.parametrize("source", ["'open", '"open', "/* open", "a -> b", "$$x$$", "1a", "\x00", "{", "a ? b", '""'])
def test_invalid_tokens(source):
    with pytest.raises(WarehouseError):
        tokenize(source)


def test_statements_are_split_at_semicolons_only():
    statements = split_statements("; select ';' ; /* ; */ select \"a;b\" -- ;\n ;;")
    assert [statement.text for statement in statements] == ["select ';'", 'select "a;b"']


@given(st.text())
def test_string_literal_round_trip(text):
    (token,) = tokenize(literal(text))
    assert token.value == literal(text).strip() or "\n" in text


@given(st.text(alphabet=st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=15))
def test_quoted_name_round_trip(text):
    (token,) = tokenize(quote(text))
    assert token.value == text.lower()


@given(st.text())
def test_any_text_is_tokenized_or_refused(text):
    try:
        statements = split_statements(text)
    except WarehouseError:
        return
    for statement in statements:
        assert statement.text in text
