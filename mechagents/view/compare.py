"""Two runs side by side: what was asked, how it was formulated, found and checked, what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Answer, Evidence, Failure, Problem, Program, Quantity
from mechagents.view.attempts import changes
from mechagents.view.glance import formulation_of
from mechagents.view.place import Place
from mechagents.view.respond import Json, as_json
from mechagents.view.runlog import RunLog
from mechagents.view.status import status_of
from mechagents.view.told import as_message

PAIRS = 64
"""Messages that are compared at a time."""


def routes(place: Place) -> list[BaseRoute]:
    """Return the route of the comparison."""

    def compare(request: Request) -> Response:
        """Answer with the runs ``a`` and ``b`` of the query side by side."""
        names = [request.query_params.get(side, "") for side in ("a", "b")]
        if not all(names):
            raise HTTPException(400, "name two runs: ?a=…&b=…")
        logs = [place.log(name) for name in names]
        for log in logs:
            log.read_new()
        at_work = [place.is_at_work(log.folder) for log in logs]
        return as_json(compared(names, logs, at_work))

    return [Route("/api/compare", compare)]


def compared(
    names: Sequence[str], logs: Sequence[RunLog], at_work: Sequence[bool | None]
) -> dict[str, Json]:
    """Return what two runs have in common and how they differ.

    Args:
        names: How they are named in addresses.
        logs: Their logs, read.
        at_work: Whether a process works on each now.
    """
    a, b = logs
    ends = [_end(log) for log in logs]
    formulations = [_plain(formulation_of(log)) for log in logs]
    programs = [_program(log) for log in logs]
    sources = [(one.source if one else "").splitlines() for one in programs]
    return {
        "runs": [_head(*found) for found in zip(names, logs, ends, at_work, strict=True)],
        "same_until": _same_until(a, b),
        "problem": [_statement(log) for log in logs],
        "formulation": differences(*formulations),
        "assumptions": _assumptions(*(one.get("assumptions") or () for one in formulations)),
        "quantities": _quantities(*map(_found, ends)),
        "checks": _checks(*map(_judged, logs)),
        "programs": {
            "attempts": [one.attempt if one else None for one in programs],
            "lines": changes(*sources),
        },
    }


def differences(a: object, b: object) -> list[dict[str, Json]]:
    """Return each field in which two values made of dictionaries and lists differ.

    Returns:
        ``field``, the dotted path, and ``values``, that of each; None where one has it not.
        Assumptions are left out: they are compared by themselves.
    """
    left, right = _fields(a), _fields(b)
    paths = [*left, *(path for path in right if path not in left)]
    return [
        {"field": path, "values": [_words(left.get(path)), _words(right.get(path))]}
        for path in paths
        if left.get(path) != right.get(path) and not path.startswith("assumptions")
    ]


def _fields(value: object, path: str = "") -> dict[str, object]:
    """Return the values at the ends of nested dictionaries and lists, by dotted path."""
    inside: list[tuple[str, object]] = []
    if isinstance(value, Mapping):
        inside = [(str(k), v) for k, v in cast("Mapping[str, object]", value).items()]
    elif isinstance(value, list | tuple):
        inside = [(str(i), v) for i, v in enumerate(cast("Sequence[object]", value))]
    if not inside:
        return {} if value is None or value in ([], {}, ()) else {path: value}
    found: dict[str, object] = {}
    for key, part in inside:
        found |= _fields(part, f"{path}.{key}" if path else key)
    return found


def _words(value: object) -> str | None:
    if value is None:
        return None
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _plain(formulation: Formulation | None) -> dict[str, Any]:
    return formulation.model_dump(mode="json") if formulation is not None else {}


def _head(
    name: str, log: RunLog, end: Answer | Failure | None, at_work: bool | None
) -> dict[str, Json]:
    setup = (log.last("setup") or {}).get("message", {})
    last = log.envelope(len(log.lines))
    return {
        "name": name,
        "status": status_of(last, at_work),
        "claim_level": end.claim_level if isinstance(end, Answer) else None,
        "team": setup.get("team", ""),
        "model": setup.get("model", ""),
        "spent": log.spent.as_dict(),
        "seconds": end.usage.seconds if end is not None else None,
        "failure": end.message if isinstance(end, Failure) else "",
    }


def _end(log: RunLog) -> Answer | Failure | None:
    last = log.envelope(len(log.lines))
    message = as_message(last["message"]) if last is not None else None
    return message if isinstance(message, Answer | Failure) else None


def _same_until(a: RunLog, b: RunLog) -> int:
    """Return up to which message both runs say the same: of a fork, where it begins."""
    most = min(len(a.lines), len(b.lines))
    for first in range(1, most + 1, PAIRS):
        last = min(first + PAIRS - 1, most)
        pairs = zip(a.envelopes(first, last), b.envelopes(first, last), strict=True)
        for seq, (one, other) in enumerate(pairs, first):
            if any(one[key] != other[key] for key in ("message", "sender", "cause", "time")):
                return seq - 1
    return most


def _statement(log: RunLog) -> dict[str, Json]:
    problem = log.message(Problem)
    if problem is None:
        return {"statement": "", "level": "", "tolerance": None}
    return problem.model_dump(include={"statement", "level", "tolerance"})


def _assumptions(*sides: Sequence[Mapping[str, Any]]) -> list[dict[str, Json]]:
    by_name = [{str(one["about"]): one for one in side} for side in sides]
    names = dict.fromkeys(name for side in by_name for name in side)
    return [
        {
            "about": name,
            "values": [side[name]["value"] if name in side else None for side in by_name],
            "sources": [side[name]["source"] if name in side else None for side in by_name],
        }
        for name in names
    ]


def _found(end: Answer | Failure | None) -> tuple[Quantity, ...]:
    if isinstance(end, Failure):
        return end.best
    return end.quantities if end is not None else ()


def _quantities(a: Sequence[Quantity], b: Sequence[Quantity]) -> list[dict[str, Json]]:
    by_name = [{one.name: one for one in side} for side in (a, b)]
    names = dict.fromkeys(name for side in by_name for name in side)
    return [_quantity(name, [side.get(name) for side in by_name]) for name in names]


def _quantity(name: str, pair: Sequence[Quantity | None]) -> dict[str, Json]:
    """Return a quantity of both runs, and by how much the second's is larger than the first's.

    ``within`` says whether the difference is within both error bounds together, None where one
    of them has none.
    """
    from mechagents.report.numbers import format_quantity

    told: dict[str, Json] = {
        "name": name,
        "sides": [
            {
                "value": format_quantity(one.value, one.unit),
                "bound": f"± {format_quantity(one.error_bound, one.unit)}"
                if one.error_bound is not None
                else "",
                "claim_level": one.claim_level,
            }
            if one is not None
            else None
            for one in pair
        ],
        "relative": None,
        "within": None,
    }
    a, b = pair
    if a is None or b is None or a.unit != b.unit:
        return told
    apart = b.value - a.value
    told["relative"] = apart / abs(a.value) if a.value else None
    if a.error_bound is not None and b.error_bound is not None:
        told["within"] = abs(apart) <= a.error_bound + b.error_bound
    return told


def _judged(log: RunLog) -> dict[str, dict[str, Any]]:
    """Return the newest verdict of each check on the last program that was checked."""
    found = [as_message(envelope["message"]) for envelope in log.every("evidence")]
    evidence = [one for one in found if isinstance(one, Evidence)]
    last = [one for one in evidence if one.attempt == evidence[-1].attempt]
    return {check.name: check.model_dump() for one in last for check in one.checks}


def _checks(*sides: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Json]]:
    names = dict.fromkeys(name for side in sides for name in side)
    keys = ("passed", "value", "tolerance")
    return [
        {
            "name": name,
            "sides": [
                {key: side[name][key] for key in keys} if name in side else None for side in sides
            ],
        }
        for name in names
    ]


def _program(log: RunLog) -> Program | None:
    """Return the program that the run's last evidence is about, else its last one."""
    evidence = log.message(Evidence)
    found = [as_message(envelope["message"]) for envelope in log.every("program")]
    programs = [one for one in found if isinstance(one, Program)]
    judged = [p for p in programs if evidence is not None and p.attempt == evidence.attempt]
    chosen = judged or programs
    return chosen[-1] if chosen else None
