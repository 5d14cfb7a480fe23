"""Finding the warehouse by its name, logging in, and the errors of both."""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import boto3
import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from airflow.sdk import configuration  # noqa: TID251 - its cache, and not conf
from botocore.config import Config

from redshift_elt.compatibility import RetryAction
from redshift_elt.connection import aws_api
from redshift_elt.connection import hook as hooks
from redshift_elt.connection.aws_api import AwsApi, Deadline
from redshift_elt.connection.endpoints import ClusterPausedError
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy
from redshift_standin import ACCESS_KEY, REGION, SECRET_KEY
from standin_support.waiting import wait_until
from tests.support.faults import AwsFaults
from tests.support.ports import free_port

BY_NAME = {"iam": True, "cluster_identifier": "sparkify"}
SERVERLESS = {"iam": True, "serverless_work_group": "listeners"}
PASSWORD = "Passw0rd-42"


@pytest.fixture
def connection(created_warehouse, monkeypatch):
    """Set the fields of the Airflow connection ``tested``."""

    def set_fields(aws_conn_id="aws_default", **fields):
        base = {"conn_type": "redshift", "login": "awsuser", "schema": "dev"}
        monkeypatch.setenv("AIRFLOW_CONN_TESTED", json.dumps({**base, **fields}))
        return warehouse_hook("tested", aws_conn_id)

    return set_fields


@pytest.fixture
def aws_connection(standin, monkeypatch):
    """Set the fields of the Airflow connection ``other_aws``, which is otherwise correct."""

    def set_fields(*, extra=None, **fields):
        right = {"region_name": REGION, "endpoint_url": standin.settings.aws_url}
        base = {"conn_type": "aws", "login": ACCESS_KEY, "password": SECRET_KEY, "extra": {**right, **(extra or {})}}
        monkeypatch.setenv("AIRFLOW_CONN_OTHER_AWS", json.dumps({**base, **fields}))
        return "other_aws"

    return set_fields


@pytest.fixture
def aws(standin) -> Iterator[AwsFaults]:
    faults = AwsFaults(standin.settings.aws_url)
    yield faults
    faults.clear()


@pytest.fixture(scope="module")
def sleeper(created_warehouse) -> Iterator[str]:
    """A second cluster, paused, and its name."""
    redshift = boto3.client("redshift")
    redshift.create_cluster(
        ClusterIdentifier="sleeper",
        ClusterType="single-node",
        NodeType="ra3.large",
        MasterUsername="awsuser",
        MasterUserPassword=PASSWORD,
    )
    wait_for_status(redshift, "available")
    redshift.pause_cluster(ClusterIdentifier="sleeper")
    wait_for_status(redshift, "paused")
    yield "sleeper"
    redshift.delete_cluster(ClusterIdentifier="sleeper", SkipFinalClusterSnapshot=True)


@pytest.fixture(scope="module")
def workgroup(created_warehouse) -> dict:
    """The description of a Redshift Serverless workgroup."""
    serverless = boto3.client("redshift-serverless")
    serverless.create_namespace(namespaceName="music", adminUsername="awsuser", adminUserPassword=PASSWORD)
    serverless.create_workgroup(workgroupName="listeners", namespaceName="music")

    def available():
        found = serverless.get_workgroup(workgroupName="listeners")["workgroup"]
        return found if found["status"] == "AVAILABLE" else None

    return wait_until(available, "the workgroup is available")


def wait_for_status(redshift, status):
    wait_until(
        lambda: redshift.describe_clusters(ClusterIdentifier="sleeper")["Clusters"][0]["ClusterStatus"] == status,
        f"the cluster is {status}",
    )


