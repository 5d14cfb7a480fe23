"""Who may send requests to AWS: clients that address this machine and sign with a key of the account."""

from __future__ import annotations

import http.client
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.core.utils import utcnow
from moto.iam.models import iam_backends

from redshift_standin.aws import AwsServer
from redshift_standin.aws.door import is_own_host
from redshift_standin.aws.iam import sessions
from redshift_standin.aws.s3.model import PARTITION
from redshift_standin.settings import ACCESS_KEY, ACCOUNT, REGION, SECRET_KEY, Settings
from standin_support.service_parts import client

WEB = httpx.Client(trust_env=False)
BODY = b"a line\n" * 20_000
# Characters that clients encode in paths and queries.
KEY = "a b/c+d=é~'(1)*.txt"


def signed_with(settings: Settings, service: str, key: str, secret: str, token: str | None = None, **options):
    options.setdefault("config", Config(retries={"max_attempts": 0}))
    session = boto3.Session(key, secret, token, region_name=REGION)
    return session.client(service, endpoint_url=settings.aws_url, **options)


def refusal(call, **arguments) -> tuple[int, str]:
    with pytest.raises(ClientError) as failure:
        call(**arguments)
    answer = failure.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


@pytest.fixture
def s3(aws: AwsServer, settings: Settings):
    s3 = client(settings, "s3")
    s3.create_bucket(Bucket="shop", CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:5000", "shop.localhost:5000", "127.0.0.1:5000", "[::1]:5000"])
def test_names_of_this_machine_are_its_own(settings, host):
    assert is_own_host(host, settings)


@pytest.mark.parametrize(
    "host",
    ["", "attacker.example", "localhost.attacker.example", "127.0.0.1.attacker.example", "10.0.0.7", "[::1", "a]b"],
)
def test_other_names_are_not(settings, host):
    assert not is_own_host(host, settings)


def test_address_and_names_of_the_settings_are_its_own(settings):
    listening = replace(settings, listen="10.0.0.7", host_name="container", hosts=("standin", "aws.test"))
    own = ("10.0.0.7:5000", "container:5000", "standin:5000", "AWS.test")
    assert [host for host in (*own, "other", "") if is_own_host(host, listening)] == [*own]
    assert is_own_host("anything", replace(settings, hosts=("*",)))


@pytest.mark.parametrize("path", ["/shop/a", "/_standin/health", "/_standin/faults"])
def test_name_that_leads_to_this_machine_gets_no_answer(s3, settings, path):
    """DNS rebinding: the browser believes that the answer comes from the attacker's site."""
    answer = WEB.get(f"{settings.aws_url}{path}", headers={"Host": "attacker.example:5000"})
    assert answer.status_code == 403
    assert "add it to REDSHIFT_STANDIN_HOSTS" in answer.text


def test_page_of_another_site_cannot_inject_faults(aws, settings):
    url, fault = f"{settings.aws_url}/_standin/faults", '{"place": "s3", "code": "SlowDown"}'
    assert WEB.post(url, content=fault, headers={"Origin": "https://attacker.example"}).status_code == 403
    assert WEB.get(url).json() == {}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/shop/a"), ("PUT", "/shop/a"), ("DELETE", "/shop")]
)
def test_unsigned_request_is_refused(s3, settings, method, path):
    answer = WEB.request(method, f"{settings.aws_url}{path}", content=BODY if method == "PUT" else None)
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code>" in answer.text


def test_connection_continues_after_a_refusal(s3, settings):
    connection = http.client.HTTPConnection(urlsplit(settings.aws_url).netloc)
    for _ in range(2):
        connection.request("PUT", "/shop/a", BODY)
        with connection.getresponse() as response:
            assert (response.status, response.read()[:7]) == (403, b"<Error>")
    connection.close()


