"""Forking a run at one of its messages, which a person may edit, from its page."""

from __future__ import annotations

import tempfile
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
from mechagents.view.told import as_message


def routes(place: Place) -> list[BaseRoute]:
    """Return the routes that fork a run; what forks takes a POST with a JSON object."""

    async def fork(request: Request) -> Response:
        """Fork a run at the message ``at``. Answers with the new run's name.

        ``say`` is what a person says to that message, ``edited`` the texts of its fields by name
        that are put in their place, ``model`` another model, ``attempts`` how many programs may
        be tried in all; each may be left out.
        """
        asked = await told_by(request)
        # The new run has read what is in it before its log is there.
        with tempfile.TemporaryDirectory(prefix="mechagents-fork-") as scratch:
            begin = partial(_fork, place, request.path_params["run"], asked, Path(scratch))
            return as_json({"run": await begun(place, await to_thread.run_sync(begin))})

    def fields(request: Request) -> Response:
        """Answer with the fields of a message that can be edited."""
        from mechagents.view.edits import fields_of

        found = place.envelope(request.path_params["run"], request.path_params["seq"])
        return as_json({"fields": fields_of(as_message(found["message"]))})

    return [
        Route("/api/runs/{run}/fork", fork, methods=["POST"]),
        Route("/api/runs/{run}/messages/{seq:int}/fields", fields),
    ]


def _fork(place: Place, name: str, asked: dict[str, Any], scratch: Path) -> Path:
    """Begin the fork, and return its folder, which is not there yet."""
    from mechagents.begin import new_folder
    from mechagents.fork import until
    from mechagents.messages import Problem

    run, at = place.run(name), asked.get("at")
    if not isinstance(at, int) or isinstance(at, bool):
        raise HTTPException(400, "at: give the number of a message")
    before = until(run, at)
    problem = before.last(Problem)
    folder = new_folder(beside(place, name), problem.name if problem is not None else "")
    words = ["fork", "--quiet", f"--at={at}", f"--folder={folder}"]
    words += [f"--{key}={text_of(asked, key)}" for key in ("say", "model") if asked.get(key)]
    words += _attempts(asked.get("attempts"))
    if asked.get("edited") is not None:
        from mechagents.view.edits import edited_message

        instead = edited_message(asked["edited"], before.at(at).message)
        file = scratch / "edited.json"
        file.write_text(instead.to_json(), encoding="utf-8")
        words.append(f"--with={file}")
    place.children.start(folder, [*words, "--", str(run)])
    return folder


def _attempts(attempts: object) -> list[str]:
    if attempts is None:
        return []
    if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 1:
        raise HTTPException(400, "attempts: give a number above 0")
    return [f"--attempts={attempts}"]
