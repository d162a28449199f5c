"""A run's attempts: programs with what changed, their executions, and the checks on them."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

from starlette.exceptions import HTTPException

from mechagents.view.runlog import RunLog

SHOWN = ("status", "exit_code", "folder", "settings", "usage", "message", "isolation")


def attempts(log: RunLog) -> list[dict[str, Any]]:
    """Return each attempt without its program: its executions, and what the checks found.

    Args:
        log: The run's log, read.
    """
    found: dict[int, dict[str, Any]] = {}
    for envelope in _about_programs(log):
        message = envelope["message"]
        number = message.get("attempt")
        if message["kind"] == "program":
            found[number] = _begun(envelope)
        elif number in found:
            _add(found[number], envelope)
    return list(found.values())


def attempt_of(log: RunLog, number: int) -> dict[str, Any]:
    """Return one attempt with its program, the output of its executions, and every check.

    Raises:
        HTTPException: 404 if there is none of that number.
    """
    mine = [e for e in _about_programs(log) if e["message"].get("attempt") == number]
    programs = [e for e in mine if e["message"]["kind"] == "program"]
    if not programs:
        raise HTTPException(404, f"the run has no attempt {number}")
    kinds = ("execution", "evidence")
    return {
        **_begun(programs[-1]),
        "source": programs[-1]["message"]["source"],
        "steps": [e for e in mine if e["message"]["kind"] in kinds],
    }


def differences(log: RunLog, number: int) -> dict[str, Any]:
    """Return what changed from the program before to that of an attempt.

    Returns:
        ``since``: the number of the attempt before, None for the first; ``lines``: a mark (``-``,
        ``+`` or a blank), the line's number in the program it is in, and its text.
    """
    programs = [e["message"] for e in _about_programs(log) if e["message"]["kind"] == "program"]
    place = next((i for i, p in enumerate(programs) if p["attempt"] == number), None)
    if place is None:
        raise HTTPException(404, f"the run has no attempt {number}")
    before = programs[place - 1] if place else None
    old: list[str] = before["source"].splitlines() if before is not None else []
    lines = _difference(old, programs[place]["source"].splitlines())
    return {"since": before["attempt"] if before is not None else None, "lines": lines}


def _difference(old: list[str], new: list[str]) -> list[tuple[str, int, str]]:
    lines: list[tuple[str, int, str]] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += [(" ", number + 1, new[number]) for number in range(c, d)]
        else:
            lines += [("-", number + 1, old[number]) for number in range(a, b)]
            lines += [("+", number + 1, new[number]) for number in range(c, d)]
    return lines


def _about_programs(log: RunLog) -> list[dict[str, Any]]:
    kinds = ("program", "execution", "evidence")
    return log.pick([line.seq for line in log.lines if line.kind in kinds])


def _begun(envelope: dict[str, Any]) -> dict[str, Any]:
    program = envelope["message"]
    told = {key: program.get(key) for key in ("attempt", "changed", "why", "lane", "settings")}
    return {**told, "seq": envelope["seq"], "sender": envelope["sender"], "executions": []}


def _add(attempt: dict[str, Any], envelope: dict[str, Any]) -> None:
    message = envelope["message"]
    if message["kind"] == "execution":
        told = {key: message.get(key) for key in SHOWN}
        attempt["executions"].append({**told, "seq": envelope["seq"]})
        return
    checks = message.get("checks", ())
    failed = [check["name"] for check in checks if not check["passed"]]
    attempt["claim_level"] = message.get("claim_level")
    attempt["checks"], attempt["failed"] = len(checks), failed
