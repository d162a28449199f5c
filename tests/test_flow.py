"""Dataflow: who acts next, as a pure function of the conversation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from conversations import FORMULATED

from mechagents.budget import Budget
from mechagents.flow import Dataflow, subject
from mechagents.log import Conversation
from mechagents.messages import (
    Check,
    Critique,
    Envelope,
    Evidence,
    Finding,
    Message,
    Plan,
    Problem,
    Program,
    Question,
    Reply,
    Settings,
)
from mechagents.role import Role, packaged_roles
from mechagents.team import FULL_TEAM, VerificationAgent

FLOW = Dataflow()
PROBLEM = Problem(statement="What force?")
PLAN = Plan(steps=("solve",), method="any")
ACCEPT = Critique(verdict="accept")
GOOD = Check(name="supports:left", passed=True, message="held")
BAD = Check(name="convergence:force", passed=False, message="bound 3 %")
CLERK = Role(name="clerk", description="d", receives=("evidence",), sends=("critique",))
READER = Role(name="reader", description="d", receives=("plan",), sends=("critique",))


def _team(*extra: Role) -> dict[str, Role]:
    roles = [packaged_roles()[name] for name in FULL_TEAM]
    return {role.name: role for role in (*roles, VerificationAgent.role, *extra)}


def _small() -> dict[str, Role]:
    coder = packaged_roles()["coder"].model_copy(update={"receives": ("problem", "evidence")})
    executor = packaged_roles()["executor"]
    return {role.name: role for role in (coder, executor, VerificationAgent.role)}


def _said(*turns: tuple[str, Message, int | None]) -> Conversation:
    return Conversation(
        [
            Envelope("a-run", seq, sender, (), cause, datetime.now(UTC), message)
            for seq, (sender, message, cause) in enumerate(turns, 1)
        ]
    )


def _evidence(*checks: Check, attempt: int = 1, run_next: Settings | None = None) -> Evidence:
    return Evidence(
        attempt=attempt, checks=checks or (GOOD,), claim_level="consistent", run_next=run_next
    )


def _program(attempt: int, source: str = "pass") -> Program:
    return Program(source=source, attempt=attempt, settings=Settings(element_order=attempt))


def _revise(*to: str) -> Critique:
    return Critique(verdict="revise", findings=tuple(Finding(to=name, text="mend") for name in to))


def _next(roles: dict[str, Role], said: Conversation, message: Message, sender: str, cause: int):
    return FLOW.recipients(roles, said, message, sender, said.at(cause) if cause else None)


def test_each_kind_goes_to_who_receives_it() -> None:
    roles, said = _team(), _said(("user", PROBLEM, None))
    assert _next(roles, said, PROBLEM, "user", 0) == ("planner",)
    assert _next(roles, said, PLAN, "planner", 1) == ("formulator",)
    assert _next(roles, said, _program(1), "coder", 1) == ("executor",)
    assert _next(roles, said, _evidence(), "verification", 1) == ("critic",)


def test_evidence_that_needs_another_run_goes_to_the_executor() -> None:
    evidence = _evidence(run_next=Settings(mesh_size=0.15))
    said = _said(("user", PROBLEM, None))
    assert _next(_team(), said, evidence, "verification", 1) == ("executor",)


def test_failed_evidence_goes_to_the_coder_where_nobody_reviews_it() -> None:
    said = _said(("user", PROBLEM, None))
    assert _next(_small(), said, _evidence(BAD), "verification", 1) == ("coder",)
    assert _next(_small(), said, _evidence(GOOD), "verification", 1) == ()


def test_a_reviewer_sees_a_message_before_it_goes_on() -> None:
    roles, said = _team(READER), _said(("user", PROBLEM, None), ("planner", PLAN, 1))
    assert _next(roles, said, PLAN, "planner", 1) == ("reader",)
    assert _next(roles, said, ACCEPT, "reader", 2) == ("formulator",)
    assert _next(roles, said, _revise("planner"), "reader", 2) == ("planner",)


def test_an_accepting_critique_stands_for_what_it_judged() -> None:
    said = _said(("planner", PLAN, None), ("reader", ACCEPT, 1))
    assert subject(said, said.at(2)) == said.at(1)
    assert subject(said, said.at(1)) == said.at(1)


def test_a_reply_leads_back_to_what_its_asker_was_at_work_on() -> None:
    said = _said(
        ("verification", _evidence(), None),
        ("critic", Question(text="Is it thin?"), 1),
        ("admin", Reply(text="Yes."), 2),
    )
    assert subject(said, said.at(3)) is said.at(1)
    assert FLOW.want(_team()["critic"], said, said.at(1)) == "critique"


def test_all_reviewers_are_waited_for_and_one_revision_is_enough() -> None:
    roles = _team(CLERK)
    said = _said(("coder", _program(1), None), ("verification", _evidence(), 1))
    assert _next(roles, said, ACCEPT, "critic", 2) == ()
    assert FLOW.finish(roles, said, Budget()) is None
    both = _said(*_turns(said), ("critic", ACCEPT, 2))
    assert _next(roles, both, _revise("coder"), "clerk", 2) == ("coder",)
    assert FLOW.finish(roles, both, Budget()) is None
    accepted = _said(*_turns(both), ("clerk", ACCEPT, 2))
    ended = FLOW.finish(roles, accepted, Budget())
    assert ended is not None
    assert ended.reason == "accepted"


def _turns(said: Conversation) -> list[tuple[str, Message, int | None]]:
    return [(e.sender, e.message, e.cause) for e in said]


@pytest.mark.parametrize(
    ("named", "mender"),
    [
        (("coder",), "coder"),
        (("formulator",), "formulator"),
        (("planner", "coder"), "coder"),
        (("planner", "formulator"), "formulator"),
        (("nobody",), "coder"),
    ],
)
def test_a_revision_goes_to_the_cheapest_place_named(named: tuple[str, ...], mender: str) -> None:
    said = _said(("verification", _evidence(BAD), None))
    assert _next(_team(), said, _revise(*named), "critic", 1) == (mender,)


def test_a_question_goes_to_the_human_and_the_reply_back() -> None:
    said = _said(("formulator", Question(text="How thick?"), None))
    assert _next(_team(), said, Question(text="How thick?"), "formulator", 0) == ("admin",)
    assert _next(_team(), said, Reply(text="5 mm"), "admin", 1) == ("formulator",)


def test_no_verdict_accepts_over_a_failed_check() -> None:
    roles = _team()
    said = _said(
        ("coder", _program(1), None), ("verification", _evidence(BAD), 1), ("critic", ACCEPT, 2)
    )
    assert FLOW.finish(roles, said, Budget()) is None


def test_the_last_allowed_attempt_ends_the_run_once_it_is_judged() -> None:
    one = Budget(attempts=1)
    said = _said(("coder", _program(1), None), ("verification", _evidence(BAD), 1))
    assert FLOW.finish(_team(), said, one) is None
    judged = _said(*_turns(said), ("critic", _revise("coder"), 2))
    ended = FLOW.finish(_team(), judged, one)
    assert ended is not None
    assert ended.reason == "attempts"


def test_what_no_program_can_mend_ends_the_run() -> None:
    singular = BAD.model_copy(update={"mendable": False})
    said = _said(("coder", _program(1), None), ("verification", _evidence(singular), 1))
    ended = FLOW.finish(_small(), said, Budget())
    assert ended is not None
    assert ended.reason == "settled"


def test_the_same_program_three_times_ends_the_run() -> None:
    same = Program(source="pass")
    said = _said(*[("coder", same.model_copy(update={"attempt": n}), None) for n in (1, 2, 3)])
    ended = FLOW.finish(_team(), said, Budget())
    assert ended is not None
    assert ended.reason == "repeats"
    assert FLOW.finish(_team(), _said(*_turns(said)[:2]), Budget()) is None


def test_the_same_program_for_another_formulation_is_no_repeat() -> None:
    turns = [("coder", _program(n), None) for n in (1, 2, 3)]
    said = _said(*turns[:2], ("formulator", FORMULATED, None), turns[2])
    assert FLOW.finish(_team(), said, Budget()) is None


def test_too_many_messages_end_the_run() -> None:
    said = _said(*[("admin", Reply(text="x"), None)] * 4)
    ended = FLOW.finish(_team(), said, Budget(messages=4))
    assert ended is not None
    assert ended.reason == "messages"


def test_each_role_is_asked_for_what_it_sends() -> None:
    said = _said(("user", PROBLEM, None))
    roles = packaged_roles()
    wants = {
        name: FLOW.want(roles[name], said, said.at(1))
        for name in ("planner", "formulator", "coder", "critic")
    }
    assert wants == {
        "planner": "plan", "formulator": "formulation", "coder": "program", "critic": "critique",
    }  # fmt: skip


def test_a_coder_that_also_states_problems_does_that_first() -> None:
    coder = packaged_roles()["coder"].model_copy(update={"sends": ("formulation", "program")})
    said = _said(("user", PROBLEM, None))
    assert FLOW.want(coder, said, said.at(1)) == "formulation"
