"""One run at a glance: what was asked, how it stands, what it spent, what it answers."""

from __future__ import annotations

from typing import Any

from mechagents.view.respond import as_object
from mechagents.view.runlog import RunLog
from mechagents.view.status import status_of

_SETUP = ("team", "model", "fallback", "sandbox", "budget", "approve", "version", "candidates")


def glance(name: str, log: RunLog) -> dict[str, Any]:
    """Return what the head of a run's page tells.

    Args:
        name: How the run is named in addresses.
        log: Its log, read.
    """
    first, last = log.envelope(1), log.envelope(len(log.lines))
    setup, problem = _message(log.last("setup")), dict(_message(log.last("problem")))
    formulated = _message(log.last("formulation")).get("formulation")
    formulated = as_object(formulated or problem.get("formulation"))
    problem.pop("formulation", None)
    end = _message(last) if last and last["message"]["kind"] in ("answer", "failure") else {}
    return {
        "name": name,
        "status": status_of(log.folder, last),
        "messages": len(log.lines),
        "started": first["time"] if first else "",
        "updated": last["time"] if last else "",
        "setup": {key: setup.get(key) for key in _SETUP},
        "roles": [_role(role) for role in setup.get("roles", ())],
        "problem": problem,
        "earlier": _earlier(_message(log.last("earlier"))),
        "plan": _message(log.last("plan")) or None,
        "formulated": bool(formulated),
        "idealisation": formulated.get("idealisation"),
        "answer": end if end.get("kind") == "answer" else None,
        "failure": end if end.get("kind") == "failure" else None,
        "evidence": _message(log.last("evidence")) or None,
        "question": _question(log),
        "spent": log.spent.as_dict(),
    }


def _message(envelope: dict[str, Any] | None) -> dict[str, Any]:
    return envelope["message"] if envelope is not None else {}


def _role(role: dict[str, Any]) -> dict[str, Any]:
    return {key: role.get(key) for key in ("name", "description", "receives", "sends", "model")}


def _earlier(earlier: dict[str, Any]) -> dict[str, Any] | None:
    return {key: earlier[key] for key in ("run", "statements", "accepted")} if earlier else None


def _question(log: RunLog) -> dict[str, Any] | None:
    """Return the newest question that nobody has answered, and what it asks approval of."""
    answered = {line.cause for line in log.lines if line.kind == "reply"}
    asked = [line.seq for line in log.lines if line.kind == "question"]
    open_ = [seq for seq in asked if seq not in answered]
    envelope = log.envelope(open_[-1]) if open_ else None
    if envelope is None:
        return None
    question = envelope["message"]
    about = question.get("approves")
    return {
        "seq": envelope["seq"],
        "sender": envelope["sender"],
        "text": question["text"],
        "options": question.get("options", []),
        "approves": about,
        "about": log.envelope(about) if about is not None else None,
    }
