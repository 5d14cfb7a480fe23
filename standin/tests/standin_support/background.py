"""Run the action of a client in a thread."""

from __future__ import annotations

import threading

from standin_support.waiting import HANGS_AFTER_SECONDS


class Background:
    """Runs an action in a thread and returns its result or raises its exception."""

    def __init__(self, action) -> None:
        self._result = self._error = None

        def run() -> None:
            try:
                self._result = action()
            except Exception as error:
                self._error = error

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def result(self):
        self._thread.join(HANGS_AFTER_SECONDS)
        assert not self._thread.is_alive(), "still waiting"
        if self._error is not None:
            raise self._error
        return self._result


def values(endpoint) -> list[int]:
    rows = endpoint.psycopg(autocommit=True).execute("select n from numbers order by n").fetchall()
    return [n for (n,) in rows]
