"""The same failure twice: what counts as the same, and what is changed, in which order."""

from __future__ import annotations

from pathlib import Path

import pytest
from conversations import (
    ACCEPT,
    FORMULATED,
    PLAN,
    PROBLEM,
    Turn,
    evidence,
    execution,
    more,
    program,
    revise,
    said,
)
from engineer import PLATE, code, engineer, failure, run

from mechagents.agents.briefing import make_brief
from mechagents.budget import Budget
from mechagents.flow import Dataflow
from mechagents.flow.repeats import failed_alike, said_again, same_programs, told_failure
from mechagents.flow.unstuck import approach, exhausted
from mechagents.log import FILE_NAME, Conversation, read_log
from mechagents.messages import (
    Check,
    Execution,
    Message,
    ModelCall,
    Program,
    Question,
    Reply,
    Settings,
    Setup,
    Speaker,
)
from mechagents.models.base import ModelRequest
from mechagents.run import resume
from mechagents.team import full_team, rule_chat, team_from, two_agent
from mechagents.testing import ScriptedModel, ScriptedSandbox

BEGUN = said(("user", PROBLEM, None), ("planner", PLAN, 1), ("formulator", FORMULATED, 2))
TRACE = "Traceback (most recent call last):\n  File \"program.py\", line {}\nKeyError: 'x{}'\n"


def _off(value: float | None, name: str = "equilibrium:balance", told: str = "off") -> Check:
    return Check(name=name, passed=False, value=value, message=told)


def _tried(conversation: Conversation, *outcomes: Check | Execution) -> Conversation:
    """Return a conversation with one more attempt for each outcome: failed checks, or a crash."""
    for outcome in outcomes:
        number = len(conversation.of(Program)) + 1
        seq = len(conversation)
        ran = outcome if isinstance(outcome, Execution) else execution(number)
        check = outcome if isinstance(outcome, Check) else _off(None, "contract:status")
        turns: list[Turn] = [
            ("coder", program(number, source=f"# {number}"), seq),
            ("executor", ran.model_copy(update={"attempt": number}), seq + 1),
            ("verification", evidence(number, "none", check), seq + 2),
            ("critic", revise("coder"), seq + 3),
        ]
        conversation = more(conversation, *turns)
    return conversation


def _crash(text: str, status: str = "error", mesh_size: float | None = None) -> Execution:
    settings = Settings(mesh_size=mesh_size)
    return execution(1, status=status, exit_code=1, stderr=text, settings=settings)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (_off(0.120), _off(0.124), True),
        (_off(0.120), _off(0.130), False),
        (_off(0.0), _off(0.0), True),
        (_off(0.12), _off(0.12, "supports:left"), False),
        (_off(None, told="3 of 7 points"), _off(None, told="4 of 9 points"), True),
        (_off(None, told="no stress"), _off(None, told="no displacement"), False),
        (_off(None), _off(0.1), False),
        (_crash(TRACE.format(12, 1)), _crash(TRACE.format(40, 2)), True),
        (_crash("KeyError: 'x'"), _crash("ValueError: 'x'"), False),
        (_crash("KeyError: 'x'"), _off(0.1), False),
        (_crash("", "wall_timeout", 0.1), _crash("", "wall_timeout", 0.1), True),
        (_crash("", "wall_timeout", 0.1), _crash("", "wall_timeout", 0.2), False),
    ],
)
def test_what_counts_as_the_same_failure(
    one: Check | Execution, other: Check | Execution, alike: bool
) -> None:
    found = failed_alike(_tried(BEGUN, one, other))
    assert [e.message.attempt for e in found if isinstance(e.message, Program)] == (
        [1, 2] if alike else [2]
    )


def test_failures_that_take_turns_are_seen() -> None:
    log = _tried(BEGUN, _off(0.1), _off(0.5), _off(0.1))
    assert len(failed_alike(log)) == 2