@pytest.fixture
def secret(created_warehouse) -> Iterator[str]:
    """The name of a secret, whose value tests set."""
    secrets = boto3.client("secretsmanager")
    name = secrets.create_secret(Name="tests/warehouse", SecretString="{}")["Name"]
    yield name
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@contextmanager
def silent() -> Iterator[int]:
    """A port that accepts connections and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that drops the packets of new connections: its queue is full and is never emptied."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, socket.socket() as first:
        first.connect(server.getsockname())
        yield server.getsockname()[1]


def user(hook):
    return in_transaction(hook, lambda session: session.fetch("select current_user"))


def message(hook) -> str:
    with pytest.raises(AirflowException) as failure:
        hook.get_conn()
    return str(failure.value)


def managed_secret() -> str:
    [cluster] = boto3.client("redshift").describe_clusters(ClusterIdentifier="sparkify")["Clusters"]
    return cluster["MasterPasswordSecretArn"]


def managed_password() -> str:
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=managed_secret())
    return json.loads(secret["SecretString"])["password"]


class TestLogin:
    def test_cluster_is_found_by_name_with_a_temporary_password(self, connection):
        assert user(connection(extra=BY_NAME)) == [("awsuser",)]

    def test_without_a_user_the_iam_identity_logs_in(self, connection):
        assert user(connection(login=None, extra=BY_NAME)) == [("iam:root",)]

    def test_host_and_password(self, connection):
        [cluster] = boto3.client("redshift").describe_clusters(ClusterIdentifier="sparkify")["Clusters"]
        endpoint = {"host": cluster["Endpoint"]["Address"], "port": cluster["Endpoint"]["Port"]}
        password = managed_password()
        assert user(connection(**endpoint, password=password)) == [("awsuser",)]
        postgres = connection(conn_type="postgres", **endpoint, password=password, extra={"sslmode": "require"})
        assert user(postgres) == [("awsuser",)]

    def test_cluster_found_by_name_with_a_password(self, connection):
        assert user(connection(password=managed_password(), extra={"cluster_identifier": "sparkify"})) == [("awsuser",)]

    def test_managed_secret_of_the_cluster(self, connection):
        extra = {"cluster_identifier": "sparkify", "secret_arn": "managed"}
        assert user(connection(login=None, extra=extra)) == [("awsuser",)]

    def test_named_secret(self, connection):
        extra = {"cluster_identifier": "sparkify", "secret_arn": managed_secret()}
        assert user(connection(login=None, extra=extra)) == [("awsuser",)]

    def test_serverless_workgroup_with_the_iam_identity(self, connection, workgroup):
        assert user(connection(login=None, extra=SERVERLESS)) == [("iam:root",)]

    def test_serverless_workgroup_with_a_secret(self, connection, workgroup, secret):
        content = json.dumps({"username": "awsuser", "password": PASSWORD})
        boto3.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=content)
        extra = {"serverless_work_group": "listeners", "secret_arn": secret}
        assert user(connection(login=None, extra=extra)) == [("awsuser",)]

    def test_whole_connection_can_be_a_secret(self, connection, standin, monkeypatch):
        """Airflow's secrets backend finds it, independent of the hook."""
        value = {"conn_type": "redshift", "login": "awsuser", "schema": "dev", "extra": BY_NAME}
        secrets = boto3.client("secretsmanager")
        secrets.create_secret(Name="airflow/connections/vaulted", SecretString=json.dumps(value))
        # Later tests must not use this backend.
        monkeypatch.setattr(configuration, "_secrets_backend_cache", {})
        backend = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"
        monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", backend)
        monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND_KWARGS", '{"connections_prefix": "airflow/connections"}')
        assert user(warehouse_hook("vaulted")) == [("awsuser",)]

    def test_no_password_is_logged(self, connection, caplog, monkeypatch):
        masked = []
        monkeypatch.setattr(hooks, "mask_secret", masked.append)
        with caplog.at_level(logging.INFO):
            user(connection(extra=BY_NAME))
            user(connection(login=None, extra={"cluster_identifier": "sparkify", "secret_arn": "managed"}))
        assert len(masked) == 2
        assert masked[1] == managed_password()
        assert not [password for password in masked if password in caplog.text]


