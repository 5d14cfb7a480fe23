"""The DDL files of a project: their statements, and those that are refused because they cannot be repeated."""

from __future__ import annotations

import re

import pytest

from redshift_elt.ddl.files import ddl_files


@pytest.mark.parametrize(
    ("ddl", "line", "words"),
    [
        ("create table orders (a int)", 1, "'create table' cannot be repeated .* write create table if not exists"),
        ("-- Orders.\n\nCREATE  TABLE orders (a int);", 3, "'create table' .* write create table if not exists"),
        (
            "create schema if not exists shop;\ncreate table shop.orders (a int);",
            2,
            "'create table' .* write create table if not exists",
        ),
        ("create schema shop", 1, "'create schema' .* write create schema if not exists"),
        ("create view v as select 1", 1, "'create view' .* write create or replace view"),
        ("create table if not exists a (b int);\n\n\ndrop table a;", 4, "'drop table' .* remove it"),
        ("/* 1\n2 */ truncate orders", 2, "'truncate' .* remove it"),
        ("insert into a values ('x');\ndelete from a", 2, "'delete from' .* remove it"),
    ],
)
def test_statement_that_cannot_be_repeated_is_refused_with_file_and_line(tmp_path, ddl, line, words):
    (tmp_path / "a.sql").write_text("create table if not exists first (a int)")
    file = tmp_path / "b.sql"
    file.write_text(ddl)
    with pytest.raises(ValueError, match=rf"^{re.escape(str(file))}, line {line}: {words}".replace(" .* ", ".*")):
        ddl_files(tmp_path)


def test_statements_that_can_be_repeated_are_returned_in_the_order_of_the_files(tmp_path):
    (tmp_path / "b.sql").write_text(
        """create table if not exists b (a varchar default '; create table c');
-- create table d (a int);
create or replace view v as select 1 as one;
create or replace procedure p() as $$ begin delete from b; end; $$ language plpgsql;
drop view if exists w
"""
    )
    (tmp_path / "a.sql").write_text("create table\n  if  not exists a (a int)")
    first, second = ddl_files(tmp_path)
    assert [statement.split()[0] for statement in first] == ["create"]
    assert [" ".join(statement.split()[:3]) for statement in second] == [
        "create table if",
        "create or replace",
        "create or replace",
        "drop view if",
    ]
