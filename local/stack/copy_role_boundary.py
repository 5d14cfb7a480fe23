"""The permissions boundary of the role that COPY uses, which an administrator creates on AWS."""

from __future__ import annotations

import json
from typing import Any

from local.settings import ROOT

DOCUMENT = ROOT / "docs" / "copy-role-boundary.json"
_OWN_KEY = "KMS_KEY_ARN"


def ensure_boundary(iam: Any, name: str, bucket: str) -> str:
    """Create the policy from the document for administrators, unless it exists, and return its ARN.

    :param iam: a boto3 client.
    :param bucket: the bucket that COPY may read at most. Its objects are not encrypted with a key of the account.
    """
    document = json.loads(DOCUMENT.read_text("utf-8").replace("BUCKET", bucket))
    document["Statement"] = [each for each in document["Statement"] if _OWN_KEY not in each["Resource"]]
    try:
        arn: str = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    except iam.exceptions.EntityAlreadyExistsException:
        pages = iam.get_paginator("list_policies").paginate(Scope="Local")
        arn = next(each["Arn"] for page in pages for each in page["Policies"] if each["PolicyName"] == name)
    return arn