class TestConfigurationErrors:
    def test_missing_cluster(self, connection):
        text = message(connection(extra={**BY_NAME, "cluster_identifier": "sparky"}))
        assert text.startswith("There is no Redshift cluster 'sparky' in this account and region. Create it, or ")
        assert "correct cluster_identifier in the connection 'tested'." in text

    def test_missing_workgroup(self, connection):
        text = message(connection(login=None, extra={**SERVERLESS, "serverless_work_group": "nobody"}))
        assert "no Redshift Serverless workgroup 'nobody'" in text
        assert "correct serverless_work_group in the connection 'tested'." in text

    def test_paused_cluster(self, connection, sleeper):
        hook = connection(extra={**BY_NAME, "cluster_identifier": sleeper})
        with pytest.raises(ClusterPausedError, match=r"'sleeper' is paused and .* Resume it, or set resume_cluster"):
            hook.get_conn()

    @pytest.mark.parametrize(
        ("status", "advice"),
        [
            ("creating", "Wait until it is available"),
            ("deleting", "When it is gone, create another one or restore one from a snapshot"),
            ("incompatible-network", "Check it in the AWS console"),
        ],
    )
    def test_cluster_that_cannot_be_connected_to(self, status, advice):
        from redshift_elt.connection.endpoints import Cluster

        found = {"Clusters": [{"ClusterStatus": status}]}
        with pytest.raises(AirflowException, match=f"'sparkify' is {status} and does not accept connections. {advice}"):
            Cluster("sparkify", "tested", lambda *_, **__: found).address()

    def test_workgroup_that_is_being_deleted(self):
        from redshift_elt.connection.endpoints import Workgroup

        found = {"workgroup": {"status": "DELETING", "endpoint": {"address": "a", "port": 1}}}
        with pytest.raises(
            AirflowException, match=r"'listeners' is DELETING and .* When it is gone, create another one"
        ):
            Workgroup("listeners", "tested", lambda *_, **__: found).address()

    def test_user_that_does_not_exist(self, connection):
        """GetClusterCredentials returns a password for any user (AWS API reference); only the login fails."""
        text = message(connection(login="nobody", extra=BY_NAME))
        assert "refused the user 'nobody'" in text or "refused the user 'IAM:nobody'" in text
        assert "Check that the user exists" in text

    def test_missing_database(self, connection):
        text = message(connection(schema="nothing", extra=BY_NAME))
        assert 'database "nothing" does not exist' in text
        assert text.startswith("The warehouse at localhost:")

    @pytest.mark.parametrize(
        ("fields", "text"),
        [
            ({"extra": {**BY_NAME, "secret_arn": "managed"}}, "both iam and secret_arn"),
            ({"extra": {"cluster_identifier": "sparkify"}}, "does not say how to log in"),
            ({"extra": {"iam": True}}, "does not say where the warehouse is"),
            ({"extra": {"iam": True, "is_serverless": True}}, "names no workgroup"),
            ({"host": "localhost", "extra": {"secret_arn": "managed"}}, "does not say where the warehouse is"),
        ],
    )
    def test_invalid_connection(self, connection, fields, text):
        hook = connection(**fields)
        with pytest.raises(AirflowFailException, match=text):
            hook.get_conn()

    def test_serverless_does_not_accept_a_user(self, connection, workgroup):
        assert "remove the user 'awsuser' from the connection" in message(connection(extra=SERVERLESS))

    def test_another_type_of_connection(self, connection):
        with pytest.raises(AirflowFailException, match="has type 'mysql': use one of type 'redshift' or 'postgres'"):
            connection(conn_type="mysql")

    def test_missing_secret(self, connection):
        text = message(connection(extra={"cluster_identifier": "sparkify", "secret_arn": "tests/nothing"}))
        assert text.startswith("Secrets Manager has no secret 'tests/nothing'")

    @pytest.mark.parametrize("content", ["hush-hush", '{"user": "hush-hush"}', '["hush-hush"]'])
    def test_unusable_secret_is_not_shown(self, connection, secret, content):
        boto3.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=content)
        hook = connection(extra={"cluster_identifier": "sparkify", "secret_arn": secret})
        with pytest.raises(AirflowException, match="must be a JSON object with username and password") as failure:
            hook.get_conn()
        assert "hush" not in str(failure.value)
        assert failure.value.__cause__ is None
        assert failure.value.__suppress_context__

    def test_cluster_without_a_managed_secret(self, connection, sleeper):
        text = message(connection(host="localhost", extra={"cluster_identifier": sleeper, "secret_arn": "managed"}))
        assert "password of the Redshift cluster 'sleeper' is not managed by Secrets Manager" in text


