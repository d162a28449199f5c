"""The terminal shows what was said, and nothing that was said can steer it."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
import report_conversations as made
from hypothesis import given, settings
from hypothesis import strategies as st

from mechagents.messages import (
    Answer,
    Check,
    Envelope,
    Failure,
    Message,
    ModelCall,
    Opaque,
    Plan,
    Problem,
    Program,
    Question,
    Reply,
    Setup,
)
from mechagents.report import LiveView, print_conversation, print_summary
from mechagents.report.terminal import at_work

FOLDER = Path("runs/copper-1")
HOSTILE = (
    "\x1b]0;o\x07\x1b]8;;e\x07\x1b[2J\r[bold red]x[/] [link=http://evil]y[/link] \u202eback :smile:"
)


def live(envelopes: list[Envelope], width: int = 100) -> str:
    out = io.StringIO()
    view = LiveView(out, width=width)
    for envelope in envelopes:
        view(envelope)
    return out.getvalue()


def summary(end: Answer | Failure, width: int = 100) -> str:
    out = io.StringIO()
    print_summary(end, FOLDER, file=out, width=width)
    return out.getvalue()


def one(message: Message) -> str:
    return live(made.said_in_order([("coder", ("critic",), None, message)]))


def test_the_live_view_tells_a_run_from_the_first_word_to_the_verdict():
    shown = live(made.success())
    for words in (
        "user → planner  problem copper-plate",
        "1. Mesh the plate.",
        "idealisation           plane stress",
        "copper: E = 129.8 GPa, ν = 0.343",
        "u_x = 20 mm, u_y free on x = 1 m",
        "plane_stress (inferred); also: plane_strain",
        "program, attempt 1, 4 lines",
        "ran in 1.3 s, 182 MiB",
        "running again at mesh size 150 mm, order 1",
        "evidence on attempt 1: 1 check failed, 4 checks passed,",
        "convergence:reaction_right  0.031  0.02",
        "for coder: Refine the mesh. [convergence:reaction_right]",
        "changed: mesh size 100 mm to 40 mm",
        "because: The error bound of reaction_right was above 2 %.",
        "critique: accept",
        "answer, claim level converged",
    ):
        assert words in shown


def test_a_check_that_passed_is_never_in_the_table_of_failed_ones():
    shown = live(made.success())
    assert "equilibrium  2" not in shown
    assert "passed: contract, geometry:plate, supports:left, equilibrium" in shown


def test_a_crash_shows_the_end_of_its_traceback():
    shown = live(made.failure())
    assert "failed: error in 1.3 s" in shown
    assert "ValueError: matrix is singular" in shown
    assert "no answer: budget" in shown


def test_a_model_call_is_one_line():
    call = ModelCall(
        role="coder", model="gpt", text="x\n" * 50, prompt_tokens=900, completion_tokens=100,
        cost=0.0021, seconds=1.25,
    )  # fmt: skip
    assert one(call) == "  0.0 s  model gpt for coder, 1,000 tokens, cost 0.0021 USD, 1.2 s\n"


def test_the_setup_of_a_run_is_one_line():
    setup = Setup(
        team="full", flow="dataflow", model="m", sandbox="local", roles=(), budget={}, version="1"
    )
    assert one(setup) == "  0.0 s  team full, flow dataflow, sandbox local, model m\n"


@pytest.mark.parametrize(
    "message",
    [
        made.Estimate(force=12.5),
        Opaque(kind="report_test_estimate", content={"force": 12.5, "by": "hand"}),
    ],
)
def test_a_kind_of_ones_own_shows_its_kind_and_short_json(message: Message):
    shown = one(message)
    assert "coder → critic  report_test_estimate" in shown
    assert '{"force": 12.5, "by": "hand"}' in shown


def test_long_json_of_a_kind_of_ones_own_is_cut():
    shown = one(Opaque(kind="big", content={"data": "x" * 10_000}))
    assert len(shown) < 400
    assert "…" in shown


HOSTILE_MESSAGES = [
    Problem(statement=HOSTILE, name=HOSTILE),
    Plan(steps=(HOSTILE,), method=HOSTILE, checks=(HOSTILE,)),
    Program(source=HOSTILE, changed=HOSTILE, why=HOSTILE),
    made.run_of(1, 0.1, status="error", stderr=HOSTILE),
    made.evidence_of(1, (Check(name=HOSTILE, passed=False, message=HOSTILE),), 1.0),
    Question(text=HOSTILE, options=(HOSTILE,)),
    Reply(text=HOSTILE),
    ModelCall(role="coder", model=HOSTILE, text=HOSTILE),
    Opaque(kind=HOSTILE, content={HOSTILE: HOSTILE}),
    Failure(reason="gave_up", message=HOSTILE, tried=(HOSTILE,)),
]


@pytest.mark.parametrize("message", HOSTILE_MESSAGES, ids=lambda m: m.kind[:12])
def test_no_message_can_send_escapes_markup_or_emoji(message: Message):
    out = io.StringIO()
    envelopes = made.said_in_order([(HOSTILE, (HOSTILE,), None, message)])
    print_conversation(envelopes, full=True, file=out, width=200)
    for shown in (out.getvalue(), live(envelopes, width=200)):
        assert not set(shown) & {"\x1b", "\x07", "\u202e", "\U0001f604"}
        assert "[bold red]x[/] [link=http://evil]y[/link]" in shown


def test_a_summary_cannot_be_steered_either():
    end = made.answer(note=HOSTILE, problem=HOSTILE, model=HOSTILE, isolation=HOSTILE)
    shown = summary(end, width=250) + summary(
        Failure(reason="crash", message=HOSTILE, tried=(HOSTILE,), model=HOSTILE), width=250
    )
    assert not set(shown) & {"\x1b", "\x07", "\u202e", "\U0001f604"}
    assert shown.count("[bold red]x[/]") == 7


def test_the_summary_gives_numbers_bounds_levels_and_what_they_rest_on():
    shown = summary(made.answer())
    for words in (
        "Answer to copper-plate: converged",
        "no second, independent solution was compared.",
        "reaction_right  1.8421 GN/m  ± 0.0085 GN/m  converged",
        "idealisation = plane_stress (inferred)",
        "as plane_strain: reaction_right 2.010 GN/m, +9.1%",
        "All 5 checks passed.",
        "2 attempts, 4 model calls, 6 executions, 14.2 s; model handbook; isolation process",
        "Everything is in runs/copper-1",
    ):
        assert words in shown


def test_a_quantity_without_a_bound_says_that_it_has_none():
    shown = summary(made.answer(quantities=made.quantities(1e9)))
    assert "1.000 GN/m  not known" in shown


def test_failed_checks_of_an_answer_are_told():
    shown = summary(made.answer(checks=(*made.GOOD, made.ROUGH), claim_level="consistent"))
    assert "1 of 5 checks failed:" in shown
    assert "exceeds 2 %" in shown


def test_an_answer_without_checks_says_so():
    assert "No check was made." in summary(made.answer(checks=(), claim_level="computed"))


@settings(max_examples=20, deadline=None)
@given(st.integers(min_value=40, max_value=160))
def test_no_line_is_wider_than_the_terminal(width: int):
    for text in (live(made.success(), width), live(made.failure(), width),
                 summary(made.answer(), width)):  # fmt: skip
        assert max(len(line) for line in text.splitlines()) <= width


def test_a_terminal_narrower_than_forty_columns_is_treated_as_forty():
    assert live(made.success(), 20) == live(made.success(), 40)


def test_lines_do_not_end_in_blanks():
    assert all(line == line.rstrip() for line in live(made.success()).splitlines())


def test_a_stream_that_is_no_terminal_gets_no_colour_and_no_spinner():
    out = io.StringIO()
    with LiveView(out) as view:
        for envelope in made.success():
            view(envelope)
    assert "\x1b" not in out.getvalue()


def test_a_stream_of_few_characters_gets_what_it_can_show():
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    view = LiveView(out)
    for envelope in made.success():
        view(envelope)
    out.flush()
    assert b"coder ? executor" in raw.getvalue()


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_when_nobody_reads_any_more_the_view_falls_silent():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        view = LiveView(gone, width=80)
        for envelope in made.success():
            view(envelope)


def test_a_terminal_gets_colour_and_a_line_that_goes_away(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = Terminal()
    with LiveView(out, width=100) as view:
        for envelope in made.failure():
            view(envelope)
    shown = out.getvalue()
    assert "\x1b[31m  execution of attempt 1: failed" in shown
    assert "attempt 1 is running" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h"), "the cursor comes back"


def foot(view: LiveView) -> str:
    return "\n".join(line.text for line in view.lines())


def test_the_foot_of_a_terminal_tells_checks_work_and_what_is_spent():
    view = LiveView(io.StringIO(), width=100, limits={"attempts": 8, "executions": 60})
    for envelope in made.success()[:11]:
        view(envelope)
    assert "attempt 1: 1 failed, 4 passed" in foot(view)
    assert "FAILED  convergence:reaction_right" in foot(view)
    assert "critic at work" in foot(view)
    assert "attempts 1/8 · executions 3/60" in foot(view)


def test_what_was_logged_before_a_resume_counts_and_is_not_printed():
    out = io.StringIO()
    view = LiveView(out, width=100, limits={"attempts": 8}, earlier=made.success()[:11])
    assert "attempts 1/8" in foot(view)
    assert out.getvalue() == ""


@pytest.mark.parametrize(("color", "escapes"), [({"FORCE_COLOR": "1"}, True), ({}, False)])
def test_a_pipe_gets_colour_only_where_forced_and_nothing_that_is_drawn_anew(
    color: dict[str, str], escapes: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in color.items():
        monkeypatch.setenv(name, value)
    out = io.StringIO()
    with LiveView(out, width=100) as view:
        for envelope in made.success():
            view(envelope)
    assert ("\x1b[31m" in out.getvalue()) is escapes
    assert "executor at work" not in out.getvalue()
    assert "\x1b[?25l" not in out.getvalue()


def test_no_color_leaves_a_terminal_without_colour(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    out = Terminal()
    with LiveView(out, width=100) as view:
        for envelope in made.failure():
            view(envelope)
    assert not re.search(r"\x1b\[(\d+;)*[349]\dm", out.getvalue())
    assert "executor" in out.getvalue()


@pytest.mark.parametrize("message", HOSTILE_MESSAGES, ids=lambda m: m.kind[:12])
def test_nothing_that_is_said_reaches_the_foot_of_a_terminal_as_it_is(
    message: Message, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TERM", "xterm-256color")
    out = Terminal()
    with LiveView(out, width=200) as view:
        view(made.said_in_order([(HOSTILE, (HOSTILE,), None, message)])[0])
    assert not set(out.getvalue()) & {"\x07", "\u202e", "\U0001f604"}
    assert "\x1b[2J" not in out.getvalue()
    assert "\x1b]" not in out.getvalue()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_a_run_that_is_cut_short_gives_the_cursor_back(
    stop: type[BaseException], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TERM", "xterm-256color")
    out = Terminal()

    def cut_short() -> None:
        with LiveView(out, width=100) as view:
            view(made.success()[0])
            raise stop

    with pytest.raises(stop):
        cut_short()
    assert out.getvalue().rindex("\x1b[?25h") > out.getvalue().rindex("\x1b[?25l")


def test_who_is_at_work_follows_the_message():
    said = made.success()
    words = [at_work(envelope) for envelope in said[:7]]
    assert words[0] == "planner at work"
    assert words[1] == "planner is at work"
    assert words[4] == "attempt 1 is running"
    assert words[5] == "checks are made on what it returned"


def test_a_conversation_in_print_numbers_its_messages_and_names_their_cause():
    out = io.StringIO()
    print_conversation(made.success(), file=out, width=100)
    shown = out.getvalue()
    assert "#1  user → planner (2026-03-02 09:30:00)  problem copper-plate" in shown
    assert "answers #3)  formulation" in shown
    assert "json.load" not in shown


def test_a_full_conversation_holds_programs_and_replies_whole():
    out = io.StringIO()
    print_conversation(made.success(), full=True, file=out)
    assert out.getvalue().count("problem = json.load(file)") == 2
