"""Databases are copies of a template with Redshift's functions and views, which is created once."""

from __future__ import annotations

from functools import partial

import pytest
from psycopg import sql

from redshift_standin.engine.databases import prepare_for_clusters
from standin_support.endpoint import new_endpoint


@pytest.fixture
def admin(endpoint):
    """A superuser's connection to PostgreSQL, where at least one cluster exists."""
    return endpoint.connect_to_postgres()


@pytest.fixture
def new_cluster(all_endpoints, endpoint_postgres, certificates):
    return partial(new_endpoint, all_endpoints, endpoint_postgres, certificates)


def templates(admin):
    return dict(
        admin.execute(
            "select datname, (oid, datistemplate, datallowconn)::text from pg_database "
            "where starts_with(datname, 'standin_template_')"
        ).fetchall()
    )


def test_it_is_created_once_and_nobody_can_connect_to_it(admin, new_cluster):
    [(name, before)] = templates(admin).items()
    assert before.endswith(",t,f)")
    with new_cluster():
        assert templates(admin) == {name: before}


def test_it_is_created_before_the_first_cluster(admin, endpoint_postgres, new_cluster):
    [name] = templates(admin)
    admin.execute(sql.SQL("alter database {} with is_template false").format(sql.Identifier(name)))
    admin.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))
    prepare_for_clusters(endpoint_postgres)
    created = templates(admin)
    assert list(created) == [name]
    with new_cluster():
        assert templates(admin) == created


def test_one_of_another_version_is_replaced(admin, new_cluster):
    [name] = templates(admin)
    admin.execute(sql.SQL("alter database {} rename to standin_template_of_before").format(sql.Identifier(name)))
    with new_cluster():
        assert list(templates(admin)) == [name]


def test_interrupted_creation_is_repeated(admin, new_cluster):
    [name] = templates(admin)
    admin.execute(sql.SQL("alter database {} with is_template false").format(sql.Identifier(name)))
    admin.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))
    admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    with new_cluster() as created:
        assert created.psycopg().execute("select nvl(null, 1)").fetchone() == (1,)
    assert templates(admin)[name].endswith(",t,f)")
