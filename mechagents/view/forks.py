"""Forking a run at one of its messages, from its page."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mechagents.view.actions import begun, beside, text_of, told_by
from mechagents.view.place import Place
from mechagents.view.respond import as_json


def routes(place: Place) -> list[BaseRoute]:
    """Return the route that forks a run; it takes a POST with a JSON object."""

    async def fork(request: Request) -> Response:
        """Fork a run at the message ``at``. Answers with the new run's name.

        ``say`` is what a person says to that message, ``model`` another model, ``attempts`` how
        many programs may be tried in all; each may be left out.
        """
        asked = await told_by(request)
        begin = partial(_fork, place, request.path_params["run"], asked)
        return as_json({"run": await begun(place, await to_thread.run_sync(begin))})

    return [Route("/api/runs/{run}/fork", fork, methods=["POST"])]


def _fork(place: Place, name: str, asked: dict[str, Any]) -> Path:
    """Begin the fork, and return its folder, which is not there yet."""
    from mechagents.begin import new_folder
    from mechagents.fork import until
    from mechagents.messages import Problem

    run, at = place.run(name), asked.get("at")
    if not isinstance(at, int) or isinstance(at, bool):
        raise HTTPException(400, "at: give the number of a message")
    problem = until(run, at).last(Problem)
    folder = new_folder(beside(place, name), problem.name if problem is not None else "")
    words = ["fork", "--quiet", f"--at={at}", f"--folder={folder}"]
    words += [f"--{key}={text_of(asked, key)}" for key in ("say", "model") if asked.get(key)]
    attempts = asked.get("attempts")
    if attempts is not None:
        if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 1:
            raise HTTPException(400, "attempts: give a number above 0")
        words.append(f"--attempts={attempts}")
    place.children.start(folder, [*words, "--", str(run)])
    return folder
