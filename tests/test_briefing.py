"""What a role is shown of the conversation: what is current, and nothing that is stale."""

from __future__ import annotations

import pytest
from conversations import (
    ACCEPT,
    FORMULATED,
    LOOSE,
    PLAN,
    PROBLEM,
    WRONG,
    evidence,
    execution,
    more,
    program,
    revise,
    said,
)
from hypothesis import given
from hypothesis import strategies as st

from mechagents.agents.briefing import attempts, make_brief
from mechagents.brief import Brief
from mechagents.errors import LogError
from mechagents.log import Conversation
from mechagents.messages import Critique, Finding, Message, Plan, Question, Reply, Settings

JUDGED = said(
    ("user", PROBLEM, None),
    ("planner", PLAN, 1),
    ("formulator", FORMULATED, 2),
    ("coder", program(1), 3),
    ("executor", execution(1), 4),
    ("verification", evidence(1, "consistent", LOOSE), 5),
    ("critic", revise("coder", text="refine"), 6),
)
OTHER = FORMULATED.model_copy(
    update={"formulation": FORMULATED.formulation.amended({"idealisation": "plane_strain"})}
)


def brief(conversation: Conversation, role: str = "coder", want: str | None = "program") -> Brief:
    """Return the brief for acting on the newest message."""
    return make_brief(conversation, role, want, conversation.at(len(conversation)))


def test_a_brief_holds_the_question_and_the_newest_plan_and_formulation() -> None:
    replanned = Plan(steps=("refine",), method="quadratic triangles")
    told = brief(more(JUDGED, ("formulator", OTHER, 7), ("planner", replanned, 7)))
    assert told.problem == PROBLEM
    assert (told.plan, told.formulation) == (replanned, OTHER.formulation)


def test_before_anything_was_said_there_is_only_the_question() -> None:
    told = brief(said(("user", PROBLEM, None)), "planner", "plan")
    assert (told.plan, told.formulation, told.last, told.attempts_in_all) == (None, None, None, 0)


def test_a_role_that_is_asked_for_nothing_wants_nothing() -> None:
    assert brief(JUDGED, "listener", None).want == ""


def test_without_a_problem_there_is_no_brief() -> None:
    with pytest.raises(LogError, match="no problem"):
        brief(said(("planner", PLAN, None)))


def test_an_attempt_holds_its_own_program_execution_evidence_and_verdict() -> None:
    log = more(
        JUDGED,
        ("coder", program(2), 7),
        ("executor", execution(2), 8),
        ("verification", evidence(2), 9),
        ("critic", ACCEPT, 10),
    )
    first, second = attempts(log)
    assert first.evidence is JUDGED.at(6).message
    assert first.critique is JUDGED.at(7).message
    assert (second.program.attempt, second.critique) == (2, ACCEPT)
    assert second.execution is log.at(9).message


def test_an_attempt_on_several_meshes_keeps_the_first_run_and_the_newest_verdict() -> None:
    log = said(
        ("user", PROBLEM, None),
        ("formulator", FORMULATED, 1),
        ("coder", program(1), 2),
        ("executor", execution(1), 3),
        ("verification", evidence(1, "consistent", run_next=Settings(mesh_size=0.2)), 4),
        ("executor", execution(1, folder="attempts/1-mesh2"), 5),
        ("verification", evidence(1, "converged"), 6),
    )
    (only,) = attempts(log)
    assert only.execution is log.at(4).message
    assert only.evidence is log.at(7).message


def test_an_attempt_that_was_not_run_yet_has_no_result() -> None:
    *_, newest = attempts(more(JUDGED, ("coder", program(2), 7)))
    assert (newest.execution, newest.evidence, newest.critique) == (None, None, None)


def test_what_was_computed_from_an_earlier_formulation_is_stale() -> None:
    log = more(JUDGED, ("formulator", OTHER, 7))
    told = brief(log)
    assert told.attempts == ()
    assert told.attempts_in_all == 1
    again = more(log, ("coder", program(2), 8))
    assert [attempt.program.attempt for attempt in brief(again).attempts] == [2]


def test_late_results_of_a_stale_program_are_not_shown() -> None:
    late = more(
        JUDGED,
        ("coder", program(2), 7),
        ("formulator", OTHER, 7),
        ("executor", execution(2), 8),
        ("verification", evidence(2, "none", WRONG), 10),
    )
    assert brief(late).attempts == ()


def test_a_role_is_shown_the_findings_addressed_to_it() -> None:
    both = Critique(
        verdict="revise",
        findings=(Finding(to="coder", text="refine"), Finding(to="formulator", text="thickness")),
    )
    log = more(JUDGED, ("critic", both, 6))
    assert brief(log, "coder").findings == ("refine",)
    assert brief(log, "formulator").findings == ("thickness",)
    assert brief(log, "planner").findings == ("refine", "thickness")


def test_findings_of_an_earlier_critique_are_not_shown_again() -> None:
    log = more(JUDGED, ("coder", program(2), 7))
    assert brief(log, "executor").findings == ()


def test_questions_are_shown_with_their_replies_once_there_are_some() -> None:
    asked = more(JUDGED, ("formulator", Question(text="How thick?"), 2))
    assert brief(asked).dialogue == ()
    assert brief(more(asked, ("admin", Reply(text="5 mm"), 8))).dialogue == (
        ("How thick?", "5 mm"),
    )


TURNS = st.lists(
    st.sampled_from(
        [PLAN, FORMULATED, OTHER, program(1), program(2), execution(1), execution(2),
         evidence(1), evidence(2, "none", WRONG), revise("coder"), ACCEPT]
    ),
    max_size=20,
)  # fmt: skip


@given(turns=TURNS)
def test_whatever_was_said_no_stale_attempt_is_shown(turns: list[Message]) -> None:
    log = more(JUDGED, *[("somebody", message, 6) for message in turns])
    told = brief(log, "critic", "critique")
    since, present = 0, None
    for envelope in log.envelopes_of("formulation"):
        if envelope.message != present:
            since, present = envelope.seq, envelope.message
    fresh = [e.message for e in log.envelopes_of("program") if e.seq > since]
    assert [attempt.program for attempt in told.attempts] == fresh
    assert told == brief(Conversation(list(log)), "critic", "critique")


def test_a_formulation_that_is_stated_again_makes_nothing_stale() -> None:
    assert brief(more(JUDGED, ("formulator", FORMULATED, 7))).attempts == brief(JUDGED).attempts


def test_a_finding_waits_for_its_role_while_others_speak() -> None:
    planned = more(JUDGED, ("planner", PLAN, 7))
    assert brief(planned, "coder").findings == ("refine",)
    assert brief(planned, "formulator").findings == ()
