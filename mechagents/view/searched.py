"""A search for a design: what was tried, which of it keeps to the bounds, and the best so far."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import anyio
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from mechagents.view.place import Place
from mechagents.view.respond import Json, as_json, as_object, json_text
from mechagents.view.status import is_written, writing
from mechagents.view.studies import head_of, stamps, study_state, summary_of

if TYPE_CHECKING:
    from mechagents.study.run import StudyState
    from mechagents.study.sample import Ran
    from mechagents.study.spec import Bound

LOOK_SECONDS = 0.5
"""How often a study at work is looked at [s]."""
KEEP_ALIVE = 30
"""Looks without news after which a comment keeps the connection open [-]."""
Keeps = Literal["kept", "open", "uncertain", "broken", "failed"]
"""How a design stands to its bounds.

- ``kept``: it keeps to them, with its error bounds too.
- ``open``: it keeps to them by its values; its error is not known, as it was not verified in full.
- ``uncertain``: it keeps to them by its values, but an error bound reaches past.
- ``broken``: it does not keep to them.
- ``failed``: it has no checked result.
"""


def routes(place: Place) -> list[BaseRoute]:
    """Return the routes of searches, and of the news of studies at work."""

    def search(request: Request) -> Response:
        """Answer with every design that was tried, in order, and the best so far."""
        return as_json(search_of(place.study(request.path_params["study"])))

    async def events(request: Request) -> Response:
        """Stream a study's head each time that it has come further, until it is at work no more."""
        folder = await to_thread.run_sync(place.study, request.path_params["study"])
        return StreamingResponse(_follow(place, folder), media_type="text/event-stream")

    return [
        Route("/api/studies/{study}/search", search),
        Route("/api/studies/{study}/events", events),
    ]


async def _follow(place: Place, folder: Path) -> AsyncIterator[str]:
    """Yield a study's head as an event whenever it has changed."""
    told, quiet = "", 0
    yield "retry: 1000\n\n"
    while not place.closing:
        # Asked before the files are read: what was written until then is in them.
        at_work = await to_thread.run_sync(writing, folder)
        text = await to_thread.run_sync(_head_text, place, folder)
        if text != told:
            yield f"event: study\ndata: {text}\n\n"
            told, quiet = text, 0
        if at_work is False:
            yield "event: end\ndata: {}\n\n"
            return
        quiet += 1
        if quiet % KEEP_ALIVE == 0:
            yield ": still here\n\n"
        await anyio.sleep(LOOK_SECONDS)


def _head_text(place: Place, folder: Path) -> str:
    return json_text({**head_of(place, folder), "stamp": repr(stamps(folder))})


def search_of(folder: Path) -> dict[str, Json]:
    """Return what a search has tried by now.

    Args:
        folder: The study's folder.

    Raises:
        HTTPException: 404 if the study searches for nothing, or has no design yet.
    """
    state = study_state(folder)
    if state is None or state.study.optimize is None:
        raise HTTPException(404, "there is no design of a search yet")
    wanted, objective = state.study.optimize, state.study.optimize.objective
    bounds = wanted.constraints
    tried = _with_twins(state, [_design(state, ran) for ran in state.done.values()])
    best = _told(folder, tried, minimize=wanted.minimize is not None)
    return {
        "objective": objective,
        "unit": _unit(state, objective),
        "minimize": wanted.minimize is not None,
        "evaluations": wanted.evaluations,
        "constraints": [
            {"name": name, "unit": _unit(state, name),
             "at_least": bound.at_least, "at_most": bound.at_most}
            for name, bound in bounds.items()
        ],
        "designs": tried,
        "best": None if best is None else _point(state, tried[best], best),
    }  # fmt: skip


def _told(folder: Path, tried: list[dict[str, Json]], *, minimize: bool) -> int | None:
    """Return the search's own answer where it has ended, else the best so far."""
    over = "best" in (summary := summary_of(folder)) and not is_written(folder)
    if not over:
        return best_of(tried, minimize=minimize)
    answer = as_object(summary["best"]).get("sample")
    return next((at for at, one in enumerate(tried) if one["sample"] == answer), None)


def _with_twins(state: StudyState, tried: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """Return designs of which those that were verified as another sample stand as that does."""
    rows = {id(one): state.samples[int(str(one["sample"]))].tobytes() for one in tried}
    told = ("keeps", "bounds")
    verified = {rows[id(one)]: {k: one[k] for k in told} for one in tried if one["full"]}
    return [{**one, **verified.get(rows[id(one)], {})} for one in tried]


def best_of(tried: list[dict[str, Json]], *, minimize: bool) -> int | None:
    """Return which of some designs is best by its objective among those that break no bound.

    Args:
        tried: Have each an ``objective`` and how they ``keep`` to the bounds.
        minimize: Whether the smallest is best.
    """
    allowed = {"kept": 0, "open": 0, "uncertain": 1}
    ranked = [
        (allowed[str(one["keeps"])], value if minimize else -value, at)
        for at, one in enumerate(tried)
        if one["keeps"] in allowed and isinstance(value := one["objective"], float)
    ]
    return min(ranked)[2] if ranked else None


def _design(state: StudyState, ran: Ran) -> dict[str, Json]:
    from mechagents.study.dataset import values_of

    assert state.study.optimize is not None
    wanted, values = state.study.optimize, values_of(state, ran)
    errors = {q.name: q.error_bound for q in ran.quantities}
    bounded = {
        name: _bounded(values[name], errors.get(name), bound, ran.sample in state.full)
        for name, bound in wanted.constraints.items()
    }
    value = values[wanted.objective]
    order: tuple[Keeps, ...] = ("failed", "broken", "uncertain", "open")
    keeps = next((one for one in order if one in bounded.values()), "kept")
    return {
        "sample": ran.sample,
        "objective": value,
        "keeps": "failed" if value is None else keeps,
        "full": ran.sample in state.full,
        "bounds": [
            {"value": values[name], "error": errors.get(name), "keeps": bounded[name]}
            for name in wanted.constraints
        ],
    }


def _bounded(value: float | None, error: float | None, bound: Bound, in_full: bool) -> Keeps:
    """Return how one value stands to its bound."""
    from mechagents.study.search import within

    if value is None:
        return "failed"
    if not within(value, bound):
        return "broken"
    if error is None:
        # An output has no error of its own: it is made of parameters and of what was verified.
        return "kept" if in_full else "open"
    return "kept" if within(value, bound, error) else "uncertain"


def _point(state: StudyState, design: dict[str, Json], at: int) -> dict[str, Json]:
    """Return the best design with where it lies between the limits of each parameter."""
    sample = int(str(design["sample"]))
    parameters: list[Json] = []
    for axis, value in zip(state.axes, state.samples[sample].tolist(), strict=True):
        low, high = axis.range()
        parameters.append({"name": axis.name, "unit": axis.unit, "value": value,
                           "low": low, "high": high})  # fmt: skip
    return {**design, "at": at, "parameters": parameters}


def _unit(state: StudyState, name: str) -> str:
    formulation = state.base.formulation
    units = {wanted.name: formulation.unit(wanted) for wanted in formulation.wanted}
    return units.get(name, "")
