"""How a run ended, as a terminal shows it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mechagents.messages import Answer, Evidence, Failure
from mechagents.report.blocks import Block, Line, Rows, check_rows
from mechagents.report.console import blocks, make_console
from mechagents.report.numbers import show_quantity
from mechagents.report.text import block, count, duration, joined, one_line
from mechagents.report.words import (
    CLAIM_MEANING,
    CLAIM_TONE,
    reading_words,
    spaced,
    usage_words,
)

if TYPE_CHECKING:
    from mechagents.messages import (
        AlternativeReading,
        AnsweredAssumption,
        Check,
        Quantity,
        TotalUsage,
    )


def print_summary(
    end: Answer | Failure, folder: Path, *, file: TextIO | None = None, width: int | None = None
) -> None:
    """Print how a run ended: the numbers and how far they were verified, or why there are none.

    Args:
        end: The answer, or the failure.
        folder: The run's folder, which is named at the end.
        file: Where to print; None is standard output.
        width: Columns; None asks the terminal. Never less than 40.
    """
    console = make_console(file, width=width)
    console.print()
    shown = _answer_blocks(end) if isinstance(end, Answer) else _failure_blocks(end)
    blocks(console, shown, indent=0)
    blocks(console, [Line(""), Line(f"Everything is in {folder}")], indent=0)


def print_evidence(
    evidence: Evidence, *, file: TextIO | None = None, width: int | None = None
) -> None:
    """Print every check, the failed ones first, the numbers, and the claim level.

    Args:
        evidence: What was found on a folder of results.
        file: Where to print; None is standard output.
        width: Columns; None asks the terminal. Never less than 40.
    """
    passed = tuple(check for check in evidence.checks if check.passed)
    failed = evidence.failed
    shown: list[Block] = [Line(checks_words(evidence.checks), "bad" if failed else "good")]
    shown += [check_rows(failed, "bad"), Line("")] if failed else []
    shown += [Line("Passed:"), check_rows(passed, "good")] if passed else []
    shown += [Line(""), quantity_rows(evidence.quantities)] if evidence.quantities else []
    level = evidence.claim_level
    shown += [Line(""), Line(f"Claim level: {level}. {CLAIM_MEANING[level]}")]
    blocks(make_console(file, width=width), shown, indent=0)


def proposed_blocks(evidence: Evidence) -> list[Block]:
    """Return what an answer would say that rests on this evidence."""
    level = evidence.claim_level
    shown: list[Block] = [
        Line(f"The answer would be: {level}", CLAIM_TONE[level]),
        Line(CLAIM_MEANING[level], "dim"),
        Line(""),
        quantity_rows(evidence.quantities),
    ]
    shown += [
        Line(f"{q.name}: {one_line(q.note, 400)}", "note") for q in evidence.quantities if q.note
    ]
    if evidence.readings:
        shown += [Line(""), Line("On these assumptions:")]
        for one in evidence.readings:
            shown += _assumption(one, evidence.quantities)
    return [*shown, Line(""), Line(checks_words(evidence.checks))]


def _answer_blocks(answer: Answer) -> list[Block]:
    tone = CLAIM_TONE[answer.claim_level]
    shown: list[Block] = [
        Line(f"Answer to {answer.problem}: {answer.claim_level}{open_words(answer)}", tone),
        Line(CLAIM_MEANING[answer.claim_level], "dim"),
        Line(""),
        quantity_rows(answer.quantities),
    ]
    told = {check.message for check in answer.checks if not check.passed}
    notes = [
        f"{q.name}: {one_line(q.note, 400)}"
        for q in answer.quantities
        if q.note and q.note not in told
    ]
    shown += [Line(note, "note") for note in notes]
    shown += [Line(one_line(answer.note, 1000), "note")] if answer.note else []
    if answer.assumptions:
        shown += [Line(""), Line("On these assumptions:")]
        for one in answer.assumptions:
            shown += _assumption(one, answer.quantities)
    return [*shown, Line(""), *_effort(answer)]


def open_words(answer: Answer) -> str:
    """Return what is added to the claim level of an answer that nobody accepted."""
    return "" if answer.accepted else ", the best so far, not accepted"


def quantity_rows(quantities: tuple[Quantity, ...]) -> Rows:
    """Return quantities as rows of name, value, unit, error bound and claim level."""
    rows: list[tuple[str, ...]] = []
    for q in quantities:
        value, bound, unit = show_quantity(q.value, q.unit, q.error_bound)
        bound_words = "not known" if bound is None else f"± {bound} {unit}".rstrip()
        rows.append((q.name, f"{value} {unit}".rstrip(), bound_words, q.claim_level))
    return Rows(("quantity", "value", "error bound", "claim level"), tuple(rows))


def _assumption(one: AnsweredAssumption, quantities: tuple[Quantity, ...]) -> list[Block]:
    known = [other for other in one.alternatives if other.changes]
    others = [other.value for other in one.alternatives if not other.changes]
    also = f"; also: {joined(others)}" if others else ""
    head = Line(f"{one.about} = {one.value} ({one.source}){also}", indent=2)
    why = [Line(one_line(one.why, 400), "dim", indent=4)] if one.why else []
    return [head, *(_other(other, quantities) for other in known), *why]


def _other(reading: AlternativeReading, quantities: tuple[Quantity, ...]) -> Line:
    """Return what another reading would give, as many quantities as there is room for."""
    return Line(one_line(f"as {reading_words(reading, quantities)}", 400), indent=4)


def _effort(answer: Answer) -> list[Block]:
    failed = [check for check in answer.checks if not check.passed]
    return [
        Line(checks_words(answer.checks), "bad" if failed else "plain"),
        *([check_rows(tuple(failed), "bad")] if failed else []),
        Line(
            f"{count(answer.attempts, 'attempt')}, {usage_line(answer.usage)}; "
            f"model {answer.model}; isolation {answer.isolation}",
            "dim",
        ),
    ]


def checks_words(checks: tuple[Check, ...]) -> str:
    """Return how many checks were made and how many passed."""
    if not checks:
        return "No check was made."
    failed = sum(not check.passed for check in checks)
    if not failed:
        return f"All {len(checks)} checks passed." if len(checks) > 1 else "1 check passed."
    return f"{failed} of {count(len(checks), 'check')} failed:"


def usage_line(usage: TotalUsage) -> str:
    """Return what a run took in words."""
    tokens = usage.prompt_tokens + usage.completion_tokens
    return (
        f"{usage_words(usage.model_calls, tokens, usage.cost)}, "
        f"{count(usage.executions, 'execution')}, {duration(usage.seconds)}"
    )


def _failure_blocks(failure: Failure) -> list[Block]:
    shown: list[Block] = [
        Line(f"No answer: {spaced(failure.reason)}", "bad"),
        Line(block(failure.message)),
    ]
    if failure.tried:
        shown += [Line(""), Line("What was tried:")]
        shown += [Line(one_line(one, 400), indent=2) for one in failure.tried]
    model = f"; model {failure.model}" if failure.model else ""
    return [*shown, Line(""), Line(f"{usage_line(failure.usage)}{model}", "dim")]
