"""Forks: a new run that has a run's messages up to one of them, and goes on otherwise from there.

    folder = fork_run(Path("runs/plate"), 4, say="Take second-order elements.")
    outcome = await resume(folder)

The new run is complete in itself: a log with a chain of its own, and what was executed so far.
Messages keep their numbers, so what one names as its cause is the same in both runs.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from mechagents.begin import changed_setup, check_readable, check_unused, new_folder
from mechagents.edited import check_edited
from mechagents.errors import LogError, UsageError
from mechagents.flow import Approvals, approval
from mechagents.flow.approvals import read_verdict
from mechagents.flow.base import hearers
from mechagents.flow.candidates import racing, stands_for
from mechagents.log import FILE_NAME, Conversation, chain_at, read_log, write_log
from mechagents.messages import (
    Answer,
    Envelope,
    Execution,
    Forked,
    Formulated,
    Message,
    ModelCall,
    Problem,
    Program,
    Question,
    Reply,
    Setup,
)
from mechagents.models.shown import copy_shown
from mechagents.sandbox.folder import is_regular, remove, walk
from mechagents.team import Team, team_from

SENT_BACK = ("plan", "formulation", "program", "evidence", "selection")
"""Kinds of messages that a person may send back with words."""


def fork_run(
    run: Path,
    at: int,
    *,
    folder: Path | None = None,
    say: str | None = None,
    instead: Message | None = None,
    team: Team | None = None,
) -> Path:
    """Make a run out of another's messages up to one of them, and return its folder.

    ``resume`` goes on with it. What the other run had used up by then counts in the fork.

    Args:
        run: The other run's folder; it may still be at work.
        at: The number of the last message to take over.
        folder: The new run's folder, new or empty. None: a new one beside the other run's.
        say: What a person says to that message: the reply to a question; words that send a plan,
            a formulation, a program or what was found of one back to who is to mend it.
        instead: A message of the same kind to put in the place of that one.
        team: Who goes on. None: the team that the log names.

    Raises:
        UsageError: If the run cannot be forked there, or not in that way.
        LogError: If the log is missing or damaged, or the folder cannot be written to.
    """
    before = until(run, at)
    if say is not None and instead is not None:
        raise UsageError("either say something to a message or replace it", where=f"message {at}")
    setup, problem = before.last(Setup), before.last(Problem)
    assert setup is not None
    assert problem is not None
    if team is None and (say is not None or instead is not None):
        team = team_from(setup)
    envelopes = list(before)
    if instead is not None and team is not None:
        envelopes[-1] = _edited(before, instead, team)
    forked = Forked(run=str(run), seq=at, chain=chain_at(run, at), edited=instead is not None)
    envelopes += _begun(at, forked, *_changed(setup, team))
    if say is not None and team is not None:
        envelopes += _said(Conversation(envelopes), before.at(at), say, team)
    if team is not None and before.last(Formulated) is None:
        check_readable(Conversation(envelopes).of(Problem)[-1], team)
    folder = folder or new_folder(run.parent, problem.name)
    check_unused(folder)
    _copy_files(run, folder, before)
    write_log(folder, [replace(envelope, run=folder.name) for envelope in envelopes])
    return folder


def until(run: Path, at: int) -> Conversation:
    """Return a run's conversation up to a message at which it can be forked.

    Raises:
        UsageError: If it cannot be forked there.
        LogError: If the log is missing or damaged.
    """
    log, where = read_log(run), f"message {at} of {run}"
    if not 1 <= at <= len(log):
        raise UsageError(f"there is none; they go from 1 to {len(log)}", where=where)
    first = log.envelopes_of("problem")
    if log.last(Setup) is None or not first:
        raise UsageError("this run was never given a problem; solve it", where=where)
    if at < first[0].seq:
        told = f"the problem comes later; fork at message {first[0].seq}, or solve it anew"
        raise UsageError(told, where=where)
    before = Conversation([log.at(seq) for seq in range(1, at + 1)])
    _check_open(before, run, where)
    return before


def _check_open(before: Conversation, run: Path, where: str) -> None:
    """Make sure that there is something to go on with: an accepted answer is the end."""
    for answered in before.envelopes_of("answer"):
        answer = answered.message
        if not isinstance(answer, Answer):
            continue
        earlier = f"fork at an earlier message, such as {answered.seq - 1}"
        if answer.accepted:
            told = f"message {answered.seq} is the answer, with which the run ended; {earlier}"
            ask = f'or ask on: mechagents solve --follow {run} "…"'
            raise UsageError(f"{told}, {ask}", where=where)
        if answered.seq == len(before):
            told = f"this is the answer, as far as the run came; {earlier}"
            raise UsageError(f"{told}, or resume it with a larger budget", where=where)


def _changed(setup: Setup, team: Team | None) -> tuple[Setup, ...]:
    """Return how the fork is set up, where that is otherwise than before."""
    new = changed_setup(setup, team) if team is not None else None
    return () if new is None else (new,)


def _begun(at: int, *messages: Message) -> Iterator[Envelope]:
    for seq, message in enumerate(messages, at + 1):
        yield _envelope(seq, message, "run")


def _envelope(
    seq: int, message: Message, sender: str, to: tuple[str, ...] = (), cause: int | None = None
) -> Envelope:
    return Envelope("", seq, sender, to, cause, datetime.now(UTC), message)


def _edited(before: Conversation, instead: Message, team: Team) -> Envelope:
    """Return the envelope of an edited message, to whom the flow would have sent it."""
    *earlier, last = before
    check_edited(instead, last.message)
    if isinstance(instead, Program) and instead.lane:
        return replace(last, message=instead, time=datetime.now(UTC))
    to = _recipients(Conversation(earlier), instead, last.sender, last.cause, team)
    return replace(last, message=instead, to=to, time=datetime.now(UTC))


def _recipients(
    earlier: Conversation, message: Message, sender: str, cause: int | None, team: Team
) -> tuple[str, ...]:
    flow = Approvals(team.flow, team.approve)
    answers = earlier.at(cause) if cause is not None else None
    return flow.recipients(team.roles, earlier, message, sender, answers)


def _said(now: Conversation, said: Envelope, words: str, team: Team) -> Iterator[Envelope]:
    """Yield the messages with which a person replies to a question, or sends a message back."""
    human = (*hearers(team.roles, "question"), "user")[0]
    seq = len(now) + 1
    asked = said
    if not isinstance(said.message, Question):
        held = _held(now, said, words, team)
        question = approval(held)
        asked = _envelope(seq, question, "run", hearers(team.roles, "question")[:1], held.seq)
        now, seq = Conversation([*now, asked]), seq + 1
        yield asked
    assert isinstance(asked.message, Question)
    reply = Reply(text=words, approves=asked.message.approves)
    to = _recipients(now, reply, human, asked.seq, team)
    yield _envelope(seq, reply, human, to, asked.seq)


def _held(now: Conversation, said: Envelope, words: str, team: Team) -> Envelope:
    """Return what a person's words send back.

    Raises:
        UsageError: If nobody would mend it.
    """
    where = f"message {said.seq}"
    if said.message.kind not in SENT_BACK or racing(now):
        able = [e.seq for e in now if e.message.kind in SENT_BACK and e.seq < said.seq]
        near = f", such as message {able[-1]}" if able and not racing(now) else ""
        what = "one of several programs" if racing(now) else f"a {said.message.kind}"
        told = f"nothing can be said to {what}; fork at a question, plan, formulation, program or"
        raise UsageError(f"{told} evidence{near}, or edit the message", where=where)
    if not read_verdict(words).words:
        raise UsageError("say in words what is to change", where=where)
    held = stands_for(now, said)
    if held.message.kind != "evidence" and held.sender not in team.roles:
        told = f"its sender {held.sender!r} is not in the team, so nobody would mend it"
        raise UsageError(f"{told}; edit the message instead", where=where)
    return held


def _copy_files(run: Path, folder: Path, before: Conversation) -> None:
    """Copy what the messages refer to: the folders of executions, and the models' prompts."""
    calls = before.of(ModelCall)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in dict.fromkeys(execution.folder for execution in before.of(Execution)):
            _copy_folder(run / _below(name, run), folder / _below(name, run))
        copy_shown(run, folder, [call.prompt for call in calls if call.prompt])
    except OSError as error:
        told = f"cannot be copied ({error.strerror}); name another folder"
        raise LogError(f"{error.filename or folder}: {told}") from error


def _below(name: str, run: Path) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or ".." in path.parts:
        raise LogError(f"{run / FILE_NAME}: {name!r} is no folder below the run's")
    return path


def _copy_folder(source: Path, target: Path) -> None:
    """Copy the regular files of an execution; no links, pipes or devices, which may lead out."""
    if not source.is_dir() or source.is_symlink():
        told = "the files of this execution are gone; fork before it"
        raise UsageError(told, where=str(source))
    remove(target)
    target.mkdir(parents=True)
    for path, status in walk(source):
        if is_regular(status):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / path, target / path, follow_symlinks=False)
