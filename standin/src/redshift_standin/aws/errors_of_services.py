"""The form in which each service of AWS answers with an error."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

DATA_API = "redshift-data"
SERVERLESS = "redshift-serverless"
JSON_SERVICES = (DATA_API, SERVERLESS, "secretsmanager")

# The status, the headers and the body.
Answer = tuple[int, dict[str, Any], "str | bytes"]


def error_answer(service: str, status: int, code: str, message: str) -> Answer:
    """Return an error as a service sends it.

    :param service: its name in boto3.
    """
    if service in JSON_SERVICES:
        body = json.dumps({"__type": code, "message": message})
        return status, {"content-type": "application/x-amz-json-1.1"}, body
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    if service == "ec2":
        error = f"<Response><Errors>{error}</Errors></Response>"
    elif service != "s3":
        error = f"<ErrorResponse>{error}</ErrorResponse>"
    return status, {"content-type": "text/xml"}, error
