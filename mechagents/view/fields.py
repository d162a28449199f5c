"""The fields of a run for the page: what there is, the surface, a field on it, and single places.

========================================  ======================================================
``/api/runs/{run}/fields``                what fields, components, units and steps there are
``/api/runs/{run}/fields/surface``        triangles and lines, as ``wire`` has them
``/api/runs/{run}/fields/values``         a component, or ``vector``, on the surface
``/api/runs/{run}/fields/section``        a plane through a solid, with the values on it
``/api/runs/{run}/fields/extremes``       every component's smallest and largest, and where
``/api/runs/{run}/fields/probe``          every component at one place or node
========================================  ======================================================

All take ``attempt`` (the newest for none); all but the first two ``step``, a number from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mechagents.view import field_answers as answers
from mechagents.view.place import Place
from mechagents.view.respond import as_json
from mechagents.view.shelf import Shelf, Shown, attempts_of, folder_of, newest, stamp
from mechagents.view.wire import MEDIA_TYPE

Answer = Callable[[Shown, Mapping[str, str]], bytes | dict[str, Any]]
_ANSWERS: dict[str, Answer] = {
    "surface": answers.surface,
    "values": answers.values,
    "section": answers.section,
    "extremes": answers.every_range,
    "probe": answers.at_place,
}


def routes(place: Place) -> list[BaseRoute]:
    """Return the routes of a run's fields."""
    shelf = Shelf()

    def fields(request: Request) -> Response:
        run = place.run(request.path_params["run"])
        if not attempts_of(run):
            return as_json({"attempts": []})
        return _respond(shelf, run, request, answers.description, newest_else=True)

    def part(answer: Answer) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            run = place.run(request.path_params["run"])
            return _respond(shelf, run, request, answer)

        return endpoint

    base = "/api/runs/{run}/fields"
    parts = [Route(f"{base}/{name}", part(answer)) for name, answer in _ANSWERS.items()]
    return [Route(base, fields), *parts]


def _respond(
    shelf: Shelf, run: Path, request: Request, answer: Answer, *, newest_else: bool = False
) -> Response:
    """Return an answer about the attempt that is asked for; 304 where the page has it already.

    Args:
        shelf: Holds what was read already.
        run: The run's folder.
        request: What is asked.
        answer: Makes the answer.
        newest_else: Whether the newest is told about where the attempt left no fields.
    """
    listed = attempts_of(run)
    attempt = request.query_params.get("attempt") or newest(listed)
    if attempt not in listed and newest_else:
        attempt = newest(listed)
    if attempt not in listed:
        raise HTTPException(404, f"there are no fields of attempt {attempt!r:.40}")
    folder = folder_of(run, attempt)
    tag = f'"{stamp(folder)}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    found = _found(shelf, folder, answer, request.query_params)
    if isinstance(found, bytes):
        return Response(found, media_type=MEDIA_TYPE, headers=headers)
    return as_json({"attempts": listed, "attempt": attempt, **found})


def _found(
    shelf: Shelf, folder: Path, answer: Answer, asked: Mapping[str, str]
) -> bytes | dict[str, Any]:
    try:
        return answer(shelf.shown(folder), asked)
    except (KeyError, IndexError) as error:
        raise HTTPException(404, str(error.args[0])) from error
    except ValueError as error:
        raise HTTPException(422, f"the fields cannot be shown: {error!s:.400}") from error
    except MemoryError as error:
        raise HTTPException(422, "the fields are too large for this machine's memory") from error
