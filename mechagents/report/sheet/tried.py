"""How it was found: every check, and each attempt with what was wrong and how it was mended."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from mechagents.messages import Answer, Check, Execution, Program
from mechagents.report.digest import Digest, Tried
from mechagents.report.numbers import ratio
from mechagents.report.sheet.parts import (
    Column,
    Heading,
    Listing,
    Pairs,
    Part,
    Points,
    Section,
    Table,
    Words,
    table,
)
from mechagents.report.text import count, duration, tail
from mechagents.report.words import settings_words, spaced

MOST_LINES = 80
"""Lines that are shown of how two programs differ."""
CHECK_COLUMNS = (
    Column("check", "name"), Column("result", "verdict"), Column("value", "number"),
    Column("tolerance", "number"), Column("meaning", wide=True),
)  # fmt: skip


def checks(state: Digest) -> Section | None:
    """Return every check on the answer or, without one, on the last attempt."""
    by = state.answered_by
    if isinstance(state.end, Answer):
        made, parts = state.end.checks, list[Part]()
    else:
        made = by.evidence.checks if by is not None and by.evidence is not None else ()
        parts = [Words("Made on the last attempt.")]
    if not made:
        return None
    failed = sum(not check.passed for check in made)
    told = f"{count(len(made), 'check')}, {failed or 'none'} failed."
    return Section("Checks", (*parts, Words(told), check_table(made)))


def check_table(made: Sequence[Check]) -> Table:
    """Return checks with value, tolerance and meaning."""
    rows = tuple(
        (c.name, "passed" if c.passed else "failed", ratio(c.value), ratio(c.tolerance), c.message)
        for c in made
    )
    return table(CHECK_COLUMNS, rows)


def attempts(state: Digest) -> Section | None:
    """Return each attempt: what changed and why, how it ran, and what was found."""
    parts: list[Part] = []
    before: Program | None = None
    for one in state.tried:
        parts += _attempt(state, one, before)
        before = one.program
    return Section("Attempts", tuple(parts)) if parts else None


def _attempt(state: Digest, tried: Tried, before: Program | None) -> list[Part]:
    program = tried.program
    lane = f", candidate {program.lane}," if program.lane else ""
    parts: list[Part] = [Heading(f"Attempt {program.attempt}{lane} {verdict(state, tried)}")]
    if tried.formulation is not None and tried.formulation != state.formulation:
        parts.append(Words("Written for an earlier formulation.", "soft"))
    if program.why:
        parts.append(Words(f"Because: {program.why}"))
    if program.changed:
        parts.append(Words(f"Changed: {program.changed}"))
    if before is not None:
        parts += _differences(before, program)
    runs = [_execution(trial.execution) for trial in tried.trials]
    if runs:
        parts.append(Points(tuple(runs)))
    for trial in tried.trials:
        words = _last_words(trial.execution)
        if words:
            parts.append(Listing(tuple(words.split("\n")), "output"))
    if tried.evidence is not None and not tried.evidence.passed:
        parts.append(check_table(tried.evidence.failed))
    if tried.findings:
        parts.append(Points(tuple(f"For {found.to}: {found.text}" for found in tried.findings)))
    return parts


def _differences(before: Program, after: Program) -> list[Part]:
    """Return how a program differs from the one before, in its settings and in its text."""
    told: list[Part] = []
    was, now = settings_words(before.settings), settings_words(after.settings)
    if was != now:
        told.append(Words(f"Settings: {was} → {now}."))
    lines = [
        line.rstrip("\n")
        for line in difflib.unified_diff(
            before.source.splitlines(), after.source.splitlines(),
            f"attempt {before.attempt}", f"attempt {after.attempt}", lineterm="", n=2,
        )
    ]  # fmt: skip
    if not lines:
        told.append(Words("The program is the same, line by line.", "soft"))
        return told
    left = len(lines) - MOST_LINES
    shown = lines if left <= 0 else [*lines[:MOST_LINES], f"… {count(left, 'more line')}"]
    return [*told, Listing(tuple(shown), "difference")]


def verdict(state: Digest, tried: Tried) -> str:
    """Return what came of an attempt, in a few words."""
    if tried.candidate is not None and tried.candidate.ended == "cancelled":
        return "was cancelled, for another passed first"
    if tried.trials and all(trial.execution.status != "ok" for trial in tried.trials):
        return "did not run to its end"
    if tried.evidence is None:
        return "was not judged"
    if not tried.evidence.passed:
        return "rejected by the checks"
    if isinstance(state.end, Answer) and tried is state.answered_by:
        return "gave the answer"
    return "revised" if tried.findings else "passed the checks made"


def _execution(execution: Execution) -> str:
    used = execution.usage
    status = "ran" if execution.status == "ok" else spaced(execution.status)
    told = (
        f"{status} at {settings_words(execution.settings)}, in "
        f"{duration(used.wall_seconds)}, {used.peak_memory_mib:.0f} MiB"
    )
    failed = execution.status != "ok" and execution.message
    return f"{told}: {execution.message}" if failed else told


def _last_words(execution: Execution) -> str:
    """Return the end of what a failed program wrote."""
    if execution.status == "ok":
        return ""
    return tail(execution.stderr or execution.stdout, lines=30, limit=6000)


def plan(state: Digest) -> Section | None:
    """Return the steps and the method that were planned."""
    if state.plan is None:
        return None
    method = (Words(state.plan.method),) if state.plan.method else ()
    return Section("Plan", (*method, Points(state.plan.steps, numbered=True)))


def talk(state: Digest) -> Section | None:
    """Return what people were asked, and what they replied."""
    said = [(e.sender, str(getattr(e.message, "text", "")) or "(Enter)") for e in state.talk]
    return Section("Questions and replies", (Pairs(tuple(said)),)) if said else None