def test_what_passed_or_belongs_to_another_formulation_is_no_repeat() -> None:
    log = _tried(BEGUN, _off(0.1), _off(0.1))
    seq = len(log)
    passed = more(
        log, ("coder", program(3), seq), ("executor", execution(3), seq + 1),
        ("verification", evidence(3), seq + 2),
    )  # fmt: skip
    assert failed_alike(passed) == []
    other = FORMULATED.formulation.amended({"idealisation": "plane_strain"})
    restated = more(log, ("formulator", FORMULATED.model_copy(update={"formulation": other}), seq))
    assert len(failed_alike(_tried(restated, _off(0.1)))) == 1
    same = more(log, ("formulator", FORMULATED, seq))
    assert len(failed_alike(_tried(same, _off(0.1)))) == 3


def test_the_handbook_mends_by_rules_of_its_own() -> None:
    log = _tried(BEGUN, _off(0.1), _off(0.1))
    for said_ in log.envelopes_of("program"):
        assert said_.cause is not None
        log = more(log, ("coder", ModelCall(role="coder", model="handbook", text=""), said_.cause))
    assert failed_alike(log) == []
    assert approach(log) == "usual"


def _setup(fallback: str = "") -> Setup:
    return full_team().setup("1").model_copy(update={"fallback": fallback})


@pytest.mark.parametrize(
    ("fallback", "order"),
    [
        ("", ["usual", "usual", "another_method", "fresh"]),
        ("a/b", ["usual", "usual", "another_method", "fallback", "fresh"]),
    ],
)
def test_the_approach_is_changed_in_a_fixed_order_and_then_the_run_ends(
    fallback: str, order: list[str]
) -> None:
    begun = more(BEGUN, ("run", _setup(fallback), None))
    logs = [_tried(begun, *[_off(0.1)] * n) for n in range(len(order))]
    assert [approach(log) for log in logs] == order
    assert [exhausted(log) for log in logs] == [""] * len(order)
    last = _tried(begun, *[_off(0.1)] * len(order))
    ended = Dataflow().finish(full_team().roles, last, Budget())
    assert ended is not None
    assert (ended.reason, ended.message) == ("repeats", exhausted(last))
    assert "attempts failed alike, whatever was changed: equilibrium:balance: off" in ended.message


def _brief(log: Conversation):
    return make_brief(log, "coder", "program", log.at(len(log)))


def test_a_coder_is_told_what_failed_twice_and_that_the_same_is_refused() -> None:
    once, twice = (_tried(BEGUN, *[_off(0.1)] * n) for n in (1, 2))
    assert _brief(once).findings == ("mend it",)
    told, *rest = _brief(twice).findings
    assert told.startswith("2 attempts failed alike: equilibrium:balance: off")
    assert "another method" in told
    assert "refused" in told
    assert rest == ["mend it"]
    assert len(_brief(twice).attempts) == 2
    critic = make_brief(twice, "critic", "critique", twice.at(len(twice)))
    assert critic.findings == ("mend it",), "only who writes programs is told"


def test_a_fresh_coder_sees_one_line_of_what_failed_and_no_attempt() -> None:
    thrice = _tried(BEGUN, *[_crash(TRACE.format(1, 1))] * 3)
    brief = _brief(thrice)
    assert (brief.attempts, brief.earlier, brief.last) == ((), None, None)
    assert brief.findings == (
        "3 attempts failed alike: error: KeyError: 'x1' Start anew, by another method.",
    )
    assert brief.attempts_in_all == 3


def test_the_same_program_a_third_time_is_refused_whatever_came_between() -> None:
    log = _tried(BEGUN, _off(0.1), _off(0.2))
    again = program(3, source="# 1")
    log = _tried(more(log, ("coder", again, 5)), _off(0.3))
    assert not same_programs(log)
    log = more(log, ("coder", again.model_copy(update={"attempt": 5}), 5))
    assert same_programs(log)
    ended = Dataflow().finish(full_team().roles, log, Budget())
    assert ended is not None
    assert ended.reason == "repeats"


ROUND: tuple[tuple[str, Message], ...] = (("manager", Speaker(name="planner")), ("planner", PLAN))


