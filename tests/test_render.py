"""The text that a language model is shown: what is in it, and that it stays small."""

from __future__ import annotations

from typing import Literal

import pytest
from conversations import (
    FORMULATED,
    HELD,
    LOOSE,
    PLAN,
    PROBLEM,
    WRONG,
    call,
    evidence,
    execution,
    more,
    program,
    revise,
    said,
)
from hypothesis import given
from hypothesis import strategies as st

from mechagents.agents.briefing import make_brief
from mechagents.agents.describe import (
    STREAM_CHARACTERS,
    cut_traceback,
    describe_evidence,
    describe_execution,
)
from mechagents.agents.kit_summary import example_program
from mechagents.agents.render import (
    EARLIER,
    FAULT_CHARACTERS,
    PROGRAM_CHARACTERS,
    REPLY_CHARACTERS,
    render_repair,
    render_request,
)
from mechagents.agents.view import tokens
from mechagents.errors import ModelError
from mechagents.log import Conversation
from mechagents.messages import Check, Message, Problem, Question, Reply, Settings
from mechagents.models.base import ModelRequest
from mechagents.problems import load_problem
from mechagents.role import packaged_roles

OTHER = FORMULATED.model_copy(
    update={"formulation": FORMULATED.formulation.amended({"idealisation": "plane_strain"})}
)
CODER = packaged_roles()["coder"]
STATED = said(("user", PROBLEM, None), ("planner", PLAN, 1), ("formulator", FORMULATED, 2))
TRACEBACK = """\
Traceback (most recent call last):
  File "/run/attempts/1/program.py", line 12, in <module>
    u = solve(K, f)
        ^^^^^^^^^^^
  File "/venv/lib/scipy/sparse/linalg/_dsolve.py", line 90, in spsolve
    return _spsolve(A, b)
           ^^^^^^^^^^^^^^
  File "/run/attempts/1/program.py", line 4, in guard
    raise ValueError("the matrix is singular")
ValueError: the matrix is singular
"""


def request(
    log: Conversation, role: str = "coder", want: str = "program", *candidates: str
) -> ModelRequest:
    """Return what a role is asked when it acts on the newest message."""
    told = {name: known.description for name, known in packaged_roles().items()}
    brief = make_brief(log, role, want, log.at(len(log)), candidates, told)
    return render_request(packaged_roles()[role], brief, want)


def shown(log: Conversation, role: str = "coder", want: str = "program", *candidates: str) -> str:
    return request(log, role, want, *candidates).messages[-1].content


def tried(times: int, *, changed: str = "refined", source: str = "pass\n") -> Conversation:
    """Return a conversation with so many attempts, each sent back."""
    log = STATED
    for n in range(1, times + 1):
        at = len(log)
        loose = LOOSE.model_copy(update={"value": 2.0**-n})  # each failure is another
        log = more(
            log,
            ("coder", call(), at),
            ("coder", program(n, changed=changed, source=f"# program {n}\n{source}"), at),
            ("executor", execution(n, stderr=TRACEBACK, stdout="x" * 9000), at + 2),
            ("verification", evidence(n, "consistent", HELD, loose), at + 3),
            ("critic", revise("coder", text=f"finding {n}"), at + 4),
        )
    return log


def test_the_prompt_is_the_system_text_and_the_view_the_users() -> None:
    system, user = request(STATED).messages
    assert (system.role, system.content) == ("system", packaged_roles()["coder"].prompt)
    assert user.role == "user"
    assert user.content.endswith("Reply now with the program.")


def test_the_question_the_plan_and_the_formulation_are_shown() -> None:
    text = shown(STATED)
    assert "## The question\nWhat force?" in text
    assert "- Method: bilinear quads" in text
    assert '"youngs_modulus":1000000000.0' in text


def test_what_is_not_there_has_no_heading() -> None:
    text = shown(STATED)
    for heading in ("Earlier attempts", "The last program", "Findings", "Questions"):
        assert heading not in text


def test_the_last_attempt_is_shown_whole_and_earlier_ones_in_a_line() -> None:
    text = shown(tried(3))
    assert "# program 3" in text
    assert "- finding 3" in text
    assert "FAILED convergence:force: value 0.125 the bound is 30 % of the value" in text
    assert "passed: supports:left" in text
    assert "- attempt 2: refined Failed: convergence:force" in text
    for gone in ("# program 2", "finding 2", "attempt 3: refined"):
        assert gone not in text


