"""The list of runs and studies, and one run at a glance."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mechagents.view.attempts import attempt_of, attempts, differences
from mechagents.view.glance import formulation_of, glance
from mechagents.view.guard import SANDBOX
from mechagents.view.heads import row_of
from mechagents.view.place import Place
from mechagents.view.respond import as_json
from mechagents.view.studylist import study_row

if TYPE_CHECKING:
    from mechagents.mechanics.formulation import Formulation


def routes(place: Place) -> list[BaseRoute]:
    """Return the routes of the list and of one run."""

    def listing(_: Request) -> Response:
        """Answer with a row for every run and study, the newest first."""
        runs = [row for row in (_row(place, *found) for found in place.runs()) if row is not None]
        runs.sort(key=lambda row: str(row["updated"]), reverse=True)
        studies = [study_row(*found) for found in place.studies()]
        return as_json({"folder": place.folder.name, "runs": runs, "studies": studies})

    def run(request: Request) -> Response:
        """Answer with one run: its problem, how it stands, what it spent, its answer."""
        name = request.path_params["run"]
        log = place.log(name)
        log.read_new()
        begun_here = place.children.is_alive(log.folder)
        trouble = place.children.trouble(log.folder)
        told = glance(name, log, place.is_at_work(log.folder))
        return as_json({**told, "begun_here": begun_here, "trouble": trouble})

    def tried(request: Request) -> Response:
        """Answer with every attempt: its executions and how far they were checked."""
        log = place.log(request.path_params["run"])
        log.read_new()
        return as_json({"attempts": attempts(log)})

    def attempt(request: Request) -> Response:
        """Answer with one attempt: its program, its output streams, every check."""
        log = place.log(request.path_params["run"])
        log.read_new()
        return as_json(attempt_of(log, request.path_params["attempt"]))

    def difference(request: Request) -> Response:
        """Answer with what changed in the program since the attempt before, line by line."""
        log = place.log(request.path_params["run"])
        log.read_new()
        return as_json(differences(log, request.path_params["attempt"]))

    def drawing(request: Request) -> Response:
        """Answer with a drawing of the body, its supports and loads."""
        log = place.log(request.path_params["run"])
        log.read_new()
        formulation = formulation_of(log)
        if formulation is None:
            raise HTTPException(404, "nothing is formulated yet")
        headers = {"content-security-policy": SANDBOX}
        return Response(_drawn(formulation), media_type="image/svg+xml", headers=headers)

    return [
        Route("/api/runs", listing),
        Route("/api/runs/{run}", run),
        Route("/api/runs/{run}/attempts", tried),
        Route("/api/runs/{run}/attempts/{attempt:int}", attempt),
        Route("/api/runs/{run}/attempts/{attempt:int}/difference", difference),
        Route("/api/runs/{run}/drawing", drawing),
    ]


def _row(place: Place, name: str, folder: Path) -> dict[str, Any] | None:
    try:
        return row_of(name, folder, place.is_at_work(folder))
    except OSError:  # it was removed meanwhile
        return None


def _drawn(formulation: Formulation) -> str:
    """Return a drawing as an image of its own, with the report's style in it."""
    from mechagents.report.drawing import draw
    from mechagents.report.html import stylesheet

    before, _, after = draw(formulation).partition(">")
    return f"{before}><style>{escape(stylesheet(), quote=False)}</style>{after}"