class TestAwsErrors:
    """Each AWS call of the hook with each of its errors."""

    CALLS = (
        ("redshift", "DescribeClusters", {}, BY_NAME),
        ("redshift", "GetClusterCredentials", {}, BY_NAME),
        ("redshift", "GetClusterCredentialsWithIAM", {"login": None}, BY_NAME),
        ("secretsmanager", "GetSecretValue", {}, {"cluster_identifier": "sparkify", "secret_arn": "managed"}),
        ("redshift-serverless", "GetWorkgroup", {"login": None}, SERVERLESS),
        ("redshift-serverless", "GetCredentials", {"login": None}, SERVERLESS),
    )
    each = pytest.mark.parametrize(
        ("service", "operation", "fields", "extra"), [pytest.param(*call, id=call[1]) for call in CALLS]
    )
    more = pytest.mark.long("errors of each AWS call that the SDK retries")

    @each
    def test_access_denied(self, connection, workgroup, aws, service, operation, fields, extra):
        aws.set(service, "AccessDenied", operation=operation)
        hook = connection(**fields, extra=extra)
        with pytest.raises(AirflowException) as failure:
            hook.get_conn()
        assert str(failure.value) == (
            f"AWS does not allow {operation} (AccessDenied): Access Denied. Allow {service}:{operation} to the "
            "identity of the Airflow connection 'aws_default'."
        )
        assert action(failure.value) is RetryAction.FAIL

    @more
    @each
    def test_throttled_once(self, connection, workgroup, aws, service, operation, fields, extra):
        aws.set(service, "ThrottlingException", times=1, operation=operation)
        assert user(connection(**fields, extra=extra))
        assert aws.counts() == {f"{service}.{operation}": 1}

    @more
    @each
    def test_throttled_permanently(self, connection, workgroup, aws, service, operation, fields, extra):
        aws.set(service, "ThrottlingException", operation=operation)
        hook = connection(**fields, extra=extra)
        with pytest.raises(AirflowException, match=rf"{operation} \(ThrottlingException\): Rate exceeded") as failure:
            hook.get_conn()
        assert aws.counts() == {f"{service}.{operation}": 2}
        assert action(failure.value) is RetryAction.RETRY

    @more
    @each
    def test_one_lost_response(self, connection, workgroup, aws, service, operation, fields, extra):
        aws.set(service, "AnswerLost", times=1, operation=operation)
        assert user(connection(**fields, extra=extra))
        assert aws.counts() == {f"{service}.{operation}": 1}

    @more
    @each
    def test_all_responses_lost(self, connection, workgroup, aws, service, operation, fields, extra):
        aws.set(service, "AnswerLost", operation=operation)
        hook = connection(**fields, extra=extra)
        with pytest.raises(AirflowException, match=f"AWS did not answer {operation}: .* VPC endpoint") as failure:
            hook.get_conn()
        assert action(failure.value) is RetryAction.RETRY

    def test_expired_credentials(self, connection, aws):
        aws.set("redshift", "ExpiredToken")
        text = message(connection(extra=BY_NAME))
        assert "Renew the credentials of the identity of the Airflow connection 'aws_default'." in text

    def test_error_specific_to_the_operation(self, connection, aws):
        aws.set("redshift", "UnsupportedOperation", operation="GetClusterCredentials")
        assert message(connection(extra=BY_NAME)).startswith(
            "AWS refused GetClusterCredentials (UnsupportedOperation): "
        )

    def test_role_that_cannot_be_assumed(self, connection, aws_connection, aws):
        aws.set("sts", "AccessDenied", operation="AssumeRole")
        assume = {"role_arn": "arn:aws:iam::123456789012:role/loader"}
        text = message(connection(aws_connection(extra=assume), extra=BY_NAME))
        assert text.startswith("AWS does not allow AssumeRole (AccessDenied)")
        assert "Allow sts:AssumeRole to the identity of the Airflow connection 'other_aws'." in text

    def test_no_credentials(self, connection, aws_connection, monkeypatch, tmp_path):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        text = message(connection(aws_connection(login=None, password=None), extra=BY_NAME))
        assert text.startswith("No AWS credentials were found for DescribeClusters")
        assert "set a key pair or a role to assume in the Airflow connection 'other_aws'." in text

    def test_no_region(self, connection, aws_connection, monkeypatch, tmp_path):
        for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        text = message(connection(aws_connection(extra={"region_name": None}), extra=BY_NAME))
        assert "put region_name into the extra of the Airflow connection 'other_aws'" in text


