"""Tells in words how a program ran and what the checks found, in bounded length."""

from __future__ import annotations

import re

from mechagents.brief import Attempt
from mechagents.messages import (
    Check,
    Critique,
    Evidence,
    Execution,
    Formulated,
    Message,
    Plan,
    Problem,
)

STREAM_CHARACTERS = 3000
COMPARED = ("convergence", "reference", "closed_form")
"""Families of checks whose words hold numbers that a reviewer can judge by."""
_LIBRARIES = re.compile(r"[^\s'\"(]*[/\\]site-packages[/\\]")
_FRAME = re.compile(r'^  File "(?P<file>[^"]+)", line \d+')


def describe_execution(execution: Execution, most: int = STREAM_CHARACTERS) -> str:
    """Return how a program ran, with so many characters of the end of both streams."""
    told = f"status {execution.status}, exit code {execution.exit_code}. {execution.message}"
    if execution.stdout:
        told += f"\nstdout:\n{execution.stdout[-most:]}"
    if execution.stderr:
        told += f"\nstderr:\n{cut_traceback(execution.stderr)[-most:]}"
    return told


def cut_traceback(stderr: str) -> str:
    """Return a stream's end, with the frames of libraries left out of its tracebacks."""
    kept: list[str] = []
    skipping = False
    for line in stderr.splitlines():
        frame = _FRAME.match(line)
        if frame:
            skipping = "program.py" not in frame["file"]
        elif not line.startswith("    "):
            skipping = False
        if not skipping:
            kept.append(line)
    return _LIBRARIES.sub("", "\n".join(kept))[-STREAM_CHARACTERS:]


def describe_evidence(evidence: Evidence, *, whole: bool = False) -> str:
    """Return the failed checks whole, the passed ones by name, and the quantities.

    Args:
        evidence: What was found.
        whole: Whether passed checks are told whole too where they compare numbers.
    """
    lines = [f"FAILED {_check(check)}" for check in evidence.failed]
    passed = [check for check in evidence.checks if check.passed]
    if whole:
        told = [check for check in passed if check.name.split(":")[0] in COMPARED]
        lines += [f"passed {check.name}: {check.message}" for check in told]
        passed = [check for check in passed if check not in told]
    said = {"", *(check.message for check in evidence.failed)}
    lines.append(f"passed: {', '.join(check.name for check in passed) or 'none'}")
    for q in evidence.quantities:
        bound = "" if q.error_bound is None else f" +- {q.error_bound:.3g}"
        note = "" if q.note in said else f" {q.note}"
        lines.append(f"{q.name} = {q.value:.6g}{bound} {q.unit} ({q.claim_level}){note}")
    return "\n".join(lines)


def describe_message(message: Message) -> str:
    """Return what was said last in words, without what a manager is shown besides."""
    match message:
        case Problem() | Plan():
            return "as above"
        case Formulated():
            return f"as above. {message.note}".strip()
        case Evidence():
            return f"\n{describe_evidence(message)}"
        case Critique():
            findings = "".join(f"\n- to {found.to}: {found.text}" for found in message.findings)
            return f"{message.verdict}. {message.summary}{findings}"
        case _:
            return message.to_json()


def one_line(attempt: Attempt) -> str:
    """Return what an attempt changed, and which checks failed."""
    evidence = attempt.evidence
    failed = ", ".join(c.name for c in evidence.failed) if evidence else "not checked"
    return f"{attempt.headline} {f'Failed: {failed}' if failed else '(no check failed)'}"


def _check(check: Check) -> str:
    value = "" if check.value is None else f" value {check.value:.4g}"
    tolerance = "" if check.tolerance is None else f" tolerance {check.tolerance:.4g}"
    told = check.message
    if check.name == "contract:execution":
        # The streams are shown by themselves.
        told = " … ".join(dict.fromkeys((told.split("\n")[0], told.strip().split("\n")[-1])))
    return f"{check.name}:{value}{tolerance} {_LIBRARIES.sub('', told)}"
