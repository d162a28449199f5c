"""From a conversation that has ended to its answer, or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mechagents.agents.briefing import all_attempts, attempts
from mechagents.brief import Attempt
from mechagents.budget import spent
from mechagents.diagnostics import get_logger
from mechagents.errors import BudgetError, MechagentsError, ModelError, RunError, SandboxError
from mechagents.flow import Finish
from mechagents.flow.candidates import evidence_now
from mechagents.log import Conversation
from mechagents.messages import (
    CLAIM_LEVELS,
    Answer,
    AnsweredAssumption,
    Check,
    ClaimLevel,
    Envelope,
    Evidence,
    Failure,
    FailureReason,
    Formulated,
    Problem,
    Program,
    TotalUsage,
)

Outcome = Answer | Failure
"""How a run ends."""
logger = get_logger()


class AgentCrashError(RunError):
    """An agent raised something that it should not have.

    Args:
        role: Whose agent it was.
        error: What it raised.
    """

    def __init__(self, role: str, error: Exception) -> None:
        super().__init__(role, error)
        self.role = role
        self.__cause__ = error

    def __str__(self) -> str:
        return f"{self.role} failed: {type(self.__cause__).__name__}: {self.__cause__}"


def reaches(level: ClaimLevel, wanted: ClaimLevel) -> bool:
    """Return whether a claim level is the one wanted or above it."""
    return CLAIM_LEVELS.index(level) >= CLAIM_LEVELS.index(wanted)


def conclude(
    conversation: Conversation,
    ended: Finish | MechagentsError,
    model: str,
    *,
    folder: Path,
    seconds: float,
) -> Outcome:
    """Return the outcome of a conversation.

    What was accepted is answered with, whatever an earlier attempt reached that was sent back. An
    attempt whose results are consistent is answered with, below the level asked for, where
    the run did not end for lack of budget; a result with a failed check of any other kind than
    convergence is never answered with.

    Args:
        conversation: All that was said.
        ended: Why it ended.
        model: The name of the team's model.
        folder: The run's folder, by which the answer names the run.
        seconds: Wall time of this sitting.
    """
    usage = spent(conversation).model_copy(update={"seconds": round(seconds, 3)})
    best = best_attempt(conversation)
    accepted = isinstance(ended, Finish) and ended.reason == "accepted"
    if accepted:
        judged = _newest_judged(conversation)
        # A flow of one's own may say so; the checks decide all the same.
        accepted = bool(judged and judged.evidence and judged.evidence.passed)
        best = judged if accepted else best
    hopeless = isinstance(ended, BudgetError | SandboxError | AgentCrashError) or (
        isinstance(ended, Finish) and ended.reason == "waiting"
    )
    if best is not None and (accepted or not hopeless):
        note = "" if accepted else f"This is the best so far: {_words(ended)}"
        told = _answer(conversation, best, model, usage, folder)
        return told.model_copy(update={"accepted": accepted, "note": note})
    quantities = best.evidence.quantities if best and best.evidence else ()
    return Failure(
        reason=_reason(ended),
        message=_words(ended),
        tried=_tried(conversation),
        best=quantities,
        model=model,
        usage=usage,
    )


def best_attempt(conversation: Conversation) -> Attempt | None:
    """Return the newest attempt with the highest claim level of at least ``consistent``."""
    found: Attempt | None = None
    for attempt in attempts(conversation):
        if attempt.evidence is None or not reaches(attempt.evidence.claim_level, "consistent"):
            continue
        held = found.evidence.claim_level if found and found.evidence else "none"
        if reaches(attempt.evidence.claim_level, held):
            found = attempt
    return found


def all_checks(conversation: Conversation, attempt: int) -> tuple[Check, ...]:
    """Return every check made on an attempt, the newest verdict of each, in order of cost."""
    checks: dict[str, Check] = {}
    for evidence in conversation.of(Evidence):
        if evidence.attempt == attempt:
            checks.update({check.name: check for check in evidence.checks})
    return tuple(checks.values())


def write_files(
    folder: Path, outcome: Outcome, envelopes: Sequence[Envelope], *, chain: str = ""
) -> None:
    """Write ``answer.json`` (or ``failure.json``) and ``report.html`` into a run's folder.

    Args:
        folder: The run's folder.
        outcome: How it ended.
        envelopes: Its conversation.
        chain: The last hash of its log, which the report names.
    """
    from mechagents.report import write_report

    name, other = "answer.json", "failure.json"
    if isinstance(outcome, Failure):
        name, other = other, name
    part = folder / f"{name}.part"
    part.write_text(outcome.model_dump_json(indent=2) + "\n", encoding="utf-8")
    part.replace(folder / name)
    (folder / other).unlink(missing_ok=True)
    try:
        write_report(folder, envelopes, chain=chain)
    except Exception:  # the answer stands, with or without its report
        logger.error("report_failed", folder=str(folder), exc_info=True)


def _answer(
    conversation: Conversation, best: Attempt, model: str, usage: TotalUsage, folder: Path
) -> Answer:
    problem, formulated = conversation.last(Problem), conversation.last(Formulated)
    assert problem is not None
    assert formulated is not None
    assert best.evidence is not None
    execution = best.execution
    made = [f"{execution.folder}/{name}" for name in execution.artifacts] if execution else []
    return Answer(
        run=folder.as_posix(),
        problem=problem.name,
        model=model,
        claim_level=best.evidence.claim_level,
        quantities=best.evidence.quantities,
        assumptions=best.evidence.readings
        or tuple(map(AnsweredAssumption.of, formulated.formulation.assumptions)),
        checks=all_checks(conversation, best.program.attempt),
        artifacts=tuple(made),
        isolation=execution.isolation if execution else "none",
        attempts=len(conversation.of(Program)),
        usage=usage,
    )


def _reason(ended: Finish | MechagentsError) -> FailureReason:
    match ended:
        case BudgetError():
            return "budget"
        case ModelError():
            return "model"
        case SandboxError():
            return "sandbox"
        case MechagentsError():
            return "crash"
        case Finish():
            told: dict[str, FailureReason] = {
                "waiting": "waiting",
                "stuck": "stuck",
                "stopped": "stopped",
            }
            return told.get(ended.reason, "gave_up")


def _words(ended: Finish | MechagentsError) -> str:
    return ended.message if isinstance(ended, Finish) else str(ended)


def _newest_judged(conversation: Conversation) -> Attempt | None:
    """Return the attempt that the team went on from last: the newest evidence is about it."""
    newest = evidence_now(conversation)
    found = newest.message if newest is not None else None
    judged = [
        attempt
        for attempt in attempts(conversation)
        if isinstance(found, Evidence) and attempt.program.attempt == found.attempt
    ]
    return judged[-1] if judged else None


def _tried(conversation: Conversation) -> tuple[str, ...]:
    """Return a line for each attempt, those at an earlier formulation included."""
    current = {attempt.program.attempt for attempt in attempts(conversation)}
    return tuple(
        _line(attempt)
        + ("" if attempt.program.attempt in current else "; formulation since changed")
        for attempt in all_attempts(conversation)
    )


def _line(attempt: Attempt) -> str:
    if attempt.evidence is None:
        found = "not checked"
    else:
        found = "failed: " + (", ".join(check.name for check in attempt.evidence.failed) or "none")
    return f"{attempt.headline.rstrip('.')}; {found}"
