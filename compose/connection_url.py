"""Print a URL whose password comes from the environment, for the settings of Airflow that end with ``_CMD``.

``python connection_url.py redis REDIS_PASSWORD redis:6379/0`` prints ``redis://:<password>@redis:6379/0``, and
``postgresql+psycopg2://airflow`` in place of ``redis`` names a user. The password may have any characters.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import quote


def connection_url(login: str, password: str, place: str) -> str:
    """Return the URL.

    :param login: the scheme, and ``://`` with a user if there is one.
    :param place: the host, the port and the path.
    """
    scheme, _, user = login.partition("://")
    return f"{scheme}://{user}:{quote(password, safe='')}@{place}"


if __name__ == "__main__":
    login, variable, place = sys.argv[1:]
    # Airflow takes the whole output, a line break included.
    sys.stdout.write(connection_url(login, os.environ[variable], place))
