"""The page's routes. Each of them, also for the static files and the report, is for who may read the DAG alone."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as StarletteHTTPException

from redshift_elt.run.clock import now
from warehouse_page.answers import moment_text, month_answer, overview_answer, run_answer
from warehouse_page.month import Month
from warehouse_page.report import NoReportError, Report
from warehouse_page.runs import first_interval, latest_runs, runs_within
from warehouse_page.settings import PageSettings, base_path
from warehouse_page.warehouse import Warehouse, WarehouseUnreadableError

_MONTH = r"^(19|20)\d\d-(0[1-9]|1[0-2])$"
_STATIC = Path(__file__).with_name("static")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}

# A little more than the hook takes to say that there is no connection.
_WAIT_SECONDS = 30

# Nothing but the page's own files; no script or style within the page; framed by Airflow's UI alone.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
# The report brings its style along, and may do nothing: no script, no form, no network, no other page.
_REPORT_POLICY = (
    "sandbox allow-same-origin allow-downloads; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)


def page_app(settings: PageSettings) -> FastAPI:
    """Return the app of a page.

    Anonymous requests are answered with 401, and the page itself with Airflow's login; who may not read the DAG and its
    runs is answered with 403.

    :param settings: what the page is about.
    """
    warehouse, report = Warehouse(settings), Report(settings)
    may_read = [
        Depends(requires_access_dag("GET", param_dag_id=settings.dag_id)),
        Depends(requires_access_dag("GET", DagAccessEntity.RUN, param_dag_id=settings.dag_id)),
    ]
    # The documentation of an app's routes is open to everybody.
    app = FastAPI(title="Warehouse", dependencies=may_read, docs_url=None, redoc_url=None, openapi_url=None)

    # As for the warehouse: an S3 that does not answer must not hold Airflow's own threads.
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
            "runs": [run_answer(run) for run in latest_runs(settings.dag_id)],
        }

    @app.get("/data/warehouse")
    async def warehouse_data(month: Annotated[str | None, Query(pattern=_MONTH)] = None) -> Any:
        shown = await run_in_threadpool(latest_runs, settings.dag_id)
        since = min((run.begun for run in shown), default=now())
        reading = warehouse.snapshot(Month.parse(month) if month else None, since)
        try:
            # Shielded: one who goes away does not take the answer from the others.
            snapshot = await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(reading)), _WAIT_SECONDS)
        except WarehouseUnreadableError as error:
            return {"message": str(error)}
        except asyncio.TimeoutError:
            return {"message": f"The warehouse has not answered within {_WAIT_SECONDS} seconds. Try again later."}
        within = snapshot.month.start, snapshot.month.end
        covering = await run_in_threadpool(runs_within, settings.dag_id, *within)
        begun = await run_in_threadpool(first_interval, settings.dag_id)
        of_month = await run_in_threadpool(month_answer, snapshot, covering, begun, now())
        answer = {
            "dag_id": settings.dag_id,
            **overview_answer(snapshot, {run.run_id for run in shown}),
            **of_month,
        }
        # Made of texts and numbers alone, so FastAPI need not look at each of its thousands of values.
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
    # Among the files that are there, so that no name leads anywhere else.
    files = {file.name: file for file in _STATIC.iterdir() if file.suffix in _TYPES}
    if name not in files:
        raise HTTPException(404, "There is no such file.")
    return FileResponse(files[name], media_type=_TYPES[files[name].suffix], headers={"Cache-Control": "no-cache"})
