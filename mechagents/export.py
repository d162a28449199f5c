"""Conversations as training data: what each role was shown and said in runs that were verified."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from mechagents.answer import all_checks
from mechagents.log import FILE_NAME, Conversation, read_log
from mechagents.messages import (
    CLAIM_LEVELS,
    Answer,
    Envelope,
    Evidence,
    Forked,
    ModelCall,
    Problem,
    Program,
)
from mechagents.models.shown import read_shown


def find_runs(folders: list[Path]) -> list[Path]:
    """Return every run in or below folders, in the order of their names."""
    found: set[Path] = set()
    for folder in folders:
        found |= {path.parent for path in folder.rglob(FILE_NAME)}
    return sorted(found)


class _Exchange(NamedTuple):
    """One call of a model in the log of a run."""

    call: tuple[int, datetime, str, str]
    """What is the same in every run that has it: a fork takes it over as it was logged."""
    is_own: bool
    """Whether it was made in that run, and not in one that it was forked from."""
    told: dict[str, Any]


def exchanges_of(runs: Iterable[Path], roles: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return the exchanges of several runs, each once though forks of a run have it too.

    An exchange comes from the run in which it was made, with what became of it there. Where that
    run is not among them, or has no exchanges to give, it comes from its first fork.

    Args:
        runs: The runs' folders.
        roles: Whose; none means all.

    Raises:
        LogError: If a log is missing or damaged.
    """
    found = [exchange for run in runs for exchange in _exchanges(run, roles)]
    chosen: dict[tuple[int, datetime, str, str], _Exchange] = {}
    for exchange in found:
        if exchange.call not in chosen or exchange.is_own:
            chosen[exchange.call] = exchange
    return [one.told for one in found if chosen[one.call] is one]


def exchanges(run: Path, roles: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Return a run's exchanges with language models in chat format, with the evidence as reward.

    Args:
        run: The run's folder.
        roles: Whose; none means all.

    Returns:
        None at all where the run's answer was not accepted at the level ``verified``. Else for
        each call of a model, as far as its prompt was kept, ``messages`` (what it was shown and,
        as ``assistant``, what it said) and ``metadata``.

    Raises:
        LogError: If the log is missing or damaged.
    """
    return (exchange.told for exchange in _exchanges(run, roles))


def _exchanges(run: Path, roles: tuple[str, ...]) -> Iterator[_Exchange]:
    log = read_log(run)
    answer, problem = log.last(Answer), log.last(Problem)
    if answer is None or problem is None or not answer.accepted or answer.claim_level != "verified":
        return
    shown = read_shown(run)
    edited = {forked.seq for forked in log.of(Forked) if forked.edited}
    inherited = max((forked.seq for forked in log.of(Forked)), default=0)
    for envelope in log.envelopes_of("model_call"):
        call = envelope.message
        if not isinstance(call, ModelCall) or call.prompt not in shown:
            continue
        if roles and call.role not in roles:
            continue
        became = _became(log, envelope, call)
        if became is not None and became.seq in edited:
            continue  # a person wrote that message
        told = {
            "messages": [*shown[call.prompt], {"role": "assistant", "content": call.text}],
            "metadata": {
                "run": log.at(1).run,
                "problem": problem.name,
                "seq": envelope.seq,
                "role": call.role,
                "model": call.model,
                **_reward(log, envelope, call, answer),
            },
        }
        made = (envelope.seq, envelope.time, call.prompt, call.text)
        yield _Exchange(made, envelope.seq > inherited, told)


def _reward(
    log: Conversation, envelope: Envelope, call: ModelCall, answer: Answer
) -> dict[str, Any]:
    """Return what became of a reply.

    ``kind`` is that of the message it became, None where it had to be mended first. A program's
    ``reward`` is the evidence on it; another message's is whether it stood when the answer was
    accepted, or was replaced by a later one.
    """
    became = _became(log, envelope, call)
    if became is None:
        return {"kind": None, "reward": 0.0, "evidence": None}
    said = became.message
    if isinstance(said, Program):
        return {"kind": "program", **_evidence(log, said)}
    last = log.last(type(said))
    reward = 1.0 if last == said else 0.0
    return {"kind": said.kind, "reward": reward, "evidence": {"claim_level": answer.claim_level}}


def _became(log: Conversation, envelope: Envelope, call: ModelCall) -> Envelope | None:
    """Return the message that a reply became: the next by its sender on the same cause."""
    assert envelope.cause is not None
    for later in log.answers_to(envelope.cause):
        said = later.message
        if later.seq <= envelope.seq or later.sender != envelope.sender:
            continue
        # Of several programs that were asked for at the same time, each has its own replies.
        if isinstance(said, ModelCall | Program) and said.lane != call.lane:
            continue
        return None if isinstance(said, ModelCall) else later  # None: it was asked again
    return None


def _evidence(log: Conversation, program: Program) -> dict[str, Any]:
    """Return the evidence on a program; its reward grows with the claim level, to 1."""
    checks = all_checks(log, program.attempt)
    found = [e for e in log.of(Evidence) if e.attempt == program.attempt]
    level = found[-1].claim_level if found else "none"
    failed = [check.name for check in checks if not check.passed]
    return {
        "reward": 0.0 if failed else CLAIM_LEVELS.index(level) / (len(CLAIM_LEVELS) - 1),
        "evidence": {
            "attempt": program.attempt,
            "claim_level": level,
            "passed": len(checks) - len(failed),
            "failed": failed,
        },
    }
