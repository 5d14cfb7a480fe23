"""The AWS sessions of tasks share the loaded service models, but not their credentials."""

import pytest
from airflow.models.connection import Connection
from airflow.providers.amazon.aws.utils.connection_wrapper import AwsConnectionWrapper
from botocore.loaders import JSONFileLoader

from local.stack import shared_aws_models


@pytest.fixture
def files_read(monkeypatch):
    """The files that botocore has read since the start of the test."""
    read = []
    load_file = JSONFileLoader.load_file
    monkeypatch.setattr(JSONFileLoader, "load_file", lambda self, path: read.append(path) or load_file(self, path))
    return read


def new_session(login):
    connection = Connection(conn_id="aws", conn_type="aws", login=login, password="secret")
    wrapper = AwsConnectionWrapper(connection, region_name="us-west-2")
    return shared_aws_models.SharedModels(conn=wrapper).create_session()


def test_clients_of_new_sessions_do_not_read_the_models_again(files_read):
    shared_aws_models.read_ahead()
    before = len(files_read)
    for service in ("s3", "redshift"):
        assert new_session("one").client(service).meta.service_model.service_name == service
    assert files_read[before:] == []


def test_each_session_has_the_credentials_of_its_connection():
    sessions = [new_session("one"), new_session("two")]
    assert [session.get_credentials().access_key for session in sessions] == ["one", "two"]
