"""A run's attempts: programs with what changed, their executions, and the checks on them."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any
from weakref import WeakKeyDictionary

from starlette.exceptions import HTTPException

from mechagents.messages import Evidence, Execution, Program
from mechagents.report.numbers import format_quantity, ratio
from mechagents.report.words import settings_words
from mechagents.view.respond import Json
from mechagents.view.runlog import RunLog
from mechagents.view.told import as_message

_Numbered = tuple[int, Program | Execution | Evidence]
_READ: WeakKeyDictionary[RunLog, tuple[int, list[_Numbered]]] = WeakKeyDictionary()
"""How many such messages of a log were read, and what they say."""
LONGEST = 200_000
"""Characters of an output stream that are shown [-]."""


def attempts(log: RunLog) -> list[dict[str, Json]]:
    """Return each attempt in brief: what changed, and what the checks found.

    Args:
        log: The run's log, read.
    """
    found: dict[int, list[_Numbered]] = {}
    for seq, message in _about_programs(log):
        if isinstance(message, Program):
            found[message.attempt] = []
        found.setdefault(message.attempt, []).append((seq, message))
    return [_brief(number, said) for number, said in found.items()]


def attempt_of(log: RunLog, number: int) -> dict[str, Json]:
    """Return one attempt with its program, the output of its executions, and every check.

    Raises:
        HTTPException: 404 if there is none of that number.
    """
    mine = [(seq, one) for seq, one in _about_programs(log) if one.attempt == number]
    programs = [one for _, one in mine if isinstance(one, Program)]
    if not programs:
        raise HTTPException(404, f"the run has no attempt {number}")
    evidence = [one for _, one in mine if isinstance(one, Evidence)]
    quantities = evidence[-1].quantities if evidence else ()
    return {
        **_brief(number, mine),
        "source": programs[-1].source,
        "executions": [_execution(seq, one) for seq, one in mine if isinstance(one, Execution)],
        "checks": _checks(evidence),
        "quantities": [
            f"{q.name} = {format_quantity(q.value, q.unit, q.error_bound)}" for q in quantities
        ],
    }


def differences(log: RunLog, number: int) -> dict[str, Json]:
    """Return what changed from the program before to that of an attempt.

    Returns:
        ``since``: the number of the attempt before, None for the first; ``lines``: a mark (``-``,
        ``+`` or a blank), the line's number in the program it is in, and its text.
    """
    programs = [one for _, one in _about_programs(log) if isinstance(one, Program)]
    place = next((i for i, p in enumerate(programs) if p.attempt == number), None)
    if place is None:
        raise HTTPException(404, f"the run has no attempt {number}")
    before = programs[place - 1] if place else None
    lines = changes(
        before.source.splitlines() if before is not None else [],
        programs[place].source.splitlines(),
    )
    return {"since": before.attempt if before is not None else None, "lines": lines}


def changes(old: list[str], new: list[str]) -> list[tuple[str, int, str]]:
    """Return the lines of two texts: a mark (``-``, ``+`` or a blank), the number, the text."""
    lines: list[tuple[str, int, str]] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += [(" ", number + 1, new[number]) for number in range(c, d)]
        else:
            lines += [("-", number + 1, old[number]) for number in range(a, b)]
            lines += [("+", number + 1, new[number]) for number in range(c, d)]
    return lines


def _about_programs(log: RunLog) -> list[_Numbered]:
    """Return what is said about programs; in a long log, read once."""
    numbers = log.numbers("program", "execution", "evidence")
    read, known = _READ.get(log, (0, []))
    if read > len(numbers):  # another log is there now
        read, known = 0, []
    found = log.pick(numbers[read:])
    messages = ((envelope["seq"], as_message(envelope["message"])) for envelope in found)
    fresh = [(seq, one) for seq, one in messages if isinstance(one, Program | Execution | Evidence)]
    _READ[log] = len(numbers), [*known, *fresh]
    return _READ[log][1]


def _brief(number: int, said: list[_Numbered]) -> dict[str, Json]:
    programs = [(seq, one) for seq, one in said if isinstance(one, Program)]
    evidence = [one for _, one in said if isinstance(one, Evidence)]
    executions = [one for _, one in said if isinstance(one, Execution)]
    checks = {check.name: check.passed for one in evidence for check in one.checks}
    told: dict[str, Json] = {
        "attempt": number,
        "runs": len(executions),
        "status": executions[-1].status if executions else None,
        "claim_level": evidence[-1].claim_level if evidence else None,
        "passed": sum(checks.values()),
        "failed": [name for name, passed in checks.items() if not passed],
        "folder": executions[0].folder if executions else None,
    }
    if programs:
        seq, program = programs[-1]
        told |= {"seq": seq, "changed": program.changed, "why": program.why, "lane": program.lane,
                 "settings": settings_words(program.settings)}  # fmt: skip
    return told


def _execution(seq: int, execution: Execution) -> dict[str, Json]:
    return {
        "seq": seq,
        "folder": execution.folder,
        "status": execution.status,
        "exit_code": execution.exit_code,
        "message": execution.message,
        "settings": settings_words(execution.settings),
        "stdout": execution.stdout[-LONGEST:],
        "stderr": execution.stderr[-LONGEST:],
        "stdout_bytes": execution.stdout_bytes,
        "stderr_bytes": execution.stderr_bytes,
        "seconds": execution.usage.wall_seconds,
        "memory": execution.usage.peak_memory_mib,
        "artifacts": execution.artifacts,
        "isolation": execution.isolation,
    }


def _checks(evidence: list[Evidence]) -> list[dict[str, Json]]:
    shown = _merged(evidence)
    return [{**one, "value": _ratio(one["value"]), "tolerance": _ratio(one["tolerance"]),
             "share": _share(one)} for one in shown]  # fmt: skip


def _merged(evidence: list[Evidence]) -> list[dict[str, Any]]:
    """Return every check that was made, the newest verdict of each, in order of cost."""
    checks: dict[str, dict[str, Any]] = {}
    for one in evidence:
        checks.update({check.name: check.model_dump() for check in one.checks})
    return list(checks.values())


def _share(check: dict[str, Any]) -> float | None:
    """Return how much of its tolerance a check took, None where that says nothing."""
    value, tolerance = check["value"], check["tolerance"]
    return abs(value) / tolerance if value is not None and tolerance else None


def _ratio(value: float | None) -> str:
    return ratio(value)
