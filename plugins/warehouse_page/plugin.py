"""How Airflow takes the page in: as an app that costs nothing until somebody opens it, and as an entry of the menu."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from warehouse_page.settings import base_path

if TYPE_CHECKING:
    from fastapi import FastAPI

    from warehouse_page.settings import PageSettings


class LazyPage:
    """An ASGI app that becomes the page when it is first asked for something.

    :param settings: what the page is about.
    """

    def __init__(self, settings: PageSettings) -> None:
        self._settings = settings
        self._app: FastAPI | None = None
        self._making = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, as ASGI defines it."""
        async with self._making:
            if self._app is None:
                # In a thread: the imports take seconds, in which the rest of the UI must go on.
                self._app = await asyncio.to_thread(_page, self._settings)
        await self._app(scope, receive, send)


def _page(settings: PageSettings) -> FastAPI:
    from warehouse_page.app import page_app

    return page_app(settings)


def navigation(name: str, path: str, *, url_route: str) -> dict[str, Any]:
    """Return the entry of Airflow's navigation that shows a page inside the UI.

    :param path: where the page is served, below Airflow's own path.
    :param url_route: the page's address in the UI is ``/plugin/<url_route>``.
    """
    return {
        "name": name,
        "href": f"{base_path()}{path}",
        "destination": "nav",
        "nav_top_level": True,
        "url_route": url_route,
    }
