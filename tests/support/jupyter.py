"""Commands that open JupyterLab, without a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from standin_support.waiting import wait_until
from tests.support.ports import free_port
from tests.support.shell import running_in_shell

_TOKEN = "token-of-the-tests"


@contextmanager
def jupyter(command: str, environment: Mapping[str, str], folder: Path) -> Iterator[httpx.Client]:
    """Run a command in the repository until the block ends, and yield a client of its REST API.

    :param folder: is empty, and gets the files of JupyterLab's user.
    """
    server = {"allow_root": True, "open_browser": False, "port": free_port(), "port_retries": 0}
    settings = {"ServerApp": server, "IdentityProvider": {"token": _TOKEN}}
    (folder / "jupyter_server_config.json").write_text(json.dumps(settings), "utf-8")
    variables = {**environment, "JUPYTER_CONFIG_DIR": str(folder), "JUPYTER_DATA_DIR": str(folder / "data")}
    with (
        running_in_shell(command, variables) as process,
        httpx.Client(
            base_url=f"http://127.0.0.1:{server['port']}",
            headers={"Authorization": f"token {_TOKEN}"},
            trust_env=False,
        ) as client,
    ):

        def answers() -> bool:
            assert process.poll() is None, f"{command} has ended"
            try:
                return client.get("/api/status").is_success
            except httpx.TransportError:
                return False

        wait_until(answers, "JupyterLab answers")
        yield client
