"""Whole runs: from a problem to an answer, or to a typed reason why there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from engineer import FORMULATION, PLATE, PROGRAM, code, engineer, failure, run

from mechagents.agents.base import Agent, Context
from mechagents.budget import Budget
from mechagents.cli.running import exit_code
from mechagents.errors import LogError, ModelError, ProblemError
from mechagents.log import FILE_NAME, read_log
from mechagents.messages import (
    Answer,
    Critique,
    Envelope,
    Evidence,
    Execution,
    Finding,
    Message,
    ModelCall,
    Problem,
    Program,
    Reply,
)
from mechagents.models.base import ModelReply, ModelRequest
from mechagents.role import Role
from mechagents.run import DRAIN_SECONDS, resume, solve
from mechagents.team import Team, full_team, group_chat, two_agent
from mechagents.testing import ScriptedModel


@pytest.mark.parametrize("make", [full_team, two_agent, group_chat])
async def test_every_ready_team_reaches_a_converged_answer(
    make: Callable[..., Team], tmp_path: Path
) -> None:
    outcome = await run(make(model=engineer()), tmp_path / "run")
    assert isinstance(outcome, Answer), outcome
    assert outcome.claim_level == "verified"
    assert all(check.passed for check in outcome.checks)
    (force,) = outcome.quantities
    assert force.error_bound is not None
    assert abs(force.value - 1.01238e8) <= max(force.error_bound, 0.015e8)
    kinds = [envelope.message.kind for envelope in read_log(tmp_path / "run")]
    assert (kinds[0], kinds[1], kinds[-1]) == ("setup", "problem", "answer")


async def test_the_run_leaves_answer_report_and_attempts_in_its_folder(tmp_path: Path) -> None:
    outcome = await run(full_team(model=engineer()), tmp_path)
    written = json.loads((tmp_path / "answer.json").read_text())
    assert written == json.loads(outcome.model_dump_json())
    assert "<html" in (tmp_path / "report.html").read_text()
    assert (tmp_path / "attempts" / "1" / "fields.vtu").is_file()
    assert not (tmp_path / "failure.json").exists()


async def test_a_program_rejected_by_a_check_is_mended_from_the_evidence(tmp_path: Path) -> None:
    def write(request: ModelRequest) -> str:
        last = request.brief.last
        if last is None:
            # The reaction is read on an edge that nothing was put on.
            return code(
                PROGRAM.replace('line["at"])\n    total', 'line["at"] / 2 + 0.01)\n    total')
            )
        assert last.evidence is not None
        assert [check.name for check in last.evidence.failed] == ["quantities:reaction_right"]
        return code(changed="sum over the right edge")

    outcome = await run(full_team(model=engineer(program=write)), tmp_path)
    assert isinstance(outcome, Answer), outcome
    assert (outcome.claim_level, outcome.attempts) == ("verified", 2)
    shown = [e.message for e in read_log(tmp_path) if isinstance(e.message, Evidence)]
    assert not shown[0].passed


async def test_a_program_that_crashes_is_an_execution_and_not_an_exception(tmp_path: Path) -> None:
    def write(request: ModelRequest) -> str:
        return code("raise RuntimeError('no mesh')\n" if request.brief.last is None else PROGRAM)

    outcome = await run(full_team(model=engineer(program=write)), tmp_path)
    assert isinstance(outcome, Answer), outcome
    first = read_log(tmp_path).of(Execution)[0]
    assert first.status == "error"
    assert "RuntimeError: no mesh" in first.stderr


async def test_a_critic_cannot_accept_over_a_failed_check(tmp_path: Path) -> None:
    always = engineer(
        program=lambda _: code("print('done')\n"), critique=lambda _: '{"verdict": "accept"}'
    )
    outcome = await run(full_team(model=always, stop=Budget(attempts=2)), tmp_path)
    told = failure(outcome, "gave_up")
    assert len(told.tried) == 2
    assert all("contract" in line for line in told.tried)


async def test_a_critic_that_never_agrees_ends_with_what_was_found(tmp_path: Path) -> None:
    never = engineer(
        critique=lambda _: '{"verdict": "revise", "findings": [{"to": "coder", "text": "nicer"}]}',
        program=lambda r: (
            code(size=0.1, changed=str(r.brief.attempts_in_all)) + f"\n# {r.brief.attempts_in_all}"
        ),
    )
    outcome = await run(full_team(model=never, stop=Budget(attempts=2)), tmp_path)
    assert isinstance(outcome, Answer), outcome
    assert (outcome.claim_level, outcome.accepted) == ("verified", False)
    assert "2 programs were tried" in outcome.note
    assert exit_code(outcome, "converged") == 3


async def test_the_same_program_again_and_again_is_stopped(tmp_path: Path) -> None:
    same = engineer(program=lambda _: code("print('done')\n"))
    failure(await run(two_agent(model=same), tmp_path), "gave_up")
    assert len(read_log(tmp_path).of(Program)) == 3


async def test_replies_that_cannot_be_used_go_back_with_what_is_wrong(tmp_path: Path) -> None:
    said: list[str] = []

    def plan(request: ModelRequest) -> str:
        said.append(request.messages[-1].content)
        return "{}" if len(said) == 1 else '{"steps": ["solve"], "method": "quads"}'

    outcome = await run(full_team(model=engineer(plan=plan)), tmp_path)
    assert isinstance(outcome, Answer)
    assert "steps: Field required" in said[1]


async def test_nonsense_without_end_is_a_model_failure(tmp_path: Path) -> None:
    team = full_team(model=engineer(plan=lambda _: "I like turtles."))
    told = failure(await run(team, tmp_path), "model")
    assert "planner: 3 replies" in told.message
    assert len(read_log(tmp_path).of(ModelCall)) == 3


async def test_a_model_that_fails_ends_the_run_with_its_words(tmp_path: Path) -> None:
    def refuse(request: ModelRequest) -> str:
        raise ModelError("the provider is down")

    told = failure(await run(full_team(model=engineer(plan=refuse)), tmp_path), "model")
    assert told.message == "the provider is down"


class Broken(Agent):
    """Fails at its first message."""

    role = Role(name="broken", description="d", receives=("plan",), sends=("critique",))

    async def handle(self, context: Context) -> Message | None:
        """Fail."""
        raise KeyError("thickness")


async def test_an_agent_that_raises_ends_the_run_with_its_cause(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    team = full_team(model=engineer(), extra=[Broken])
    told = failure(await run(team, tmp_path), "crash")
    assert told.message == "broken failed: KeyError: 'thickness'"
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("mechagents", "ERROR")
    assert record.getMessage().count("Traceback") == 1
    assert "role=broken" in record.getMessage()


@pytest.mark.parametrize(
    ("budget", "limit"),
    [
        (Budget(model_calls=2), "model_calls"),
        (Budget(tokens=10), "tokens"),
        (Budget(executions=1), "executions"),
        (Budget(seconds=0.001), "seconds"),
    ],
)
async def test_a_spent_budget_ends_the_run_and_more_lets_it_go_on(
    budget: Budget, limit: str, tmp_path: Path
) -> None:
    told = failure(await run(full_team(model=engineer(), stop=budget), tmp_path), "budget")
    assert limit in told.message
    log = read_log(tmp_path)
    calls = [(e.sender, e.cause) for e in log if isinstance(e.message, ModelCall)]
    assert len(calls) <= budget.model_calls
    outcome = await resume(tmp_path, full_team(model=engineer()), sync=False)
    assert isinstance(outcome, Answer), outcome
    assert not (tmp_path / "failure.json").exists()


async def test_a_question_waits_in_the_log_until_it_is_answered(tmp_path: Path) -> None:
    def formulate(request: ModelRequest) -> str:
        if not request.brief.dialogue:
            return '{"question": "Plane stress or plane strain?"}'
        assert request.brief.dialogue == (("Plane stress or plane strain?", "stress"),)
        return f'{{"formulation": {FORMULATION.model_dump_json()}}}'

    words = Problem(statement="What force stretches the plate by 0.1 m?")
    team = full_team(model=engineer(formulation=formulate))
    told = failure(await run(team, tmp_path, words), "waiting")
    assert "formulator asks: Plane stress or plane strain?" in told.message
    team = full_team(model=engineer(formulation=formulate))
    outcome = await resume(tmp_path, team, reply="stress", sync=False)
    assert isinstance(outcome, Answer), outcome


async def test_a_person_at_hand_is_asked(tmp_path: Path) -> None:
    async def ask(question: str) -> str:
        return f"about {question}"

    def formulate(request: ModelRequest) -> str:
        if not request.brief.dialogue:
            return '{"question": "how thick?"}'
        return f'{{"formulation": {FORMULATION.model_dump_json()}}}'

    team = full_team(model=engineer(formulation=formulate), ask=ask)
    outcome = await run(team, tmp_path, Problem(statement="What force?"))
    assert isinstance(outcome, Answer), outcome
    assert read_log(tmp_path).of(Reply) == [Reply(text="about how thick?")]


async def test_a_reply_that_nobody_waits_for_is_refused(tmp_path: Path) -> None:
    await run(full_team(model=engineer()), tmp_path)
    with pytest.raises(ProblemError, match="no question waits"):
        await resume(tmp_path, full_team(model=engineer()), reply="yes", sync=False)


class Listener(Agent):
    """Keeps what it hears."""

    role = Role(name="listener", description="d", receives=("answer", "failure"))

    def __init__(self) -> None:
        self.heard: list[Message] = []

    async def handle(self, context: Context) -> Message | None:
        """Keep the message."""
        self.heard.append(context.act_on.message)
        return None


async def test_a_role_that_only_listens_hears_the_answer(tmp_path: Path) -> None:
    listener = Listener()
    outcome = await run(full_team(model=engineer(), extra=[listener]), tmp_path)
    assert listener.heard == [outcome]


async def test_a_finished_run_is_answered_again_from_its_log(tmp_path: Path) -> None:
    outcome = await run(full_team(model=engineer()), tmp_path)
    before = (tmp_path / "conversation.jsonl").read_bytes()
    (tmp_path / "answer.json").unlink()
    silent = ScriptedModel({})
    assert await resume(tmp_path, full_team(model=silent), sync=False) == outcome
    assert (tmp_path / "conversation.jsonl").read_bytes() == before
    assert (tmp_path / "answer.json").is_file()


async def test_a_run_resumes_in_the_middle_of_a_turn_without_asking_again(tmp_path: Path) -> None:
    """The model replied and that was logged, but what it said was not yet read."""
    await run(full_team(model=engineer()), tmp_path / "whole")
    lines = (tmp_path / "whole" / "conversation.jsonl").read_bytes().splitlines(keepends=True)
    log = list(read_log(tmp_path / "whole"))
    cut = max(e.seq for e in log if isinstance(e.message, ModelCall) and e.sender == "coder")
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "conversation.jsonl").write_bytes(b"".join(lines[:cut]))
    model = engineer()
    outcome = await resume(tmp_path / "cut", full_team(model=model), sync=False)
    assert isinstance(outcome, Answer), outcome
    assert [request.role for request in model.requests] == ["critic"]


async def test_a_folder_that_holds_a_run_is_not_used_again(tmp_path: Path) -> None:
    await run(full_team(model=engineer()), tmp_path)
    with pytest.raises(ProblemError, match="already holds a run"):
        await run(full_team(model=engineer()), tmp_path)


async def test_a_run_that_never_began_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="cannot be read"):
        await resume(tmp_path)
    (tmp_path / "conversation.jsonl").touch()
    with pytest.raises(LogError, match="holds no problem"):
        await resume(tmp_path)


async def test_plain_words_are_refused_where_nobody_can_read_them(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="packaged problem") as caught:
        await run(full_team(), tmp_path / "run", Problem(statement="What force?"))
    assert caught.value.where == "--model"
    assert not (tmp_path / "run").exists()


async def test_a_level_below_the_one_asked_for_is_said(tmp_path: Path) -> None:
    coarse = engineer(program=lambda _: code(size=0.5))
    strict = PLATE.model_copy(update={"tolerance": 1e-6})
    team = two_agent(model=coarse, stop=Budget(attempts=2))
    outcome = await run(team, tmp_path, strict)
    assert isinstance(outcome, Answer), outcome
    assert (outcome.claim_level, outcome.accepted) == ("consistent", False)
    assert "2 programs were tried" in outcome.note


async def test_a_revision_counts_when_reviewers_answer_at_the_same_moment(tmp_path: Path) -> None:
    class Doubter(Agent):
        role = Role(
            name="doubter", description="d", behaviour="critic",
            receives=("evidence",), sends=("critique",),
        )  # fmt: skip

        async def handle(self, context: Context) -> Message | None:
            await critic_speaks.wait()
            if context.brief.attempts_in_all > 1:
                return Critique(verdict="accept")
            return Critique(verdict="revise", findings=(Finding(to="coder", text="again"),))

    def judge_at_the_same_time(request: ModelRequest) -> str:
        critic_speaks.set()
        return '{"verdict": "accept"}'

    critic_speaks = anyio.Event()
    usual = engineer(
        program=lambda r: code() + f"\n# {r.brief.attempts_in_all}",
        critique=judge_at_the_same_time,
    )
    # Only where each message waits for the disk can another be said in between.
    outcome = await solve(PLATE, full_team(model=usual, extra=[Doubter]), folder=tmp_path / "run")
    assert isinstance(outcome, Answer), outcome
    assert (outcome.attempts, outcome.accepted) == (2, True)


async def test_a_reviewer_may_ask_before_it_judges(tmp_path: Path) -> None:
    def ask_once(request: ModelRequest) -> str:
        asked = request.brief.dialogue
        return '{"verdict": "accept"}' if asked else '{"question": "Is it thin?"}'

    async def reply(question: str) -> str:
        return "Yes."

    team = full_team(model=engineer(critique=ask_once), ask=reply)
    outcome = await run(team, tmp_path)
    assert isinstance(outcome, Answer), outcome
    assert outcome.accepted


async def test_what_fails_once_a_run_has_ended_is_not_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class RefusesAtOnce:
        name = "refuses"

        async def complete(self, request: ModelRequest) -> ModelReply:
            if request.want == "formulation":
                raise ModelError("this cannot be stated otherwise")
            return await usual.complete(request)

    usual = engineer(
        critique=lambda _: '{"verdict": "revise", "findings": [{"to": "formulator", "text": "x"}]}'
    )
    outcome = await run(full_team(model=RefusesAtOnce(), stop=Budget(attempts=1)), tmp_path)
    assert isinstance(outcome, Answer), outcome
    assert not caplog.records


async def test_who_watches_a_run_cannot_end_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(envelope: Envelope) -> None:
        raise OSError("the viewer's disk is full")

    outcome = await solve(PLATE, two_agent(model=engineer()), folder=tmp_path, observe=fail)
    assert isinstance(outcome, Answer), outcome
    assert len(caplog.records) == 1


async def test_a_listener_that_fails_at_the_answer_keeps_nobody_waiting(tmp_path: Path) -> None:
    class Listener(Agent):
        role = Role(name="listener", description="d", receives=("answer",), sends=())

        async def handle(self, context: Context) -> Message | None:
            raise KeyError("fails")

    with anyio.fail_after(DRAIN_SECONDS / 2):
        outcome = await run(two_agent(model=engineer(), extra=[Listener]), tmp_path)
    assert isinstance(outcome, Answer), outcome


async def test_a_run_that_was_killed_before_it_began_can_be_begun_again(tmp_path: Path) -> None:
    await run(two_agent(model=engineer()), tmp_path / "whole")
    setup, *_ = (tmp_path / "whole" / FILE_NAME).read_bytes().splitlines(keepends=True)
    (tmp_path / "killed").mkdir()
    (tmp_path / "killed" / FILE_NAME).write_bytes(setup)
    outcome = await run(two_agent(model=engineer()), tmp_path / "killed")
    assert isinstance(outcome, Answer), outcome
    with pytest.raises(ProblemError, match="already holds a run"):
        await run(two_agent(model=engineer()), tmp_path / "killed")


async def test_a_run_that_had_too_few_attempts_goes_on_when_it_is_given_more(
    tmp_path: Path,
) -> None:
    strict = PLATE.model_copy(update={"tolerance": 0.002})
    finer = engineer(program=lambda r: code(size=0.5 / (1 + 4 * r.brief.attempts_in_all)))
    first = await run(full_team(model=finer, stop=Budget(attempts=1)), tmp_path, strict)
    assert isinstance(first, Answer), first
    again = await resume(tmp_path, full_team(model=finer, stop=Budget(attempts=1)))
    assert again == first
    then = await resume(tmp_path, full_team(model=finer))
    assert isinstance(then, Answer), then
    assert (first.accepted, then.accepted, then.attempts) == (False, True, 2)
    assert await resume(tmp_path, full_team(model=finer)) == then


async def test_a_level_without_convergence_needs_one_run_of_the_program(tmp_path: Path) -> None:
    quick = PLATE.model_copy(update={"level": "consistent"})
    outcome = await run(two_agent(model=engineer()), tmp_path, quick)
    assert isinstance(outcome, Answer), outcome
    assert (outcome.claim_level, outcome.usage.executions) == ("consistent", 1)


class Slow:
    """A model that never answers."""

    name = "slow"

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Wait for ever."""
        import anyio

        await anyio.sleep_forever()
        raise AssertionError


