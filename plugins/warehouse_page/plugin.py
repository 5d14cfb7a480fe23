"""The page as an Airflow plugin: an app that is loaded when it is first opened, and an entry in the navigation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from warehouse_page.settings import base_path

if TYPE_CHECKING:
    from fastapi import FastAPI

    from warehouse_page.settings import PageSettings


class LazyPage:
    """An ASGI app that loads the page on the first request.

    :param settings: the settings of the page.
    """

    def __init__(self, settings: PageSettings) -> None:
        self._settings = settings
        self._app: FastAPI | None = None
        self._loading = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle a request, as defined by ASGI."""
        async with self._loading:
            if self._app is None:
                # In a thread, because the imports take seconds and must not block the rest of the UI.
                self._app = await asyncio.to_thread(_page, self._settings)
        await self._app(scope, receive, send)


def _page(settings: PageSettings) -> FastAPI:
    # Imported here because every process of Airflow imports its plugins, and the app imports a driver and boto3.
    from warehouse_page.app import page_app

    return page_app(settings)


def navigation(name: str, path: str, *, url_route: str) -> dict[str, Any]:
    """Return the entry in Airflow's navigation that shows a page inside the UI.

    :param path: the path of the page, relative to Airflow's base path.
    :param url_route: the address of the page in the UI is ``/plugin/<url_route>``.
    """
    return {
        "name": name,
        "href": f"{base_path()}{path}",
        "destination": "nav",
        "nav_top_level": True,
        "url_route": url_route,
    }
