"""The viewer's application: the pages, and every part of the API, behind the guard."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from mechagents.errors import MechagentsError
from mechagents.view import (
    actions,
    compare,
    events,
    fields,
    files,
    forks,
    report,
    runs,
    searched,
    studies,
)
from mechagents.view.guard import Guard
from mechagents.view.place import Place
from mechagents.view.respond import as_json

STATIC = Path(__file__).parent / "static"
PARTS = (runs, compare, events, files, fields, report, actions, studies, searched, forks)
"""The parts of the API; each has ``routes(place)``."""
PAGES = ("/", "/runs/{run}", "/studies/{study}", "/compare")
"""The addresses of pages. All are one file, whose script shows what the address names."""


def make_app(folder: Path, token: str, *, place: Place | None = None) -> Starlette:
    """Return the application that shows a folder.

    Args:
        folder: Holds runs and studies, or is one.
        token: What every request has to show.
        place: What the parts share; None makes it for ``folder``.
    """
    place = place or Place(folder.resolve())
    api: list[BaseRoute] = [route for part in PARTS for route in part.routes(place)]
    static = Mount("/static", StaticFiles(directory=STATIC))
    return Starlette(
        routes=[*(Route(page, _page) for page in PAGES), static, *api],
        middleware=[Middleware(Guard, token=token)],
        exception_handlers={
            HTTPException: _refused,
            MechagentsError: _failed,
            FileNotFoundError: _gone,
        },
    )


async def _page(_: Request) -> Response:
    return FileResponse(STATIC / "index.html", media_type="text/html")


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return as_json({"error": error.detail}, error.status_code)


async def _failed(_: Request, error: Exception) -> Response:
    return as_json({"error": str(error)}, 409)


async def _gone(_: Request, error: Exception) -> Response:
    return as_json({"error": f"there is no such file any more ({error})"}, 404)
