"""The front page: what was asked, what was found, what it rests on, and who answers for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mechagents.messages import (
    CLAIM_LEVELS,
    AlternativeReading,
    Answer,
    AnsweredAssumption,
    Evidence,
    Failure,
    Quantity,
)
from mechagents.report.digest import Digest
from mechagents.report.page import Named, idealisation, named
from mechagents.report.sheet.parts import (
    Cell,
    Column,
    Panel,
    Part,
    Points,
    Quote,
    Section,
    Signatures,
    Style,
    Table,
    Words,
    table,
)
from mechagents.report.summary import open_words
from mechagents.report.words import (
    CLAIM_MEANING,
    CLAIM_TONE,
    LIMIT_OF_VERIFICATION,
    change_words,
    spaced,
)

SIGNED = ("Prepared", "Checked", "Approved")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


def question(state: Digest) -> Section | None:
    """Return what was asked, and how far it was to be verified."""
    problem, earlier = state.problem, state.earlier
    if problem is None:
        return None
    parts: list[Part] = []
    if problem.follows and earlier is not None:
        parts.append(Words("Asked before, in the runs that this one follows:", "soft"))
        parts.append(Points(earlier.statements, numbered=True))
    percent = f"{100 * problem.tolerance:.3g} %"
    asked = f"Asked for: {problem.level}, with an error bound of at most {percent}."
    if problem.follows:
        open_end = earlier is not None and not earlier.accepted
        asked += f" Follows the run {problem.follows}"
        asked += ", which has no accepted answer." if open_end else "."
    for fork in state.forks:
        edited = ", which a person edited" if fork.edited else ""
        asked += f" Forked at message {fork.seq} of the run {fork.run}{edited}; "
        asked += "what was used up by then is counted."
    return Section("Question", (*parts, Quote(problem.statement), Words(asked, "soft")), front=True)


def outcome(state: Digest) -> Section:
    """Return the answer with its claim level, or why there is none."""
    match state.end:
        case Answer():
            return _answer(state, state.end)
        case Failure(reason="waiting"):
            waits = Panel("The run waits for a person.", (state.end.message,), "note")
            return Section("No answer yet", (waits, *_so_far(state, state.end)), front=True)
        case Failure():
            return _failure(state, state.end)
        case _:
            waits = Panel("The run has not ended.", (), "note")
            return Section("No answer yet", (waits,), front=True)


def _answer(state: Digest, answer: Answer) -> Section:
    level, lines = answer.claim_level, [CLAIM_MEANING[answer.claim_level]]
    if _falls_short(state, answer) and state.problem is not None:
        lines.append(f"This is below the level that was asked for ({state.problem.level}).")
    head = f"Claim level: {level}{open_words(answer)}"
    tone = CLAIM_TONE[level] if answer.accepted else "bad"
    parts: list[Part] = [Panel(head, tuple(lines), tone), quantity_table(state, answer)]
    if answer.note:
        parts.append(Words(answer.note))
    return Section("Answer", tuple(parts), front=True)


def _falls_short(state: Digest, answer: Answer) -> bool:
    if state.problem is None:
        return False
    return CLAIM_LEVELS.index(answer.claim_level) < CLAIM_LEVELS.index(state.problem.level)


def quantity_table(state: Digest, answer: Answer) -> Table:
    """Return each quantity with its error bound, claim level, and what it is."""
    return _quantities(named(answer.quantities, state.formulation), "value")


def _quantities(found: Sequence[Named], style: Style) -> Table:
    columns = (
        Column("quantity", "name", wide=True),
        Column("value", style),
        Column("error bound", "number"),
        Column("claim level"),
    )
    rows = [
        ((one.name, *(line for line in (one.what, one.note) if line)), one.value, one.bound,
         one.level)
        for one in found
    ]  # fmt: skip
    return table(columns, tuple(rows))


def _failure(state: Digest, failure: Failure) -> Section:
    head = f"The run ended without an answer: {spaced(failure.reason)}"
    panel = Panel(head, (failure.message,), "bad")
    return Section("No answer", (panel, *_so_far(state, failure)), front=True)


def _so_far(state: Digest, failure: Failure) -> list[Part]:
    parts: list[Part] = []
    if failure.best:
        parts.append(Words("What the best attempt gave, as far as it was verified:"))
        parts.append(_quantities(named(failure.best, state.formulation), "number"))
    if failure.tried:
        parts += [Words("What was tried:"), Points(failure.tried, numbered=True)]
    return parts


def readings(state: Digest) -> Section | None:
    """Return the idealisation and every other choice, with what other readings would give."""
    known = assumptions(state)
    parts: list[Part] = []
    if state.formulation is not None:
        parts.append(Words(idealisation(state.formulation)))
    if known:
        parts.append(_reading_table(state, known))
    return Section("What it rests on", tuple(parts), front=True) if parts else None


def _reading_table(state: Digest, known: tuple[AnsweredAssumption, ...]) -> Table:
    judged = _judged(state)
    found = judged.quantities if judged is not None else ()
    if isinstance(state.end, Answer):
        found = state.end.quantities
    rows: list[tuple[str | Cell, ...]] = []
    for one in known:
        head: tuple[str, str] = (plainly(one.about), plainly(one.value))
        for other in one.alternatives:
            rows.append((*head, plainly(other.value), given_words(other, found)))
            head = ("", "")
        if not one.alternatives:
            rows.append((*head, "none named", ""))
    columns = (
        Column("choice"), Column("chosen"), Column("other reading"),
        Column("would give", wide=True),
    )  # fmt: skip
    return table(columns, tuple(rows))


def _judged(state: Digest) -> Evidence | None:
    """Return the last evidence on the attempt that the report is about."""
    by = state.answered_by
    return by.evidence if by is not None else None


def given_words(other: AlternativeReading, found: tuple[Quantity, ...]) -> str:
    """Return what another reading would give, quantity by quantity."""
    told = [
        f"{q.name} {value}" for q in found if (value := change_words(other, q.name, q.unit))
    ]  # fmt: skip
    return "; ".join(told) or "not computed"


def assumptions(state: Digest) -> tuple[AnsweredAssumption, ...]:
    """Return the assumptions of the answer or the formulation, the idealisation first."""
    judged = _judged(state)
    if isinstance(state.end, Answer):
        known = state.end.assumptions
    elif judged is not None and judged.readings:
        known = judged.readings
    else:
        stated = state.formulation.assumptions if state.formulation is not None else ()
        known = tuple(AnsweredAssumption.of(one) for one in stated)
    return tuple(sorted(known, key=lambda one: one.about != "idealisation"))


def plainly(name: str) -> str:
    """Return an identifier as words, and anything else as it is."""
    return spaced(name) if _IDENTIFIER.fullmatch(name) else name


def signatures(state: Digest, identity: tuple[tuple[str, str], ...]) -> Section:
    """Return where to sign, and by what the run is known; a failure has nothing to sign."""
    answered = isinstance(state.end, Answer)
    block = Signatures(SIGNED if answered else (), ("name", "date", "signature"), identity)
    limit = (Words(LIMIT_OF_VERIFICATION, "soft"),) if answered else ()
    return Section("Signatures" if answered else "This run", (*limit, block), front=True)
