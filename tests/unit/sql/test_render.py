"""Templates can only output values of type SQL; other values are refused."""

from __future__ import annotations

import jinja2
import pytest

from redshift_elt.sql.render import Templates


@pytest.fixture
def render(tmp_path):
    """Render a template from a string."""

    def run(source, **names):
        (tmp_path / "test.sql").write_text(source)
        return Templates(tmp_path).render("test.sql", **names)

    return run


@pytest.mark.parametrize(
    ("expression", "value", "text"),
    [
        ("value | identifier", "order", '"order"'),
        ("value | table", "shop.orders", '"shop"."orders"'),
        ("value | columns", ["a", "b"], '"a",\n    "b"'),
        ("value | columns('orders')", ["a", "b"], '"orders"."a",\n    "orders"."b"'),
        ("value | columns | indent(4)", ["a", "b"], '"a",\n        "b"'),
        ("value | placeholders(2)", ["a", "b"], "%(a_2)s,\n    %(b_2)s"),
        ("value | literal", "it's", "'it''s'"),
        ("value | sql", "select '100%', '<a & b>'; ", "select '100%', '<a & b>'"),
        ("value", 10, "10"),
    ],
)
def test_output_of_filters(render, expression, value, text):
    assert render("{{ " + expression + " }}", value=value) == text


@pytest.mark.parametrize("value", ["orders; drop table users", "orders", None, 1.5])
def test_unfiltered_value_is_refused(render, value):
    with pytest.raises(TypeError, match="is not SQL: use one of the filters"):
        render("select * from {{ value }}", value=value)


@pytest.mark.parametrize("value", ["Orders", "orders; drop table users", 'a"b', "", "a" * 128])
def test_invalid_name_is_refused(render, value):
    with pytest.raises(ValueError, match="cannot be a table or column name"):
        render("select * from {{ value | table }}", value=value)


def test_undefined_name_is_refused(render):
    with pytest.raises(jinja2.UndefinedError, match="'tabel' is undefined"):
        render("select * from {{ tabel | table }}", table="orders")


def test_macro_outputs_sql(render):
    source = (
        "{% macro same(name) %}a.{{ name | identifier }} = b.{{ name | identifier }}{% endmacro %}on {{ same('id') }}"
    )
    assert render(source) == 'on a."id" = b."id"'


def test_line_breaks_around_macro_output_are_removed(render):
    source = "{% macro lines() %}\n    1,\n    2\n{% endmacro %}\nselect\n    {{ lines() }}\nfrom a"
    assert render(source) == "select\n    1,\n    2\nfrom a"


def test_value_placeholders_are_not_changed(render):
    assert render("where target = %(target)s") == "where target = %(target)s"