@pytest.mark.parametrize(
    ("service", "operation", "unknown_key", "wrong_secret"),
    [
        ("s3", "list_buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
        ("sts", "get_caller_identity", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("redshift", "describe_clusters", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("redshift-data", "list_statements", "UnrecognizedClientException", "InvalidSignatureException"),
        ("secretsmanager", "list_secrets", "UnrecognizedClientException", "InvalidSignatureException"),
    ],
)
def test_keys_are_checked(aws, settings, service, operation, unknown_key, wrong_secret):
    unknown = signed_with(settings, service, "AKIAUNKNOWN", SECRET_KEY)
    assert refusal(getattr(unknown, operation)) == (403, unknown_key)
    wrong = signed_with(settings, service, ACCESS_KEY, "another-secret")
    assert refusal(getattr(wrong, operation)) == (403, wrong_secret)
    assert getattr(client(settings, service), operation)()


def test_keys_of_users_and_sessions_are_accepted(aws, settings):
    iam = client(settings, "iam")
    iam.create_user(UserName="loader")
    key = iam.create_access_key(UserName="loader")["AccessKey"]
    user = signed_with(settings, "sts", key["AccessKeyId"], key["SecretAccessKey"])
    assert user.get_caller_identity()["Arn"].endswith(":user/loader")
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    session = user.assume_role(RoleArn=role, RoleSessionName="reads")["Credentials"]
    keys = session["AccessKeyId"], session["SecretAccessKey"]
    assert signed_with(settings, "s3", *keys, session["SessionToken"]).list_buckets()["Buckets"] == []
    assert refusal(signed_with(settings, "s3", *keys).list_buckets) == (403, "InvalidToken")
    iam.update_access_key(UserName="loader", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert refusal(user.get_caller_identity) == (403, "InvalidClientTokenId")


def test_sessions_that_have_expired_are_forgotten(aws, settings, monkeypatch):
    sts = client(settings, "sts")
    role = client(settings, "iam").create_role(RoleName="reader", AssumeRolePolicyDocument="{}")["Role"]["Arn"]

    def assume(after: timedelta):
        """Assume the role for an hour when so much time has passed, and return a client of the session."""
        monkeypatch.setattr(sessions, "utcnow", lambda: utcnow() + after)
        keys = sts.assume_role(RoleArn=role, RoleSessionName="reads")["Credentials"]
        return signed_with(settings, "s3", keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    first = assume(timedelta(0))
    second = assume(timedelta(minutes=59) + sessions.REMEMBERED)
    assert first.list_buckets()["Buckets"] == []
    last = assume(timedelta(minutes=61) + sessions.REMEMBERED)
    for each in (first, second):
        assert refusal(each.list_buckets) == (403, "InvalidAccessKeyId")
    assert last.list_buckets()["Buckets"] == []
    assert len(iam_backends[ACCOUNT][PARTITION].access_keys) == 1


def test_contents_and_keys_of_any_form_are_signed(s3):
    s3.put_object(Bucket="shop", Key=KEY, Body=BODY, ContentType="text/plain", Metadata={"of": "two  words"})
    assert s3.get_object(Bucket="shop", Key=KEY)["Body"].read() == BODY
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="shop", Prefix="a b/c+")["Contents"]] == [KEY]
    assert s3.list_multipart_uploads(Bucket="shop")["Bucket"] == "shop"


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls(s3, settings, version):
    signer = signed_with(settings, "s3", ACCESS_KEY, SECRET_KEY, config=Config(signature_version=version))
    where = {"Bucket": "shop", "Key": KEY}
    upload = signer.generate_presigned_url("put_object", {**where, "ContentType": "text/plain"})
    assert WEB.put(upload, content=BODY, headers={"Content-Type": "text/plain"}).status_code == 200
    download = signer.generate_presigned_url("get_object", {**where, "ResponseContentType": "text/csv"})
    answer = WEB.get(download)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, BODY, "text/csv")
    assert WEB.get(download.replace("/shop/", "/shop/other")).status_code == 403
    assert WEB.delete(download).status_code == 403


def test_preflight_of_browsers_needs_no_signature(s3, settings):
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://shop.example"]}
    s3.put_bucket_cors(Bucket="shop", CORSConfiguration={"CORSRules": [rule]})
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    assert WEB.options(f"{settings.aws_url}/shop/a", headers=asked).status_code == 200


def test_signatures_can_be_left_unchecked(settings, endpoints):
    service = AwsServer(replace(settings, check_signatures=False), endpoints)
    service.start()
    try:
        assert WEB.get(f"{settings.aws_url}/").status_code == 200
        assert signed_with(settings, "s3", "any", "key").list_buckets()["Buckets"] == []
    finally:
        service.stop()


@pytest.mark.parametrize(
    "environ",
    [
        {
            "REDSHIFT_STANDIN_HOSTS": "standin, AWS.test,",
            "REDSHIFT_STANDIN_CHECK_SIGNATURES": "off",
            "REDSHIFT_STANDIN_DURABLE": "off",
        },
        {},
    ],
)
def test_settings_reach_another_process(environ):
    settings = Settings.from_environment(environ)
    assert settings.hosts == (("standin", "aws.test") if environ else ())
    assert settings.check_signatures is settings.durable is not bool(environ)
    assert Settings.from_environment(settings.to_environment()) == settings
