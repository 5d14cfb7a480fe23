"""Values in AWS requests, ARNs and policies: each kind refuses what would widen a policy or is malformed."""

from __future__ import annotations

import re
from functools import partial

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.cluster.find import find_cluster
from redshift_elt.cluster.restore import check_snapshot
from redshift_elt.cluster.spec import Access, ManagedCluster
from redshift_elt.staging.copy_options import CopyOptions
from redshift_elt.staging.formats.json_format import Json
from redshift_elt.staging.key_pattern import KeyPattern
from redshift_elt.staging.manifest_location import ManifestLocation
from redshift_elt.staging.source import Source

KEY = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
access = partial(Access, bucket="landing", prefixes=["log_data/"])
cluster = partial(ManagedCluster, identifier="sparkify", tags={"project": "sparkify-warehouse"})
source = partial(Source, table="staging_events", bucket="landing")

# Everything that a form, a Variable or a template can render to, with values that must not get through.
REFUSED = [
    (
        access,
        "bucket",
        ["*", "land?ng", "", "Landing", "s3://landing", "landing/logs", "a", "b" * 64, "a..b", "10.0.0.1", "landing\n"],
        "is not a bucket name",
    ),
    (
        access,
        "prefixes",
        [["*"], ["log_data/", "?"], ["${aws:username}/"], [""], ["/log_data/"], ["a\nb/"], ["x" * 1025], [None]],
        "entry of prefixes .* is not a key or the beginning of keys",
    ),
    (access, "prefixes", [[], "log_data/"], "write a list of at least one key"),
    (access, "cidrs", [["everybody"], ["10.0.0.0/8", "x"]], "is not a network"),
    (access, "cidrs", [["0.0.0.0/0"], ["::/0"]], "is too large"),
    (
        access,
        "permissions_boundary",
        [
            "",
            "*",
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "arn:aws:iam::123456789012:role/boundary",
            "arn:aws:iam::123456789012:policy/*",
        ],
        "is not the ARN of a policy of this account",
    ),
    (
        cluster,
        "identifier",
        ["", "*", "Sparkify", "spark--ify", "sparkify-", "1sparkify", "sparkify\n", "s" * 60, "a/../b", None],
        "is not the identifier of a cluster with a role",
    ),
    (cluster, "subnet_group", ["", "*", "private subnets", "a/b", "x" * 256], "is not the name of a cluster subnet"),
    (cluster, "labels", [{"owner": "<b>"}, {"owner": ""}, {"owner": "x" * 257}, {"owner": "a\nb"}], "value of a tag"),
    (cluster, "tags", [{"project": "*"}], "value of a tag"),
    (check_snapshot, "snapshot", ["", "*", "kept*", "arn:aws:redshift:us-west-2:1:snapshot:a/b", "a b"], "a snapshot"),
    (
        partial(find_cluster, None),
        "identifier",
        ["*", "arn:aws:redshift", "x y", "s" * 64],
        "is not a cluster identifier",
    ),
    (partial(source, prefix="logs/"), "bucket", ["*", "land?ng", "landing/x"], "is not a bucket name"),
    (source, "prefix", ["*/", "${x}/", "/logs/", "a\nb/"], "is not a key or the beginning of keys"),
    (source, "key", ["what?.json", "/logs.json", "a\nb"], "is not a key or the beginning of keys"),
    (source, "key_pattern", [KeyPattern("/logs/%Y/%m/%d.json")], "is not a key or the beginning of keys"),
    (partial(source, prefix="logs/"), "format", [Json("path?.json"), Json("/paths.json")], "The JSONPaths file"),
    (
        access,
        "also_read",
        [["landing/x/"], ["s3://landing/x"], ["s3://*/x/"], ["s3://landing/*/"]],
        "entry of also_read",
    ),
    (
        access,
        "kms_keys",
        [[""], ["*"], ["arn:aws:kms:us-west-2:123456789012:alias/data"], [f"{KEY[:-1]}*"]],
        "a KMS key",
    ),
    (
        partial(ManifestLocation.of, encryption=None, bucket="landing"),
        "url",
        ["landing/x/", "s3://landing/x", "s3://*/x/", "s3://landing/${x}/", "https://landing/"],
        "manifest_url",
    ),
    (
        partial(ManifestLocation.of, url=None, bucket="landing"),
        "encryption",
        ["aes256", "*", "alias/data", "arn:aws:kms:us-west-2:123456789012:key/*"],
        "manifest_encryption is neither 'AES256' nor 'aws:kms', and .* is not the ARN of a KMS key",
    ),
    (partial(source, prefix="etl/"), "manifests", [ManifestLocation("landing", "etl/")], "below prefix 'etl/'"),
    (CopyOptions, "region", ["", "*", "us-west-2'", "us west"], "is not an AWS region"),
    (CopyOptions, "iam_role", ["*", "arn:aws:iam::123456789012:role/*", "default'"], "COPY cannot use iam_role"),
]
# Code that runs only in a task raises the error that is not retried; operators convert the others.
NOT_RETRIED = {access, cluster, check_snapshot}


@pytest.mark.parametrize(
    ("make", "name", "value", "why"),
    [
        pytest.param(make, name, value, why, id=f"{name}-{str(value)[:30]!r}")
        for make, name, values, why in REFUSED
        for value in values
    ],
)
def test_value_that_would_widen_a_policy_or_is_malformed(make, name, value, why):
    with pytest.raises((AirflowFailException, ValueError), match=f"(?s){why}") as refused:
        make(**{name: value})
    if make in NOT_RETRIED:
        assert isinstance(refused.value, AirflowFailException)
    assert re.search(r"write|Give", str(refused.value)), "the message does not say what to write instead"


@pytest.mark.parametrize(
    ("make", "name", "value"),
    [
        (access, "bucket", "my.landing-zone.2026"),
        (access, "prefixes", ["log_data/", "song_data/A/", "log_json_path.json", "größe=1/", "a$b/"]),
        (access, "permissions_boundary", "arn:aws-us-gov:iam::123456789012:policy/teams/data/copy-boundary"),
        (access, "also_read", ["s3://manifests-bucket/etl/", "s3://manifests-bucket"]),
        (access, "kms_keys", [KEY, "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab"]),
        (partial(source, prefix="etl/"), "manifests", ManifestLocation("manifests-bucket", "etl/")),
        (cluster, "identifier", "a"),
        (cluster, "identifier", "s" * 59),
        (cluster, "labels", {"owner": "Zoë Müller, team@example.com".replace(",", " +")}),
        (cluster, "subnet_group", "private-subnets"),
        (check_snapshot, "snapshot", "sparkify-final-20261129-101500"),
        (check_snapshot, "snapshot", "rs:sparkify-2026-11-29-10-15-00"),
        (CopyOptions, "region", "us-gov-west-1"),
        (CopyOptions, "region", "ap-southeast-2"),
    ],
)
def test_value_as_aws_documents_it(make, name, value):
    make(**{name: value})