class TestUnreachableNetwork:
    """Real local ports that refuse connections, never respond, or drop packets, with shorter timeouts."""

    @pytest.fixture
    def impatient(self, monkeypatch):
        limits = Config(connect_timeout=0.3, read_timeout=0.3, retries={"mode": "standard", "total_max_attempts": 2})
        monkeypatch.setattr(aws_api, "LIMITS", limits)

    def test_warehouse_port_is_closed(self, connection):
        port = free_port()
        text = message(connection(host="127.0.0.1", port=port, password=PASSWORD))
        assert text.startswith(f"Cannot connect to the warehouse at 127.0.0.1:{port}: ")
        assert "refused" in text
        assert "security group" in text

    @pytest.mark.parametrize("port", [silent, black_hole])
    def test_warehouse_does_not_respond(self, connection, port):
        with port() as number:
            text = message(connection(host="127.0.0.1", port=number, password=PASSWORD, extra={"timeout": 0.3}))
        assert text.startswith(f"Cannot connect to the warehouse at 127.0.0.1:{number}: ")
        assert "time" in text
        assert "security group" in text

    def test_warehouse_host_name_is_unknown(self, connection):
        text = message(connection(host="warehouse.invalid", password=PASSWORD))
        assert text.startswith("Cannot connect to the warehouse at warehouse.invalid:5439: ")

    def test_aws_port_is_closed(self, connection, aws_connection):
        away = aws_connection(extra={"endpoint_url": f"http://127.0.0.1:{free_port()}"})
        text = message(connection(away, extra=BY_NAME))
        assert text.startswith("AWS did not answer DescribeClusters: Could not connect to the endpoint")
        assert "VPC endpoint" in text

    @pytest.mark.parametrize("port", [silent, black_hole])
    def test_aws_does_not_respond(self, connection, aws_connection, impatient, port):
        with port() as number:
            away = aws_connection(extra={"endpoint_url": f"http://127.0.0.1:{number}"})
            text = message(connection(away, extra=BY_NAME))
        assert text.startswith("AWS did not answer DescribeClusters: ")
        assert "timeout on endpoint URL" in text

    def test_sts_does_not_respond(self, connection, aws_connection, impatient):
        with silent() as number:
            sts = {"sts": {"endpoint_url": f"http://127.0.0.1:{number}"}}
            assume = {"role_arn": "arn:aws:iam::123456789012:role/loader", "service_config": sts}
            text = message(connection(aws_connection(extra=assume), extra=BY_NAME))
        assert text.startswith("AWS did not answer DescribeClusters: Read timeout on endpoint URL")