@pytest.mark.parametrize(
    ("turns", "again"),
    [
        (ROUND * 2, False),
        ((*ROUND * 2, ROUND[0]), True),
        ((*ROUND * 2, ("critic", ACCEPT), ROUND[0]), False),
        ((("coder", Question(text="?")), ("admin", Reply(text="!"))) * 2, False),
        ((*(("coder", Question(text="?")), ("admin", Reply(text="!"))) * 2,
          ("coder", Question(text="?"))), True),
        ((("coder", Question(text="?")), ("admin", Reply(text="a")), ("coder", Question(text="?")),
          ("admin", Reply(text="b")), ("coder", Question(text="?"))), False),
    ],
)  # fmt: skip
def test_the_same_words_to_and_fro_are_seen_the_third_time(
    turns: tuple[tuple[str, Message], ...], again: bool
) -> None:
    log = said(("user", PROBLEM, None), *[(sender, message, 1) for sender, message in turns])
    assert said_again(log) is again


def test_the_same_words_about_something_new_are_no_repeat() -> None:
    assert not said_again(_tried(BEGUN, *[_off(value) for value in (0.1, 0.2, 0.3, 0.4)]))


def stubborn(request: ModelRequest) -> str:
    """Write another program each time, none of which leaves anything."""
    return code(f"# {request.brief.attempts_in_all}\n")


async def test_a_team_that_fails_alike_changes_its_ways_and_ends(tmp_path: Path) -> None:
    usual, stronger = engineer(program=stubborn), engineer(program=stubborn)
    team = two_agent(model=usual, fallback=stronger, sandbox=ScriptedSandbox())
    told = failure(await run(team, tmp_path), "gave_up")
    assert "5 attempts failed alike, whatever was changed" in told.message
    assert [r.want for r in usual.requests] == ["program"] * 3
    assert [len(r.brief.attempts) for r in usual.requests] == [0, 1, 2]
    assert [len(r.brief.attempts) for r in stronger.requests] == [3, 0]
    assert "4 attempts failed alike" in stronger.requests[1].messages[-1].content
    assert "# 2" not in stronger.requests[1].messages[-1].content


async def test_a_killed_run_goes_on_by_the_approach_that_it_was_at(tmp_path: Path) -> None:
    def team(stronger: ScriptedModel):
        usual = engineer(program=stubborn)
        return two_agent(model=usual, fallback=stronger, sandbox=ScriptedSandbox())

    whole = await run(team(engineer(program=stubborn)), tmp_path / "whole")
    lines = (tmp_path / "whole" / FILE_NAME).read_bytes().splitlines(keepends=True)
    log = list(read_log(tmp_path / "whole"))
    third = next(e.seq for e in log if isinstance(e.message, Program) and e.message.attempt == 3)
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / FILE_NAME).write_bytes(b"".join(lines[:third]))
    stronger = engineer(program=stubborn)
    outcome = await resume(tmp_path / "cut", team(stronger), sync=False)
    assert failure(outcome, "gave_up").message == failure(whole, "gave_up").message
    assert [len(r.brief.attempts) for r in stronger.requests] == [3, 0]


def test_the_fallback_is_named_in_the_log() -> None:
    team = full_team(fallback="ollama/qwen3")
    again = team_from(Setup.model_validate_json(team.setup("1").to_json()))
    assert again.fallback is not None
    assert again.fallback.name == "ollama/qwen3"
    assert team_from(full_team().setup("1")).fallback is None


async def test_a_manager_by_rules_has_the_plan_made_anew(tmp_path: Path) -> None:
    team = rule_chat(model=engineer(program=stubborn), sandbox=ScriptedSandbox())
    failure(await run(team, tmp_path, PLATE), "gave_up")
    speakers = read_log(tmp_path).of(Speaker)
    assert [s.name for s in speakers].count("planner") == 2
    assert speakers[-1].name != "planner", "once for a plan"
    (why,) = [s.why for s in speakers if "alike" in s.why]
    assert why == "3 attempts failed alike; plan anew."


def test_a_failure_is_told_on_one_line() -> None:
    assert told_failure(_tried(BEGUN, _off(0.1))) == "equilibrium:balance: off"
    assert told_failure(BEGUN) == ""
