"""How the commands log in to a local cluster."""

from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

import pytest

from local.errors import StackError
from local.settings import Settings
from local.stack.cluster_login import find_login
from tests.support.http_server import serving


def test_stack_that_does_not_answer_is_asked_once(tmp_path):
    requests = []

    class Starting(BaseHTTPRequestHandler):
        def do_POST(self):
            requests.append(self.path)
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with (
        serving(Starting) as address,
        pytest.raises(StackError, match=f"The local stack does not answer at {address}: run make up first"),
    ):
        find_login(Settings(tmp_path, aws_port=urlsplit(address).port))
    assert requests == ["/"]
