from __future__ import annotations

import pytest

from redshift_elt.sql.render import render
from redshift_elt.staging.copy_options import CopyOptions, json_option

ROLE = "arn:aws:iam::123456789012:role/copy"
OTHER = "arn:aws-us-gov:iam::210987654321:role/data/reader@2"


def copy(name, url, options, manifest=False, max_rejects=0):
    return render("stage/copy.sql", name=name, url=url, options=options, manifest=manifest, max_rejects=max_rejects)


def test_every_option_is_on_its_own_line():
    options = CopyOptions("s3://bucket/paths.json", ROLE, "us-west-2", "epochmillisecs", gzip=True)
    statement = copy("staging_events__1", "s3://bucket/run.manifest", options, manifest=True, max_rejects=9)
    assert statement == (
        'copy "staging_events__1"\n'
        "from 's3://bucket/run.manifest'\n"
        f"iam_role '{ROLE}'\n"
        "format as json 's3://bucket/paths.json'\n"
        "manifest\n"
        "gzip\n"
        "timeformat 'epochmillisecs'\n"
        "region 'us-west-2'\n"
        # MAXERROR is the number of errors at which COPY fails.
        "maxerror 10\n"
        "compupdate off\n"
        "statupdate off"
    )


def test_options_that_are_not_set_are_left_out():
    assert copy("t", "s3://bucket/key", CopyOptions()) == (
        "copy \"t\"\nfrom 's3://bucket/key'\niam_role default\nformat as json 'auto'\ncompupdate off\nstatupdate off"
    )


@pytest.mark.parametrize("roles", [ROLE, f"{ROLE},{OTHER}", f"{ROLE},{OTHER},{ROLE}"])
def test_role_or_chain_of_roles_is_one_text(roles):
    assert f"iam_role '{roles}'\n" in copy("t", "s3://bucket/key", CopyOptions(iam_role=roles))


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


@pytest.mark.parametrize("json", ["", "automatic", "paths.json", "s3://bucket"])
def test_json_option_that_copy_cannot_use_is_refused(json):
    with pytest.raises(ValueError, match="json"):
        CopyOptions(json=json)


def test_text_in_an_option_is_quoted():
    statement = copy("t", "s3://bucket/it's.json", CopyOptions(time_format="HH24'h'"))
    assert "from 's3://bucket/it''s.json'\n" in statement
    assert "timeformat 'HH24''h'''\n" in statement
    with pytest.raises(ValueError, match="backslashes"):
        copy("t", "s3://bucket/a\\b", CopyOptions())


def test_json_is_a_keyword_of_copy_or_a_file_in_the_bucket():
    assert json_option("auto ignorecase", "shop") == "auto ignorecase"
    assert json_option("paths.json", "shop") == "s3://shop/paths.json"
    assert CopyOptions().paths_file is None
    assert CopyOptions("s3://shop/paths.json").paths_file == "s3://shop/paths.json"
