"""The routes of the page. All of them, including static files and the report, require permission to read the DAG."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as StarletteHTTPException

from redshift_elt.run.clock import now
from warehouse_page.json_responses import (
    moment_text,
    month_response,
    overview_response,
    rejects_response,
    run_response,
)
from warehouse_page.month import Month
from warehouse_page.report import NoReportError, Report
from warehouse_page.runs import latest_runs, runs_within, start_of_first_interval
from warehouse_page.settings import PageSettings, base_path
from warehouse_page.snapshot import SnapshotReader, WarehouseUnreadableError

_MONTH = r"^(19|20)\d\d-(0[1-9]|1[0-2])$"
_STATIC = Path(__file__).with_name("static")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}

# Slightly more than the hook needs to report a failed connection.
_WAIT_SECONDS = 30

# Only the page's own files; no inline scripts or styles; framed only by Airflow's UI.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
# The report has inline styles and may do nothing else: no scripts, forms, network access or navigation.
_REPORT_POLICY = (
    "sandbox allow-same-origin allow-downloads; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)


def page_app(settings: PageSettings) -> FastAPI:
    """Return the app of the page.

    Anonymous requests get 401, or a redirect to Airflow's login if they ask for HTML. Users who may not read the DAG
    and its runs get 403. Rejected lines, which are values of the data, are for users who may edit the DAG.

    :param settings: the settings of the page.
    """
    reader, report = SnapshotReader(settings), Report(settings)
    may_read = [
        Depends(requires_access_dag("GET", param_dag_id=settings.dag_id)),
        Depends(requires_access_dag("GET", DagAccessEntity.RUN, param_dag_id=settings.dag_id)),
    ]
    edits = requires_access_dag("PUT", param_dag_id=settings.dag_id)

    def may_edit(request: Request, user: BaseUser) -> bool:
        try:
            edits(request, user)
        except HTTPException:
            return False
        return True

    # The generated documentation of the routes would be public.
    app = FastAPI(title="Warehouse", dependencies=may_read, docs_url=None, redoc_url=None, openapi_url=None)

    # As for the warehouse: an S3 that does not answer must not block Airflow's own threads.
    threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="warehouse-page-report")

    async def in_own_thread(work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(threads, work, *arguments)

    @app.middleware("http")
    async def with_headers(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    @app.exception_handler(StarletteHTTPException)
    async def to_login(request: Request, error: StarletteHTTPException) -> Response:
        if error.status_code == 401 and "text/html" in request.headers.get("accept", ""):
            after = urlencode({"next": request.url.path})
            return RedirectResponse(f"{base_path()}/api/v2/auth/login?{after}", 303)
        return await http_exception_handler(request, error)

    @app.get("/")
    def index() -> Response:
        return _static("index.html")

    @app.get("/static/{name}")
    def static(name: str) -> Response:
        return _static(name)

    @app.get("/data/runs")
    def runs() -> dict[str, Any]:
        return {
            "dag_id": settings.dag_id,
            "runs": [run_response(run) for run in latest_runs(settings.dag_id)],
        }

    @app.get("/data/warehouse")
    async def warehouse_data(
        request: Request, user: GetUserDep, month: Annotated[str | None, Query(pattern=_MONTH)] = None
    ) -> Any:
        shown = await run_in_threadpool(latest_runs, settings.dag_id)
        since = min((run.started_or_due for run in shown), default=now())
        reading = reader.snapshot(Month.parse(month) if month else None, since)
        try:
            # Shielded, because a client that disconnects must not cancel the read for the others.
            snapshot = await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(reading)), _WAIT_SECONDS)
        except WarehouseUnreadableError as error:
            return {"message": str(error)}
        except asyncio.TimeoutError:
            return {"message": f"The warehouse did not answer within {_WAIT_SECONDS} seconds. Try again later."}
        within = snapshot.month.start, snapshot.month.end
        covering = await run_in_threadpool(runs_within, settings.dag_id, *within)
        first_interval = await run_in_threadpool(start_of_first_interval, settings.dag_id)
        of_month = await run_in_threadpool(month_response, snapshot, covering, first_interval, now())
        answer = {
            "dag_id": settings.dag_id,
            **overview_response(snapshot, {run.run_id for run in shown}),
            **rejects_response(snapshot, with_lines=await run_in_threadpool(may_edit, request, user)),
            **of_month,
        }
        # It contains only strings and numbers, so FastAPI need not convert thousands of values.
        return JSONResponse(answer)

    @app.get("/data/report")
    async def report_data() -> dict[str, Any]:
        try:
            return {"published_at": moment_text(await in_own_thread(report.published_at))}
        except NoReportError as error:
            return {"message": str(error)}

    @app.get("/report/{name:path}")
    async def report_file(name: str) -> Response:
        try:
            file = await in_own_thread(report.file, name or "index.html")
        except NoReportError as error:
            raise HTTPException(404, str(error)) from error
        return Response(file.body, media_type=file.media_type, headers={"Content-Security-Policy": _REPORT_POLICY})

    return app


def _static(name: str) -> Response:
    # Only names of existing files are accepted, so that no path leads elsewhere.
    files = {file.name: file for file in _STATIC.iterdir() if file.suffix in _TYPES}
    if name not in files:
        raise HTTPException(404, "There is no such file.")
    return FileResponse(files[name], media_type=_TYPES[files[name].suffix], headers={"Cache-Control": "no-cache"})
