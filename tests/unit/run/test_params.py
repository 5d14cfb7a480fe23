"""A form accepts what the operators accept, and refuses what they would refuse in the run."""

from __future__ import annotations

import pytest
from airflow.providers.common.compat.sdk import ParamValidationError

from redshift_elt.cluster.audit_logging import logging_arguments
from redshift_elt.cluster.fields import access_fields
from redshift_elt.connection.session_limits import LOCK_TIMEOUT, SessionLimits
from redshift_elt.run.params import max_rejects_param, session_params
from redshift_elt.staging.reject_limit import RejectLimit

FORM = {
    **session_params(),
    "max_rejects": max_rejects_param(),
    "audit_log": access_fields(bucket_variable="bucket", prefixes=["orders/"])["audit_log"],
}
OPERATORS = {
    "statement_timeout": lambda value: SessionLimits.rendered(LOCK_TIMEOUT, str(value), "etl"),
    "query_group": lambda value: SessionLimits.rendered(LOCK_TIMEOUT, "60", value),
    "max_rejects": RejectLimit.of,
    "audit_log": logging_arguments,
}


@pytest.mark.parametrize(
    ("name", "accepted", "refused"),
    [
        ("statement_timeout", [1, 7 * 24 * 3600], [0, 7 * 24 * 3600 + 1]),
        ("query_group", ["", "etl prod:1", "x" * 30], ["x" * 31, "etl'"]),
        ("max_rejects", [0, 99_999], [-1, 100_000]),
        (
            "audit_log",
            ["cloudwatch", "s3://abc", "s3://bucket/", f"s3://bucket/{'x' * 256}", f"s3://{'b' * 63}/größe=1"],
            ["", "CloudWatch", "s3://a", f"s3://bucket/{'x' * 257}", f"s3://{'b' * 64}", "s3://bucket/a b"],
        ),
    ],
)
def test_form_has_the_limits_of_the_operators(name, accepted, refused):
    for value in accepted:
        assert FORM[name].resolve(value) == value
        OPERATORS[name](value)
    for value in refused:
        with pytest.raises(ParamValidationError):
            FORM[name].resolve(value)
        with pytest.raises(Exception, match="write"):
            OPERATORS[name](value)