def test_results_of_an_earlier_formulation_are_not_shown() -> None:
    log = tried(2)
    text = shown(more(log, ("formulator", OTHER, len(log))))
    for stale in ("# program 1", "attempt 1", "convergence:force", "Traceback", "The last program"):
        assert stale not in text


def test_a_program_for_an_earlier_formulation_is_shown_to_who_writes_programs() -> None:
    log = tried(2)
    log = more(log, ("formulator", OTHER, len(log)))
    assert f"## {EARLIER}\nsettings:" in shown(log)
    assert "# program 2" in shown(log)
    assert "# program 2" not in shown(log, "critic", "critique")
    assert EARLIER not in shown(more(log, ("coder", program(3), len(log))))


def test_a_manager_is_not_shown_the_program() -> None:
    text = shown(tried(1), "manager", "speaker", "coder", "critic")
    assert "convergence:force" in text
    for heading in ("The last program", "How it ran", "Findings that you"):
        assert heading not in text


def test_who_states_the_problem_is_told_how_and_which_materials_have_names() -> None:
    role = packaged_roles()["coder"].model_copy(update={"sends": ("formulation", "program")})
    log = said(("user", PROBLEM, None))
    brief = make_brief(log, "coder", "formulation", log.at(1))
    system, user = render_request(role, brief, "formulation").messages
    assert system.content == packaged_roles()["formulator"].prompt
    assert "- copper: E = 1.298e+11 Pa, nu = 0.343" in user.content


def test_the_level_and_the_error_bound_asked_for_are_shown() -> None:
    assert "claim level verified; an error bound of at most 2 % of each value" in shown(STATED)


@given(times=st.integers(2, 12), changed=st.text(max_size=2000), lines=st.integers(0, 3000))
def test_the_view_grows_by_one_short_line_an_attempt(times: int, changed: str, lines: int) -> None:
    fewer = shown(tried(times, changed=changed, source="x = 1\n" * lines))
    again = shown(tried(times + 1, changed=changed, source="x = 1\n" * lines))
    assert 0 < len(again) - len(fewer) < 500
    assert again.count("\n") - fewer.count("\n") == 1


def test_a_program_too_long_to_show_is_cut_and_says_so() -> None:
    text = shown(tried(1, source="x = 1\n" * 10_000))
    assert len(text) < len(shown(tried(1))) + PROGRAM_CHARACTERS + 100
    assert "more characters are not shown" in text
    assert "not shown" not in shown(tried(1))


def test_of_a_stream_the_end_is_shown() -> None:
    told = describe_execution(execution(stdout="a" * 10_000 + "end", stderr="b\n" * 10_000))
    assert "end\n" in told
    assert len(told) < 2 * STREAM_CHARACTERS + 200


def test_how_a_program_ended_is_said_first() -> None:
    ended = execution(status="wall_timeout", exit_code=None, message="It ran for 60 s.")
    told = describe_execution(ended)
    assert told == "status wall_timeout, exit code None. It ran for 60 s."


def test_of_a_traceback_the_programs_own_frames_are_kept() -> None:
    cut = cut_traceback(TRACEBACK)
    assert "line 12, in <module>" in cut
    assert "u = solve(K, f)" in cut
    assert cut.endswith("ValueError: the matrix is singular")
    assert "spsolve" not in cut
    assert len(cut.splitlines()) == len(TRACEBACK.splitlines()) - 3


def test_where_libraries_lie_and_what_was_said_already_is_left_out() -> None:
    failed = (
        f"it returned 1\n{TRACEBACK}ImportError: no name 'x' from 'y' (/home/me/site-packages/y.py)"
    )
    told = describe_evidence(
        evidence(1, "none", Check(name="contract:execution", passed=False, message=failed))
    )
    first = told.splitlines()[0]
    assert first == (
        "FAILED contract:execution: it returned 1 … ImportError: no name 'x' from 'y' (y.py)"
    )
    assert cut_traceback("ImportError: (/home/me/lib/site-packages/y.py)") == "ImportError: (y.py)"
    unsettled = evidence(1, "consistent", LOOSE)
    (force,) = unsettled.quantities
    noted = force.model_copy(update={"note": LOOSE.message})
    told = describe_evidence(unsettled.model_copy(update={"quantities": (noted,)}))
    assert told.count(LOOSE.message) == 1


