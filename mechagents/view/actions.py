"""What a person can do from the page of a run: answer, approve, go on, stop, ask further."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mechagents.errors import LogError
from mechagents.log import FILE_NAME
from mechagents.view.glance import open_question
from mechagents.view.place import Place
from mechagents.view.respond import as_json, as_object

LONGEST = 20_000
"""Characters of a reply or a question [-]."""
LOOK_SECONDS = 0.1
BEGINNING_SECONDS = 60.0
"""How long a new run may take until its log is there [s]."""


def routes(place: Place) -> list[BaseRoute]:
    """Return the routes of what changes a run; each takes a POST with a JSON object."""

    async def reply(request: Request) -> Response:
        """Answer the question ``question`` with ``text``, and let the run go on."""
        told = await told_by(request)
        text, seq = text_of(told, "text"), told.get("question")
        await to_thread.run_sync(_reply, place, request.path_params["run"], text, seq)
        return as_json({"begun": True})

    async def resume(request: Request) -> Response:
        """Go on with a run that was left, or ended; ``budget`` gives larger limits by name."""
        told = await told_by(request)
        budget = budget_of(told.get("budget"))
        await to_thread.run_sync(_resume, place, request.path_params["run"], budget)
        return as_json({"begun": True})

    async def stop(request: Request) -> Response:
        """Stop a run that goes on from here."""
        await told_by(request)
        folder = await to_thread.run_sync(place.run, request.path_params["run"])
        await to_thread.run_sync(place.children.stop, folder)
        return as_json({"stopped": True})

    async def follow(request: Request) -> Response:
        """Ask further: a new run that follows this one. Answers with its name."""
        told = await told_by(request)
        statement, model = text_of(told, "statement"), str(told.get("model") or "")
        begin = partial(_follow, place, request.path_params["run"], statement, model)
        return as_json({"run": await begun(place, await to_thread.run_sync(begin))})

    posts = {"reply": reply, "resume": resume, "stop": stop, "follow": follow}
    return [
        Route(f"/api/runs/{{run}}/{name}", post, methods=["POST"]) for name, post in posts.items()
    ]


async def told_by(request: Request) -> dict[str, Any]:
    """Return the JSON object that a request holds."""
    try:
        told = await request.json()
    except ValueError:
        raise HTTPException(400, "the request holds no JSON object") from None
    return as_object(told)


def text_of(told: dict[str, Any], name: str) -> str:
    """Return what a request says under a name."""
    text = told.get(name)
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST or "\0" in text:
        raise HTTPException(400, f"{name}: say something, in at most {LONGEST:,} characters")
    return text.strip()


def _reply(place: Place, name: str, text: str, seq: object) -> None:
    folder = _free(place, name)
    log = place.log(name)
    log.read_new()
    question = open_question(log)
    if question is None or question["seq"] != seq:
        raise HTTPException(409, "no such question waits any more; look at the run again")
    place.children.start(folder, ["reply", "--quiet", "--", str(folder), text])


def budget_of(limits: object) -> list[str]:
    """Return the options that give the limits of a request's ``budget``.

    Raises:
        HTTPException: 400 if there is no such limit, or it cannot have that value.
    """
    from mechagents.budget import Budget

    given = as_object(limits)
    try:
        chosen = Budget.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise HTTPException(400, f"{where}: {first['msg']}") from None
    return [f"--budget={name}={getattr(chosen, name)}" for name in given]


def _resume(place: Place, name: str, budget: list[str]) -> None:
    folder = _free(place, name)
    place.children.start(folder, ["resume", "--quiet", *budget, "--", str(folder)])


def _follow(place: Place, name: str, statement: str, model: str) -> Path:
    """Begin a run that follows another, and return its folder, which is not there yet."""
    from mechagents.begin import new_folder

    under, earlier, log = beside(place, name), place.run(name), place.log(name)
    log.read_new()
    setup, problem = log.last("setup"), log.last("problem")
    if setup is None or problem is None:
        raise HTTPException(409, "this run was never given a problem")
    folder = new_folder(under, str(problem["message"].get("name", "")))
    words = ["solve", "--quiet", "--folder", str(folder), "--follow", str(earlier)]
    words += ["--model", model or str(setup["message"].get("model", "")), "--", statement]
    place.children.start(folder, words)
    return folder


def beside(place: Place, name: str) -> Path:
    """Return the folder in which a run has its place that comes of another.

    Raises:
        HTTPException: 409 if it would not be shown here.
    """
    earlier = place.run(name)
    if earlier == place.folder or (earlier.parent / "study.json").is_file():
        raise HTTPException(409, "a run that comes of this one has no place in this folder")
    return earlier.parent


def _free(place: Place, name: str) -> Path:
    """Return the folder of a run that nobody works on.

    Raises:
        LogError: If somebody does.
    """
    folder = place.run(name)
    if place.is_at_work(folder):
        told = "another process works on this run; answer where it asks, or wait until it ends"
        raise LogError(told)
    return folder


async def begun(place: Place, folder: Path) -> str:
    """Wait until a new run's log is there, and return its name."""
    log = anyio.Path(folder / FILE_NAME)
    with anyio.move_on_after(BEGINNING_SECONDS):
        while not await log.exists():
            if not await to_thread.run_sync(place.children.is_alive, folder):
                break
            await anyio.sleep(LOOK_SECONDS)
    if not await log.exists():
        trouble = await to_thread.run_sync(place.children.trouble, folder)
        raise HTTPException(409, trouble or "the run did not begin")
    return place.name(folder)