class TestWithinTwentySeconds:
    """Whatever takes as long as it can: the issue's twenty seconds hold. No test waits for them."""

    def test_every_client_has_timeouts(self, created_warehouse):
        for service in ("redshift", "redshift-serverless", "secretsmanager"):
            config = AwsApi("aws_default")._client(service).meta.config
            assert (config.connect_timeout, config.read_timeout) == (2, 3)
            assert config.retries == {"mode": "standard", "total_max_attempts": 2}

    def test_call_ends_in_time(self):
        # Two attempts with 2 s to connect and 3 s for the response, and 1 s in between.
        assert aws_api.CALL_SECONDS == 11

    def test_settings_of_the_connection_are_kept(self, aws_connection):
        away = aws_connection(extra={"config_kwargs": {"user_agent_extra": "mine", "read_timeout": 60}})
        config = AwsApi(away)._client("redshift").meta.config
        assert "mine" in config.user_agent_extra
        assert config.read_timeout == 3

    def test_connection_can_change_the_limits_of_buckets(self, aws_connection):
        config = aws_api.s3_hook(aws_connection(extra={"config_kwargs": {"read_timeout": 5}})).get_conn().meta.config
        assert (config.connect_timeout, config.read_timeout) == (10, 5)

    def test_call_that_could_not_end_in_time_is_not_started(self, created_warehouse):
        now = [0.0]
        deadline = Deadline(20, lambda: now[0])
        now[0] = 9.5
        with pytest.raises(AirflowException, match="so slowly that no time is left for DescribeClusters"):
            AwsApi("aws_default").call(deadline, "redshift", "DescribeClusters")
        now[0] = 8.5
        assert AwsApi("aws_default").call(deadline, "redshift", "DescribeClusters")["Clusters"]

    @pytest.mark.parametrize(("gone", "seconds"), [(0, 8), (4, 8), (10, 5), (17, 1.5)])
    def test_connecting_and_reading_share_the_remaining_time(self, gone, seconds):
        now = [0.0]
        deadline = Deadline(hooks.DEADLINE_SECONDS, lambda: now[0])
        now[0] = gone
        assert hooks._connect_seconds(deadline) == seconds
        assert gone + 2 * seconds <= 20

    def test_no_connection_is_started_at_the_deadline(self):
        now = [0.0]
        deadline = Deadline(hooks.DEADLINE_SECONDS, lambda: now[0])
        now[0] = 18.5
        with pytest.raises(AirflowException, match="no time is left to connect"):
            hooks._connect_seconds(deadline)

    def test_load_has_no_read_timeout(self, connection):
        with connection(extra=BY_NAME).get_conn() as open_connection:
            assert open_connection._usock.gettimeout() is None

    @pytest.mark.parametrize("conn_id", ["redshift_default", "redshift_as_postgres"])
    def test_idle_connection_sends_keepalives(self, through_postgres, conn_id):
        """Otherwise a load that waits for a lock, or for a long COPY, loses its connection and does not notice it."""
        options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        with closing(warehouse_hook(conn_id).get_conn()) as open_connection:
            of_driver = getattr(open_connection, "_usock", open_connection)
            with socket.socket(fileno=os.dup(of_driver.fileno())) as below:
                found = [below.getsockopt(socket.IPPROTO_TCP, option) for option in options]
        assert found == [60, 30, 5]

    def test_server_sees_the_application_name(self, connection):
        assert connection(extra=BY_NAME).get_first("show application_name") == ["redshift_elt"]

    def test_connection_can_set_its_application_name(self, connection):
        named = connection(extra={**BY_NAME, "application_name": "nightly"})
        assert named.get_first("show application_name") == ["nightly"]


def action(error) -> RetryAction:
    return WarehouseRetryPolicy().evaluate(error, try_number=1, max_tries=4).action