def test_both_tracebacks_of_a_chained_error_are_cut() -> None:
    told = f"{TRACEBACK}\nDuring handling of the above exception, another occurred:\n\n{TRACEBACK}"
    cut = cut_traceback(told)
    assert cut.count("ValueError: the matrix is singular") == 2
    assert "During handling" in cut
    assert "spsolve" not in cut


@given(text=st.text())
def test_what_is_no_traceback_is_left_as_it_is(text: str) -> None:
    assert cut_traceback(text) == "\n".join(text.splitlines())[-STREAM_CHARACTERS:]


def test_failed_checks_are_shown_with_their_numbers_and_quantities_with_their_bounds() -> None:
    failed = WRONG.model_copy(update={"value": 0.123456, "tolerance": 0.01})
    told = describe_evidence(evidence(1, "none", failed, HELD, force=2.0))
    assert told.splitlines() == [
        "FAILED equilibrium:balance: value 0.1235 tolerance 0.01 12 % of the force is missing",
        "passed: supports:left",
        "force = 2 N/m (none)",
    ]


def test_replies_to_questions_are_shown() -> None:
    log = more(STATED, ("formulator", Question(text="How thick?"), 3))
    text = shown(more(log, ("admin", Reply(text="5 mm"), 4)), "formulator", "formulation")
    assert "## Questions and replies\n- How thick? 5 mm" in text


def test_settings_that_the_problem_asks_for_are_shown() -> None:
    asked = Problem(statement="What force?", settings=Settings(mesh_size=0.05))
    assert '{"mesh_size": 0.05}' in shown(said(("user", asked, None)), "planner", "plan")
    assert "discretisation" not in shown(STATED)


@pytest.mark.parametrize("want", ["plan", "formulation", "critique", "speaker"])
def test_a_json_reply_is_asked_for_with_its_schema(want: str) -> None:
    asked = request(STATED, "planner", want)
    assert asked.json_schema is not None
    assert "kind" not in asked.json_schema["properties"]
    assert "## The form of the reply" in asked.messages[-1].content
    assert "## The kit" not in asked.messages[-1].content


def test_a_program_is_asked_for_with_the_kit_and_without_a_schema() -> None:
    asked = request(STATED)
    assert asked.json_schema is None
    assert "## The kit" in asked.messages[-1].content


def test_a_manager_is_shown_what_was_said_and_who_may_speak() -> None:
    text = shown(STATED, "manager", "speaker", "coder", "planner")
    assert "## Who may speak next\n- coder: Writes the finite-element program, " in text
    assert "## What was said last\nformulator, formulation: as above" in text


def test_a_message_of_ones_own_kind_is_shown_as_it_is() -> None:
    class Hunch(Message):
        kind: Literal["hunch_of_render_test"] = "hunch_of_render_test"
        force: float

    try:
        text = shown(more(STATED, ("estimator", Hunch(force=2.5), 3)))
        assert '{"kind":"hunch_of_render_test","force":2.5}' in text
    finally:
        del Message.kinds["hunch_of_render_test"]


def test_an_unusable_reply_goes_back_with_what_is_wrong() -> None:
    asked = request(STATED)
    again = render_repair(CODER, asked, "nonsense", "there is no program in it")
    assert again.messages[: len(asked.messages)] == asked.messages
    reply, fault = again.messages[len(asked.messages) :]
    assert (reply.role, reply.content) == ("assistant", "nonsense")
    assert "there is no program in it" in fault.content
    assert (again.role, again.want, again.brief) == (asked.role, asked.want, asked.brief)


def test_of_a_long_unusable_reply_both_ends_go_back() -> None:
    again = render_repair(CODER, request(STATED), "begin" + "x" * 2_000_000 + "end", "y" * 9000)
    reply, fault = again.messages[-2:]
    assert reply.content.startswith("beginx")
    assert reply.content.endswith("xend")
    assert len(reply.content) < REPLY_CHARACTERS + 100
    assert len(fault.content) < FAULT_CHARACTERS + 200


def all_tokens(asked: ModelRequest) -> int:
    return sum(tokens(chat.content) for chat in asked.messages)


