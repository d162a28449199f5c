"""One run at a glance: what was asked, how it stands, what it spent, what it answers."""

from __future__ import annotations

from typing import Any

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import (
    Answer,
    AnsweredAssumption,
    Evidence,
    Execution,
    Failure,
    Formulated,
    Problem,
    Quantity,
)
from mechagents.view.files import pictures_of
from mechagents.view.respond import Json, as_object
from mechagents.view.runlog import RunLog
from mechagents.view.status import status_of
from mechagents.view.told import as_message, told

_SETUP = ("team", "model", "fallback", "sandbox", "budget", "approve", "version", "candidates")


def glance(name: str, log: RunLog, at_work: bool | None) -> dict[str, Json]:
    """Return what the head of a run's page tells.

    Args:
        name: How the run is named in addresses.
        log: Its log, read.
        at_work: Whether a process works on it; None where that cannot be told.
    """
    first, last = log.envelope(1), log.envelope(len(log.lines))
    setup = _message(log.last("setup"))
    problem = log.message(Problem)
    f = formulation_of(log)
    end = as_message(last["message"]) if last else None
    return {
        "name": name,
        "status": status_of(last, at_work),
        "at_work": at_work,
        "messages": len(log.lines),
        "attempts": log.spent.attempts,
        "started": first["time"] if first else "",
        "updated": last["time"] if last else "",
        "setup": {key: setup.get(key) for key in _SETUP},
        "roles": [_role(role) for role in setup.get("roles", ())],
        "title": (f.title if f is not None else "") or (problem.name if problem else name),
        "problem": problem.model_dump(exclude={"formulation"}) if problem is not None else None,
        "earlier": _earlier(_message(log.last("earlier"))),
        "plan": _plan(log),
        "formulation": _formulation(f) if f is not None else None,
        "answer": _answer(end, f) if isinstance(end, Answer) else None,
        "failure": _failure(end) if isinstance(end, Failure) else None,
        "evidence": _evidence(log),
        "pictures": _pictures(log),
        "question": open_question(log),
        "spent": log.spent.as_dict(),
    }


def formulation_of(log: RunLog) -> Formulation | None:
    """Return the formulation that the team works from, None where there is none yet."""
    formulated, problem = log.message(Formulated), log.message(Problem)
    if formulated is not None:
        return formulated.formulation
    return problem.formulation if problem is not None else None


def open_question(log: RunLog) -> dict[str, Json] | None:
    """Return the newest question that nobody has answered, and what it asks approval of."""
    answered = {envelope["cause"] for envelope in log.every("reply")}
    asked = [seq for seq in log.numbers("question") if seq not in answered]
    envelope = log.envelope(asked[-1]) if asked else None
    if envelope is None:
        return None
    question = envelope["message"]
    about = question.get("approves")
    held = log.envelope(about) if about is not None else None
    return {
        "seq": envelope["seq"],
        "sender": envelope["sender"],
        "text": question["text"],
        "options": question.get("options", []),
        "approves": about,
        "about": told(held, full=True) if held is not None else None,
    }


def _message(envelope: dict[str, Any] | None) -> dict[str, Any]:
    return envelope["message"] if envelope is not None else {}


def _role(role: dict[str, Any]) -> dict[str, Json]:
    return {key: role.get(key) for key in ("name", "description", "receives", "sends", "model")}


def _earlier(earlier: dict[str, Any]) -> dict[str, Json] | None:
    return {key: earlier[key] for key in ("run", "statements", "accepted")} if earlier else None


def _plan(log: RunLog) -> dict[str, Json] | None:
    plan = as_object(_message(log.last("plan")))
    return {key: plan.get(key) for key in ("steps", "method", "checks")} if plan else None


def _formulation(f: Formulation) -> dict[str, Json]:
    from mechagents.report.page import formulation_sections, idealisation

    sections = formulation_sections(f)
    return {
        "idealisation": idealisation(f),
        "sections": [{"title": s.title, "head": s.head, "rows": s.rows} for s in sections],
    }


def _answer(answer: Answer, f: Formulation | None) -> dict[str, Json]:
    from mechagents.report.words import CLAIM_MEANING, CLAIM_TONE

    return {
        "claim_level": answer.claim_level,
        "meaning": CLAIM_MEANING[answer.claim_level],
        "tone": CLAIM_TONE[answer.claim_level],
        "accepted": answer.accepted,
        "note": answer.note,
        "quantities": _quantities(answer.quantities, f),
        "assumptions": [_assumption(one, answer.quantities) for one in answer.assumptions],
        "isolation": answer.isolation,
        "usage": answer.usage.model_dump(),
    }


def _quantities(quantities: tuple[Quantity, ...], f: Formulation | None) -> list[dict[str, Json]]:
    from mechagents.report.page import named

    return [
        {
            "name": one.name,
            "what": one.what,
            "value": one.value,
            "bound": one.bound,
            "claim_level": one.level,
            "note": one.note,
        }
        for one in named(quantities, f)
    ]


def _assumption(one: AnsweredAssumption, found: tuple[Quantity, ...]) -> dict[str, Json]:
    from mechagents.report.words import reading_words

    return {
        "about": one.about,
        "value": one.value,
        "source": one.source,
        "why": one.why,
        "others": [reading_words(other, found) for other in one.alternatives],
    }


def _failure(failure: Failure) -> dict[str, Json]:
    return {
        "reason": failure.reason,
        "message": failure.message,
        "tried": failure.tried,
        "usage": failure.usage.model_dump(),
    }


def _evidence(log: RunLog) -> dict[str, Json] | None:
    """Return how far the newest attempt that was checked has come."""
    evidence = log.message(Evidence)
    if evidence is None:
        return None
    return {
        "attempt": evidence.attempt,
        "claim_level": evidence.claim_level,
        "passed": len(evidence.checks) - len(evidence.failed),
        "failed": len(evidence.failed),
        "over": evidence.run_next is None,
    }


def _pictures(log: RunLog) -> list[dict[str, Json]]:
    """Return the pictures of the newest execution of an attempt that made any."""
    for envelope in reversed(log.every("execution")):
        execution = as_message(envelope["message"])
        if isinstance(execution, Execution) and "-" not in execution.folder:
            found = pictures_of(execution.folder, execution.artifacts)
            if found:
                return found
    return []
