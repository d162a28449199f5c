"""The group chat: a manager chooses who speaks, and what it cannot choose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conversations import (
    ACCEPT,
    FORMULATED,
    LOOSE,
    PLAN,
    PROBLEM,
    WRONG,
    Turn,
    evidence,
    execution,
    more,
    program,
    revise,
    said,
)
from engineer import PROGRAM, Write, code, engineer, failure, run

from mechagents.budget import Budget
from mechagents.flow import GroupChat, subject
from mechagents.log import Conversation, read_log
from mechagents.messages import Answer, Check, Message, Program, Question, Settings, Speaker
from mechagents.models.base import ModelRequest
from mechagents.team import group_chat

FLOW = GroupChat()
ROLES = group_chat().roles
ASKED: Turn = ("user", PROBLEM, None)
PLANNED: Turn = ("planner", PLAN, 1)
STATED: Turn = ("formulator", FORMULATED, 2)
JUDGED = said(
    ASKED,
    PLANNED,
    STATED,
    ("coder", program(), 3),
    ("executor", execution(), 4),
    ("verification", evidence(1, "converged"), 5),
)


def _next(conversation: Conversation) -> tuple[str, ...]:
    """Return who acts on the newest message."""
    *_, newest = conversation
    cause = conversation.at(newest.cause) if newest.cause else None
    before = Conversation(list(conversation)[:-1])
    return FLOW.recipients(ROLES, before, newest.message, newest.sender, cause)


def _candidates(conversation: Conversation) -> tuple[str, ...]:
    *_, newest = conversation
    return FLOW.candidates(ROLES, conversation, newest)


def _chosen(conversation: Conversation, name: str) -> Conversation:
    return more(conversation, ("manager", Speaker(name=name), len(conversation)))


def pick(*names: str) -> Write:
    """Return a manager that chooses the first of some names that may speak, allowed or not."""

    def choose(request: ModelRequest) -> str:
        candidates = request.brief.candidates
        return json.dumps({"name": next((n for n in names if n in candidates), names[-1])})

    return choose


FORKS = {
    "problem": said(ASKED),
    "plan": said(ASKED, PLANNED),
    "formulation": said(ASKED, PLANNED, STATED),
    "evidence": JUDGED,
    "failed evidence": more(JUDGED, ("verification", evidence(1, "none", WRONG), 5)),
    "critique": more(JUDGED, ("critic", revise("coder"), 6)),
}


@pytest.mark.parametrize("fork", FORKS.values(), ids=FORKS)
def test_the_manager_is_asked_wherever_there_is_a_choice(fork: Conversation) -> None:
    assert _next(fork) == ("manager",)


@pytest.mark.parametrize(
    ("sender", "message", "cause", "next_"),
    [
        ("coder", program(), 3, "executor"),
        ("executor", execution(), 4, "verification"),
        ("verification", evidence(run_next=Settings(mesh_size=0.2)), 5, "executor"),
        ("formulator", Question(text="How thick?"), 2, "admin"),
    ],
    ids=["program", "execution", "evidence that needs another mesh", "question"],
)
def test_what_must_follow_is_no_choice(
    sender: str, message: Message, cause: int, next_: str
) -> None:
    assert _next(more(JUDGED, (sender, message, cause))) == (next_,)


@pytest.mark.parametrize(
    ("fork", "usual", "others"),
    [
        ("problem", "planner", {"formulator"}),
        ("plan", "formulator", set()),
        ("formulation", "coder", {"planner"}),
        ("evidence", "critic", {"planner", "formulator", "coder"}),
        ("critique", "coder", {"planner", "formulator"}),
    ],
)
def test_those_may_speak_who_have_what_they_need(fork: str, usual: str, others: set[str]) -> None:
    first, *rest = _candidates(FORKS[fork])
    assert first == usual
    assert set(rest) == others


@pytest.mark.parametrize("name", ["critic", "coder", "formulator", "planner"])
def test_whom_the_manager_chooses_speaks_next(name: str) -> None:
    chosen = _chosen(JUDGED, name)
    assert _next(chosen) == (name,)
    assert subject(chosen, chosen.at(len(chosen))) == JUDGED.at(6)


@pytest.mark.parametrize("name", ["nobody", "executor", "verification", "admin", "manager", ""])
@pytest.mark.parametrize("fork", FORKS)
def test_a_choice_of_who_cannot_speak_falls_back_on_the_usual_next(fork: str, name: str) -> None:
    assert _next(_chosen(FORKS[fork], name)) == _candidates(FORKS[fork])[:1]


def test_a_coder_has_nothing_to_say_before_there_is_a_formulation() -> None:
    assert _next(_chosen(FORKS["plan"], "coder")) == ("formulator",)


def test_an_accepted_answer_ends_the_chat() -> None:
    accepted = more(_chosen(JUDGED, "critic"), ("critic", ACCEPT, 7))
    ended = FLOW.finish(ROLES, accepted, Budget())
    assert ended is not None
    assert ended.reason == "accepted"
    assert FLOW.finish(ROLES, JUDGED, Budget()) is None


@pytest.mark.parametrize("check", [LOOSE, WRONG])
def test_nobody_ends_the_chat_over_a_failed_check(check: Check) -> None:
    failed = more(JUDGED, ("verification", evidence(1, "consistent", check), 5))
    accepted = more(_chosen(failed, "critic"), ("critic", ACCEPT, 8))
    assert FLOW.finish(ROLES, accepted, Budget()) is None
    assert FLOW.finish(ROLES, _chosen(accepted, "admin"), Budget()) is None


def test_a_manager_cannot_have_more_programs_than_are_allowed() -> None:
    again = _chosen(JUDGED, "coder")
    assert FLOW.finish(ROLES, again, Budget(attempts=2)) is None
    ended = FLOW.finish(ROLES, again, Budget(attempts=1))
    assert ended is not None
    assert ended.reason == "attempts"
    assert FLOW.finish(ROLES, _chosen(JUDGED, "critic"), Budget(attempts=1)) is None


@pytest.mark.parametrize("names", [("nobody",), ("critic",), ("coder", "executor")])
async def test_a_chat_ends_with_an_answer_whomever_the_manager_names(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    def write(request: ModelRequest) -> str:
        return code(f"{PROGRAM}\n# {request.brief.attempts_in_all}\n")

    model = engineer(speaker=pick(*names), program=write)
    outcome = await run(group_chat(model=model, stop=Budget(attempts=2)), tmp_path)
    assert isinstance(outcome, Answer), outcome
    assert outcome.claim_level == "verified"
    assert len(read_log(tmp_path).of(Program)) <= 2


async def test_a_chat_that_goes_round_in_circles_is_stopped(tmp_path: Path) -> None:
    model = engineer(speaker=pick("planner", "formulator"))
    team = group_chat(model=model, stop=Budget(messages=100))
    told = failure(await run(team, tmp_path), "gave_up")
    assert "said the same formulation 3 times, and nothing new was said in between" in told.message
    assert {e.sender for e in read_log(tmp_path)} == {
        "run", "user", "manager", "planner", "formulator",
    }  # fmt: skip


async def test_no_manager_and_critic_together_pass_a_program_that_computes_nothing(
    tmp_path: Path,
) -> None:
    model = engineer(
        program=lambda request: code(f"print({request.brief.attempts_in_all})\n"),
        critique=lambda _: '{"verdict": "accept"}',
        speaker=pick("critic", "coder"),
    )
    team = group_chat(model=model, stop=Budget(attempts=2))
    assert failure(await run(team, tmp_path), "gave_up").best == ()
