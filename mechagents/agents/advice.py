"""What a role is told besides the conversation: notes, likely causes, lessons of earlier runs."""

from __future__ import annotations

from itertools import pairwise

from mechagents.brief import Attempt, Brief
from mechagents.flow.repeats import last_line
from mechagents.knowledge import Lesson, Shelf
from mechagents.log import Conversation
from mechagents.messages import Check, Evidence, ModelCall, Selection
from mechagents.models.handbook.catalogue import explain_check, explain_error

MOST_NOTES = 3
ADVISED = ("plan", "formulation", "program", "critique")
"""The kinds of messages that notes help to write."""


def advice(brief: Brief, shelf: Shelf) -> tuple[str, ...]:
    """Return what may help a role in its turn, one piece of advice a string."""
    if brief.want not in ADVISED:
        return ()
    failure = failure_of(brief.last) if brief.want in ("program", "critique") else ""
    told = [*_causes(brief.last)] if failure else []
    lesson = shelf.recall(failure) if failure and brief.want == "program" else None
    if lesson is not None:
        told.append(f"The same failure was mended before: {lesson.fix}")
    subject = _subject(brief)
    notes = shelf.find(failure or subject, role=_reader(brief), about=subject, most=MOST_NOTES)
    return (*told, *(f"{note.title}: {note.text} [{note.source}]" for note in notes))


def failure_of(attempt: Attempt | None) -> str:
    """Return on a line how an attempt failed, empty where it did not."""
    if attempt is None:
        return ""
    if attempt.execution is not None and attempt.execution.status != "ok":
        return f"{attempt.execution.status}: {last_line(attempt.execution)}"
    failed = attempt.evidence.failed if attempt.evidence is not None else ()
    return _told(failed[0]) if failed else ""


def _told(check: Check) -> str:
    """Return a failed check without the name of the quantity, which the next problem has not."""
    family, _, of = check.name.partition(":")
    if of and check.message.startswith(f"{of} "):
        return f"{family}: it{check.message.removeprefix(of)}"
    return f"{check.name}: {check.message}"


def lessons_of(attempts: tuple[Attempt, ...]) -> list[Lesson]:
    """Return what mended each failure: the change after which it did not come again."""
    found: list[Lesson] = []
    for before, after in pairwise(attempts):
        failure = failure_of(before)
        if failure and after.evidence is not None and after.evidence.passed:
            changed = f"{after.program.changed} {after.program.why}".strip()
            if changed:
                found.append(Lesson.of(failure, changed))
    return found


def learn(conversation: Conversation, attempts: tuple[Attempt, ...], shelf: Shelf) -> None:
    """Keep the lessons of a run that a language model wrote the programs of."""
    if not shelf.learns or all(c.model == "handbook" for c in conversation.of(ModelCall)):
        return
    selected = {selection.attempt for selection in conversation.of(Selection)}
    went_on = [a for a in attempts if not a.program.lane or a.program.attempt in selected]
    for lesson in lessons_of(tuple(went_on)):
        shelf.learn(lesson)


def _causes(attempt: Attempt | None) -> list[str]:
    """Return the likely causes of what failed, each once, as the catalogue has them."""
    if attempt is None:
        return []
    if attempt.execution is not None and attempt.execution.status != "ok":
        cause = explain_error(attempt.execution.stderr)
        return [f"Such errors most often come from this: {cause}"] if cause else []
    evidence = attempt.evidence or Evidence(attempt=0, checks=(), claim_level="none")
    causes = dict.fromkeys(explain_check(check) for check in evidence.failed)
    return [
        f"Such failures most often come from this: {cause.cause} {cause.remedy}"
        for cause in list(causes)[:MOST_NOTES]
    ]


def _reader(brief: Brief) -> str:
    """Return the packaged role whose work this turn is, whatever the role is called."""
    writers = {"plan": "planner", "formulation": "formulator", "program": "coder"}
    return writers.get(brief.want, "critic")


def _subject(brief: Brief) -> str:
    """Return the words of the question and of those before it, and of what was made of them."""
    before = brief.follows.statements if brief.follows is not None else ()
    words = [brief.problem.statement, *before]
    formulation = brief.formulation or brief.problem.formulation
    if formulation is not None and brief.want in ("program", "critique"):
        words += [formulation.title, formulation.analysis, formulation.idealisation]
        parts = (*formulation.wanted, *formulation.materials.values(), *formulation.loads)
        words += [part.kind for part in parts]
    return " ".join(words).replace("_", " ")
