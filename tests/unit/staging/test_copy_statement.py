from __future__ import annotations

import pytest

from redshift_elt.staging.copy_options import CopyOptions
from redshift_elt.staging.copy_statement import CopyStatement
from redshift_elt.staging.formats.json_format import Json

ROLE = "arn:aws:iam::123456789012:role/copy"
OTHER = "arn:aws-us-gov:iam::210987654321:role/data/reader@2"


def copy(url="s3://bucket/key", **arguments):
    return str(CopyStatement(**{"name": "t", "url": url, "bucket": "bucket", "format": Json(), **arguments}))


def test_every_option_is_on_its_own_line():
    statement = copy(
        "s3://bucket/run.manifest",
        name="staging_events__1",
        format=Json("paths.json", time_format="epochmillisecs", columns=["a", "b"]),
        options=CopyOptions(ROLE, "us-west-2"),
        compression="gzip",
        manifest=True,
        max_rejects=9,
    )
    assert statement == (
        'copy "staging_events__1"\n'
        '    ("a", "b")\n'
        "from 's3://bucket/run.manifest'\n"
        f"iam_role '{ROLE}'\n"
        "format as json 's3://bucket/paths.json'\n"
        "timeformat 'epochmillisecs'\n"
        "manifest\n"
        "gzip\n"
        "region 'us-west-2'\n"
        # MAXERROR is the number of errors at which COPY fails.
        "maxerror 10\n"
        "compupdate off\n"
        "statupdate off"
    )


def test_options_that_are_not_set_are_left_out():
    assert copy() == (
        "copy \"t\"\nfrom 's3://bucket/key'\niam_role default\nformat as json 'auto'\ncompupdate off\nstatupdate off"
    )


@pytest.mark.parametrize("roles", [ROLE, f"{ROLE},{OTHER}", f"{ROLE},{OTHER},{ROLE}"])
def test_role_or_chain_of_roles_is_one_text(roles):
    assert f"iam_role '{roles}'\n" in copy(options=CopyOptions(iam_role=roles))


@pytest.mark.parametrize(
    "role",
    [
        "", "copy", "default;", "arn:aws:iam::12:role/copy", f"{ROLE}' manifest",
        f"{ROLE}, {OTHER}", f"{ROLE},", f",{ROLE}", f"{ROLE},copy", f"default,{ROLE}", f"{ROLE};{OTHER}",
    ],
)  # fmt: skip
def test_role_that_copy_cannot_use_is_refused(role):
    with pytest.raises(ValueError, match="iam_role"):
        CopyOptions(iam_role=role)


def test_text_in_an_option_is_quoted():
    statement = copy("s3://bucket/it's.json", format=Json(time_format="HH24'h'"))
    assert "from 's3://bucket/it''s.json'\n" in statement
    assert "timeformat 'HH24''h'''\n" in statement
    with pytest.raises(ValueError, match="backslashes"):
        copy("s3://bucket/a\\b")
