"""What came of a run, put together from its conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import (
    Answer,
    Candidate,
    Candidates,
    Critique,
    Earlier,
    Envelope,
    Evidence,
    Execution,
    Failure,
    Finding,
    Forked,
    Formulated,
    Message,
    ModelCall,
    Plan,
    Problem,
    Program,
    Question,
    Reply,
    Selection,
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One execution of a program and the checks made on it."""

    seq: int
    execution: Execution
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """One program, every execution of it, and what was found."""

    program: Program
    formulation: Formulation | None
    """The formulation that was current when the program was written."""
    trials: tuple[Trial, ...] = ()
    findings: tuple[Finding, ...] = ()
    candidate: Candidate | None = None
    """How it ended, where it was one of several at the same time."""

    @property
    def evidence(self) -> Evidence | None:
        """The last evidence on this program."""
        known = [trial.evidence for trial in self.trials if trial.evidence is not None]
        return known[-1] if known else None


@dataclass(frozen=True, slots=True)
class ModelUse:
    """All calls of one language model."""

    model: str
    calls: int = 0
    tokens: int = 0
    cost: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Digest:
    """A run at a glance: what was asked, what was tried, how it ended."""

    problem: Problem | None = None
    earlier: Earlier | None = None
    """What the run took over from the one that its problem follows."""
    forks: tuple[Forked, ...] = ()
    """Where the run was forked from another; of forks of forks the oldest first."""
    plan: Plan | None = None
    formulation: Formulation | None = None
    tried: tuple[Tried, ...] = ()
    """The programs in their order; of candidates the one that was taken comes last."""
    models: dict[str, ModelUse] = field(default_factory=dict[str, ModelUse])
    talk: tuple[Envelope, ...] = ()
    """Questions to people and what they replied."""
    other: tuple[Envelope, ...] = ()
    """Messages of kinds that this report knows nothing of."""
    end: Answer | Failure | None = None

    @property
    def answered_by(self) -> Tried | None:
        """The program that found most of the answer's values; the last one where several did."""
        answered = self.end.quantities if isinstance(self.end, Answer) else ()
        wanted = {(quantity.name, quantity.value) for quantity in answered}
        return max(reversed(self.tried), key=lambda one: len(wanted & _values(one)), default=None)


def _values(tried: Tried) -> set[tuple[str, float]]:
    every = [trial.evidence.quantities for trial in tried.trials if trial.evidence is not None]
    return {(quantity.name, quantity.value) for found in every for quantity in found}


def digest(envelopes: Sequence[Envelope]) -> Digest:
    """Return what came of a run, whole or still going.

    Args:
        envelopes: The conversation from its start, in order.
    """
    state = Digest()
    for envelope in envelopes:
        state = _after(state, envelope)
    return state


def _after(state: Digest, envelope: Envelope) -> Digest:
    message = envelope.message
    match message:
        case Problem():
            formulation = state.formulation or message.formulation
            return replace(state, problem=state.problem or message, formulation=formulation)
        case Earlier():
            return replace(state, earlier=message)
        case Forked():
            return replace(state, forks=(*state.forks, message))
        case Plan():
            return replace(state, plan=message)
        case Formulated():
            return replace(state, formulation=message.formulation)
        case Program():
            return replace(state, tried=(*state.tried, Tried(message, state.formulation)))
        case Selection():
            return replace(state, tried=_with_selection(state.tried, message))
        case Execution() | Evidence() | Critique():
            return replace(state, tried=_with_result(state.tried, message, envelope))
        case Candidates():
            return state
        case ModelCall():
            return replace(state, models=_with_call(state.models, message))
        case Question() | Reply():
            return replace(state, talk=(*state.talk, envelope))
        case Answer() | Failure():
            return replace(state, end=message)
        case _:
            return replace(state, other=(*state.other, envelope))


def _with_selection(tried: tuple[Tried, ...], selection: Selection) -> tuple[Tried, ...]:
    ends = {one.attempt: one for one in selection.candidates}
    told = [replace(one, candidate=ends.get(one.program.attempt, one.candidate)) for one in tried]
    return tuple(sorted(told, key=lambda one: one.program.attempt == selection.attempt))


def _with_result(
    tried: tuple[Tried, ...], message: Message, envelope: Envelope
) -> tuple[Tried, ...]:
    if not tried:
        return tried
    at = len(tried) - 1
    if isinstance(message, Execution | Evidence):
        same = [i for i, one in enumerate(tried) if one.program.attempt == message.attempt]
        at = same[-1] if same else at
    return (*tried[:at], _updated(tried[at], message, envelope), *tried[at + 1 :])


def _updated(tried: Tried, message: Message, envelope: Envelope) -> Tried:
    if isinstance(message, Execution):
        return replace(tried, trials=(*tried.trials, Trial(envelope.seq, message)))
    if isinstance(message, Critique):
        return replace(tried, findings=(*tried.findings, *message.findings))
    if not isinstance(message, Evidence) or not tried.trials:
        return tried
    caused = [i for i, trial in enumerate(tried.trials) if trial.seq == envelope.cause]
    at = caused[-1] if caused else len(tried.trials) - 1
    judged = replace(tried.trials[at], evidence=message)
    return replace(tried, trials=(*tried.trials[:at], judged, *tried.trials[at + 1 :]))


def _with_call(models: dict[str, ModelUse], call: ModelCall) -> dict[str, ModelUse]:
    before = models.get(call.model, ModelUse(call.model))
    after = ModelUse(
        call.model,
        before.calls + 1,
        before.tokens + call.prompt_tokens + call.completion_tokens,
        before.cost + call.cost,
        before.seconds + call.seconds,
    )
    return {**models, call.model: after}