@pytest.mark.parametrize(
    ("want", "window"),
    [("program", 6000), ("critique", 6000), ("formulation", 8192), ("program", 16_384)],
)
def test_a_view_fits_into_its_window_and_leaves_room_for_the_reply(want: str, window: int) -> None:
    log = tried(9, changed="x" * 300, source="x = 1\n" * 3000)
    role = packaged_roles()["coder" if want == "program" else "critic"]
    brief = make_brief(log, role.name, want, log.at(len(log)))
    asked = render_request(role, brief, want, context=window)
    assert all_tokens(asked) <= window * 3 // 4
    assert "## The question\nWhat force?" in asked.messages[1].content
    assert '"youngs_modulus":1000000000.0' in asked.messages[1].content
    again = render_repair(role, asked, "y" * 9000, "it is no program", context=window + 2000)
    assert all_tokens(again) <= (window + 2000) * 3 // 4


def test_what_matters_least_is_shortened_first() -> None:
    brief = make_brief(log := tried(5, source="x = 1\n" * 500), "coder", "program", log.at(19))
    whole = render_request(CODER, brief, "program")
    assert render_request(CODER, brief, "program", context=100_000) == whole
    shorter = render_request(CODER, brief, "program", context=all_tokens(whole) * 4 // 3 - 20)
    assert "Method: bilinear quads" in whole.messages[1].content
    assert "Method: bilinear quads" not in shorter.messages[1].content
    assert "# program 5" in shorter.messages[1].content


def test_a_window_that_nothing_fits_into_is_refused_with_a_remedy() -> None:
    brief = make_brief(STATED, "coder", "program", STATED.at(3))
    with pytest.raises(ModelError, match="use a model with a longer one"):
        render_request(CODER, brief, "program", context=2000)


def test_a_reviewer_is_told_the_numbers_of_what_was_compared() -> None:
    settled = Check(name="convergence:force", passed=True, message="coarse to fine 1, 2, 3")
    told = describe_evidence(evidence(1, "converged", HELD, settled), whole=True)
    assert "passed convergence:force: coarse to fine 1, 2, 3" in told
    assert "passed: supports:left" in told
    assert "coarse to fine" not in describe_evidence(evidence(1, "converged", HELD, settled))


def test_an_unusable_reply_is_cut_further_where_the_context_is_short() -> None:
    role = packaged_roles()["formulator"]
    brief = make_brief(said(("user", PROBLEM, None)), "formulator", "formulation", STATED.at(1))
    asked = render_request(role, brief, "formulation", context=8192)
    again = render_repair(role, asked, "y" * 9000, "names have no spaces " * 90, context=8192)
    assert all_tokens(again) <= 8192 * 3 // 4
    assert "characters left out" in again.messages[2].content
    assert "names have no spaces" in again.messages[3].content


def test_a_manager_is_told_evidence_in_words() -> None:
    text = shown(STATED, "manager", "speaker", "coder")
    assert "{" in text
    judged = more(STATED, ("verification", evidence(1, "consistent", HELD, LOOSE), 3))
    text = shown(judged, "manager", "speaker", "coder")
    assert "verification, evidence: \nFAILED convergence:force" in text


def test_a_manager_is_shown_the_question_once_and_a_critique_in_words() -> None:
    text = shown(said(("user", PROBLEM, None)), "manager", "speaker", "planner")
    assert text.count(PROBLEM.statement) == 1
    judged = more(
        STATED,
        ("coder", program(), 3),
        ("executor", execution(), 4),
        ("verification", evidence(1, "consistent", LOOSE), 5),
        ("critic", revise("coder", text="refine at the hole"), 6),
    )
    text = shown(judged, "manager", "speaker", "coder")
    assert "critic, critique: revise. \n- to coder: refine at the hole" in text


def test_whoever_chooses_is_told_what_roles_of_ones_own_do() -> None:
    brief = make_brief(
        STATED, "manager", "speaker", STATED.at(3), ("coder", "skeptic", "mute"),
        {"coder": "Writes.", "skeptic": "Doubts the units.", "mute": ""},
    )  # fmt: skip
    text = render_request(packaged_roles()["manager"], brief, "speaker").messages[-1].content
    assert "## Who may speak next\n- coder: Writes.\n- skeptic: Doubts the units.\n- mute" in text


def test_a_program_to_go_by_is_shown_until_there_is_one() -> None:
    example = "## An example\nA whole program for a plate under tractions"
    assert example in shown(STATED)
    assert "## An example" not in shown(tried(1))
    assert "## An example" not in shown(STATED, "planner", "plan")
    solid = load_problem("cantilever-3d").formulation
    assert example_program(solid) == ""
