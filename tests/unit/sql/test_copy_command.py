from __future__ import annotations

import pytest

from redshift_elt.sql.copy_command import CopyOptions, copy_objects

ROLE = "arn:aws:iam::123456789012:role/copy"


def test_every_option_stands_on_a_line_of_its_own():
    options = CopyOptions("s3://bucket/paths.json", ROLE, "us-west-2", "epochmillisecs", gzip=True)
    statement = copy_objects("staging_events__1", "s3://bucket/run.manifest", options, manifest=True, max_rejects=9)
    assert statement == (
        'copy "staging_events__1"\n'
        "from 's3://bucket/run.manifest'\n"
        f"iam_role '{ROLE}'\n"
        "format as json 's3://bucket/paths.json'\n"
        "manifest\n"
        "gzip\n"
        "timeformat 'epochmillisecs'\n"
        "region 'us-west-2'\n"
        # It is the number of errors at which the COPY fails.
        "maxerror 10\n"
        "compupdate off\n"
        "statupdate off"
    )


def test_what_is_not_asked_for_is_left_out():
    assert copy_objects("t", "s3://bucket/key", CopyOptions()) == (
        "copy \"t\"\nfrom 's3://bucket/key'\niam_role default\nformat as json 'auto'\ncompupdate off\nstatupdate off"
    )


@pytest.mark.parametrize("role", ["", "copy", "default;", "arn:aws:iam::12:role/copy", f"{ROLE}' manifest"])
def test_a_role_that_copy_cannot_use_is_refused(role):
    with pytest.raises(ValueError, match="iam_role"):
        CopyOptions(iam_role=role)


@pytest.mark.parametrize("json", ["", "automatic", "paths.json", "s3://bucket"])
def test_a_json_option_that_copy_cannot_use_is_refused(json):
    with pytest.raises(ValueError, match="json"):
        CopyOptions(json=json)