async def test_a_model_that_never_answers_is_stopped_by_the_wall_time(tmp_path: Path) -> None:
    team = full_team(model=Slow(), stop=Budget(seconds=0.05))
    told = failure(await run(team, tmp_path), "budget")
    assert "seconds" in told.message


def _refuses(_: ModelRequest) -> str:
    raise ModelError("openai/first: over capacity", retryable=True)


async def test_where_a_model_cannot_answer_the_fallback_does(tmp_path: Path) -> None:
    first = ScriptedModel(_refuses, name="first")
    answer = await run(full_team(model=first, fallback=engineer()), tmp_path)
    assert isinstance(answer, Answer), answer
    assert {call.model for call in read_log(tmp_path).of(ModelCall)} == {"scripted"}
    assert len(first.requests) == answer.usage.model_calls


async def test_where_the_fallback_cannot_answer_either_the_run_ends(tmp_path: Path) -> None:
    second = ScriptedModel(_refuses, name="second")
    team = full_team(model=ScriptedModel(_refuses, name="first"), fallback=second)
    assert "over capacity" in failure(await run(team, tmp_path), "model").message
    assert len(second.requests) == 1


@pytest.mark.parametrize(
    "said",
    ["Es tut mir leid, das kann ich nicht.", "申し訳ありませんが", "{" * 100_000, "x" * 1_900_000],
    ids=["another language", "another script", "open brackets", "megabytes"],
)
async def test_words_that_are_no_answer_end_a_run_with_a_failure(said: str, tmp_path: Path) -> None:
    model = ScriptedModel(lambda _: said)
    told = failure(await run(full_team(model=model, context=8192), tmp_path), "model")
    assert "3 replies in a row could not be used" in told.message
    assert sum(len(chat.content) for chat in model.requests[-1].messages) < 8192 * 4
