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
``/api/studies/{study}/samples/{sample}/fields`` and below are the same of a study's sample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mechagents.view import field_answers as answers
from mechagents.view.place import Place
from mechagents.view.respond import as_json
from mechagents.view.shelf import Execution, Shelf, Shown, Source, attempts_of, folder_of, newest
from mechagents.view.studies import sample_source
from mechagents.view.wire import MEDIA_TYPE

Answer = Callable[[Shown, Mapping[str, str]], bytes | dict[str, Any]]
_ANSWERS: dict[str, Answer] = {
    "surface": answers.surface,
    "values": answers.values,
    "section": answers.section,
    "extremes": answers.every_range,
    "probe": answers.at_place,
}
Asked = Callable[[Request], Source]
"""Finds the result that is asked about, and refuses what is not there."""


def routes(place: Place) -> list[BaseRoute]:
    """Return the routes of the fields of runs and of studies' samples."""
    shelf = Shelf()

    def fields(request: Request) -> Response:
        run = place.run(request.path_params["run"])
        listed = attempts_of(run)
        if not listed:
            return as_json({"attempts": []})
        asked = request.query_params.get("attempt")
        attempt = asked if asked in listed else newest(listed)
        told = {"attempts": listed, "attempt": attempt}
        return _respond(
            shelf, Execution(folder_of(run, attempt)), request, answers.description, told
        )

    def execution(request: Request) -> Source:
        run = place.run(request.path_params["run"])
        listed = attempts_of(run)
        attempt = request.query_params.get("attempt") or newest(listed)
        if attempt not in listed:
            raise HTTPException(404, f"there are no fields of attempt {attempt!r:.40}")
        return Execution(folder_of(run, attempt))

    def sample(request: Request) -> Source:
        folder = place.study(request.path_params["study"])
        return sample_source(folder, request.path_params["sample"])

    def part(found: Asked, answer: Answer) -> Callable[[Request], Response]:
        return lambda request: _respond(shelf, found(request), request, answer)

    of_run, of_sample = "/api/runs/{run}/fields", "/api/studies/{study}/samples/{sample:int}/fields"
    return [
        Route(of_run, fields),
        Route(of_sample, part(sample, answers.description)),
        *(Route(f"{of_run}/{name}", part(execution, answer)) for name, answer in _ANSWERS.items()),
        *(Route(f"{of_sample}/{name}", part(sample, answer)) for name, answer in _ANSWERS.items()),
    ]


def _respond(
    shelf: Shelf,
    source: Source,
    request: Request,
    answer: Answer,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """Return an answer about a result; 304 where the page has it already.

    Args:
        shelf: Holds what was read already.
        source: Where the result is.
        request: What is asked.
        answer: Makes the answer.
        more: What an answer in words tells besides.
    """
    tag = f'"{source.stamp()}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    found = _found(shelf, source, answer, request.query_params)
    if isinstance(found, bytes):
        return Response(found, media_type=MEDIA_TYPE, headers=headers)
    return as_json({**(more or {}), **found})


def _found(
    shelf: Shelf, source: Source, answer: Answer, asked: Mapping[str, str]
) -> bytes | dict[str, Any]:
    try:
        return answer(shelf.shown(source), asked)
    except (KeyError, IndexError) as error:
        raise HTTPException(404, str(error.args[0])) from error
    except ValueError as error:
        raise HTTPException(422, f"the fields cannot be shown: {error!s:.400}") from error
    except MemoryError as error:
        raise HTTPException(422, "the fields are too large for this machine's memory") from error
