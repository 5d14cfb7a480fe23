"""Flower's configuration: the user ``admin``, with the same password as in Airflow's UI.

Airflow's setting for it would replace variables in the password, such as $HOME, and Flower would split it at commas.
"""

from __future__ import annotations

import os

basic_auth = [f"admin:{os.environ['UI_ADMIN_PASSWORD']}"]
