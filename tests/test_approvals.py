"""What waits for a person: nothing goes on without approval, and nothing is asked twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Unpack

import anyio
import pytest
from engineer import PLATE, PROGRAM, code, engineer, failure, run

from mechagents.agents.base import Agent, Approval, Approver, Context
from mechagents.budget import Budget
from mechagents.errors import ProblemError, TeamError
from mechagents.flow import Dataflow, Graph
from mechagents.flow.base import Roles
from mechagents.log import FILE_NAME, Conversation, read_log
from mechagents.messages import (
    Answer,
    Envelope,
    Execution,
    Formulated,
    Message,
    ModelCall,
    Plan,
    Question,
    Reply,
)
from mechagents.models.base import ModelRequest
from mechagents.role import Role
from mechagents.run import resume
from mechagents.team import (
    FULL_TEAM,
    Team,
    TeamSettings,
    full_team,
    group_chat,
    round_robin,
    two_agent,
)

FAST = PLATE.model_copy(update={"level": "consistent"})
EVERYTHING = ("plan", "formulation", "program", "answer")


class Person:
    """Replies in the order given, then approves; keeps what it was asked."""

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.asked: list[Approval] = []

    async def __call__(self, approval: Approval) -> str:
        self.asked.append(approval)
        return self.replies.pop(0) if self.replies else ""

    @property
    def kinds(self) -> list[str]:
        return [approval.kind for approval in self.asked]


def numbered(request: ModelRequest) -> str:
    """Write a program that differs from the one before."""
    return code(f"{PROGRAM}\n# {request.brief.attempts_in_all}\n")


def in_a_graph(**settings: Unpack[TeamSettings]) -> Team:
    """Return the full team in a graph of who may follow whom."""
    follows = {
        "planner": ["formulator"],
        "formulator": ["coder"],
        "coder": ["critic"],
        "critic": ["coder", "formulator"],
    }
    return Team(FULL_TEAM, flow=Graph(follows), **settings)


@pytest.mark.parametrize("make", [full_team, group_chat, round_robin, in_a_graph])
async def test_everything_that_needs_approval_waits_in_every_flow(
    make: Callable[..., Team], tmp_path: Path
) -> None:
    person = Person()
    logged: list[int] = []

    async def look(approval: Approval) -> str:
        logged.append(len(read_log(tmp_path).of(Execution)))
        assert read_log(tmp_path).last(Answer) is None
        return await person(approval)

    team = make(model=engineer(), approve=EVERYTHING, approver=look)
    outcome = await run(team, tmp_path, FAST)
    assert isinstance(outcome, Answer), outcome
    assert outcome.accepted
    assert person.kinds == ["plan", "formulation", "program", "answer"]
    assert logged == [0, 0, 0, 1]
    log = read_log(tmp_path)
    asked = [e.message.approves for e in log if isinstance(e.message, Question)]
    assert [log.at(seq or 0).message.kind for seq in asked] == [*EVERYTHING[:3], "evidence"]
    assert [reply.approves for reply in log.of(Reply)] == asked


async def test_a_person_reads_what_is_to_be_approved(tmp_path: Path) -> None:
    person = Person()
    await run(full_team(model=engineer(), approve=EVERYTHING, approver=person), tmp_path, FAST)
    plan, formulation, program, answer = (approval.text for approval in person.asked)
    assert "1. solve" in plan
    assert "rectangle 1 m × 1 m" in formulation
    assert "def strain_matrix" in program
    assert "The answer would be: consistent" in answer
    assert "101.3 MN/m" in answer
    assert [approval.sender for approval in person.asked][:3] == ["planner", "formulator", "coder"]


async def test_a_question_that_nobody_hears_waits_until_it_is_replied_to(tmp_path: Path) -> None:
    team = full_team(model=engineer(), approve=["plan"])
    told = failure(await run(team, tmp_path, FAST), "waiting")
    assert "Approve the plan of planner?" in told.message
    assert "mechagents reply" in told.message
    assert not read_log(tmp_path).of(Formulated)
    again = failure(await resume(tmp_path, sync_team(team), sync=False), "waiting")
    assert again.message == told.message
    outcome = await resume(tmp_path, sync_team(team), reply="", sync=False)
    assert isinstance(outcome, Answer), outcome
    assert len(read_log(tmp_path).of(Question)) == 1
    with pytest.raises(ProblemError, match="no question waits"):
        await resume(tmp_path, sync_team(team), reply="approve", sync=False)


def sync_team(team: Team) -> Team:
    """Return the same team anew, as another process would."""
    return full_team(model=team.model, approve=team.approve)


async def test_a_log_keeps_what_needs_approval(tmp_path: Path) -> None:
    team = full_team(approve=["program", "formulation"])
    told = failure(await run(team, tmp_path, FAST), "waiting")
    assert "Approve the formulation of formulator?" in told.message
    told = failure(await resume(tmp_path, reply="approve", sync=False), "waiting")
    assert "Approve the program of coder?" in told.message
    assert not read_log(tmp_path).of(Execution)


class Watching(Dataflow):
    """The dataflow, which keeps the kinds of what messages answered."""

    def __init__(self) -> None:
        self.causes: list[str] = []

    def recipients(
        self,
        roles: Roles,
        conversation: Conversation,
        message: Message,
        sender: str,
        cause: Envelope | None,
    ) -> tuple[str, ...]:
        """Keep the kind of the cause."""
        self.causes.append(cause.message.kind if cause is not None else "")
        return super().recipients(roles, conversation, message, sender, cause)


async def test_a_flow_sees_the_message_and_not_its_approval(tmp_path: Path) -> None:
    seen: list[list[str]] = []
    for approve in ((), EVERYTHING):
        flow = Watching()
        roles = [*FULL_TEAM, Listener()]
        team = Team(roles, flow=flow, model=engineer(), approve=approve, approver=Person())
        assert isinstance(await run(team, tmp_path / f"{len(approve)}", FAST), Answer)
        seen.append(flow.causes)
    assert seen[0] == seen[1]


async def test_words_send_a_plan_back_to_whoever_wrote_it(tmp_path: Path) -> None:
    seen: list[str] = []

    def plan(request: ModelRequest) -> str:
        seen.append(request.messages[-1].content)
        return json.dumps({"steps": [f"solve, {len(seen)}"], "method": "quads"})

    person = Person("Check the reaction by hand too.")
    team = full_team(model=engineer(plan=plan), approve=["plan"], approver=person)
    assert isinstance(await run(team, tmp_path, FAST), Answer)
    assert [p.steps for p in read_log(tmp_path).of(Plan)] == [("solve, 1",), ("solve, 2",)]
    assert "Check the reaction by hand too." in seen[1]
    assert person.kinds == ["plan", "plan"]


async def test_words_send_a_formulation_back_where_one_role_states_and_codes(
    tmp_path: Path,
) -> None:
    def amend(request: ModelRequest) -> str:
        assert "I meant 0.2 m." in request.messages[-1].content
        return '{"amend": {"supports.1.x": 0.2}}'

    person = Person("I meant 0.2 m.")
    model = engineer(formulation=amend)
    team = two_agent(model=model, approve=["formulation"], approver=person)
    outcome = await run(team, tmp_path, FAST)
    assert isinstance(outcome, Answer), outcome
    stated = [f.formulation.supports[1].x for f in read_log(tmp_path).of(Formulated)]
    assert stated == [0.1, 0.2]
    assert [request.want for request in model.requests] == ["formulation", "program"]


async def test_a_program_that_was_sent_back_never_runs_and_counts(tmp_path: Path) -> None:
    person = Person("Give it a name.")
    model = engineer(program=numbered)
    team = full_team(model=model, approve=["program"], approver=person)
    outcome = await run(team, tmp_path / "1", FAST)
    assert isinstance(outcome, Answer), outcome
    assert outcome.attempts == 2
    assert [e.attempt for e in read_log(tmp_path / "1").of(Execution)] == [2]
    never = Person(*["No."] * 9)
    team = full_team(model=model, approve=["program"], approver=never, stop=Budget(attempts=2))
    told = failure(await run(team, tmp_path / "2", FAST), "gave_up")
    assert "the program was sent back (No.); 2 programs were tried" in told.message
    assert len(never.asked) == 2
    assert not read_log(tmp_path / "2").of(Execution)


async def test_an_answer_that_was_sent_back_is_mended_before_it_is_final(tmp_path: Path) -> None:
    person = Person("Use a finer mesh.")
    model = engineer(program=numbered)
    team = full_team(model=model, approve=["answer"], approver=person)
    outcome = await run(team, tmp_path, FAST)
    assert isinstance(outcome, Answer), outcome
    assert (outcome.attempts, outcome.accepted) == (2, True)
    second = [r for r in model.requests if r.role == "coder"][1]
    assert second.brief.findings == ("The person who asked sent this back: Use a finer mesh.",)
    assert person.kinds == ["answer", "answer"]
    assert len(read_log(tmp_path).of(Answer)) == 1


async def test_words_may_name_who_mends_an_answer(tmp_path: Path) -> None:
    def amend(request: ModelRequest) -> str:
        return '{"amend": {"supports.1.x": 0.2}}'

    person = Person("formulator: I meant 0.2 m.")
    model = engineer(program=numbered, formulation=amend)
    team = full_team(model=model, approve=["answer"], approver=person)
    outcome = await run(team, tmp_path, FAST)
    assert isinstance(outcome, Answer), outcome
    assert outcome.quantities[0].value == pytest.approx(2.027e8, rel=1e-3)


async def test_an_answer_nobody_approves_is_the_best_so_far(tmp_path: Path) -> None:
    person = Person(*["Finer."] * 9)
    model = engineer(program=numbered)
    team = full_team(model=model, approve=["answer"], approver=person, stop=Budget(attempts=2))
    outcome = await run(team, tmp_path, FAST)
    assert isinstance(outcome, Answer), outcome
    assert not outcome.accepted
    assert "the answer was sent back (Finer.); 2 programs were tried" in outcome.note


@pytest.mark.parametrize("kind", ["plan", "answer"])
async def test_exit_ends_the_run_which_asks_again_when_it_is_resumed(
    kind: str, tmp_path: Path
) -> None:
    team = full_team(model=engineer(), approve=[kind], approver=Person("exit"))
    outcome = await run(team, tmp_path, FAST)
    if kind == "plan":
        assert "who was to approve the plan ended the run" in failure(outcome, "stopped").message
    else:
        assert isinstance(outcome, Answer), outcome
        assert not outcome.accepted
        assert "who was to approve the answer ended the run" in outcome.note
    person = Person()
    team = full_team(model=team.model, approve=[kind], approver=person)
    outcome = await resume(tmp_path, team, sync=False)
    assert isinstance(outcome, Answer), outcome
    assert outcome.accepted
    assert person.kinds == [kind]


async def test_a_run_cut_anywhere_asks_for_nothing_that_was_approved(tmp_path: Path) -> None:
    def team(person: Approver) -> Team:
        return full_team(model=engineer(), approve=EVERYTHING, approver=person)

    assert isinstance(await run(team(Person()), tmp_path / "whole", FAST), Answer)
    lines = (tmp_path / "whole" / FILE_NAME).read_bytes().splitlines(keepends=True)
    log = list(read_log(tmp_path / "whole"))
    told = ("plan", "formulation", "program", "question", "reply", "evidence")
    for cut in (e.seq for e in log if e.message.kind in told):
        folder = tmp_path / f"cut{cut}"
        folder.mkdir()
        (folder / FILE_NAME).write_bytes(b"".join(lines[:cut]))
        if cut > next(e.seq for e in log if isinstance(e.message, Execution)):
            (folder / "attempts").symlink_to(tmp_path / "whole" / "attempts")
        person = Person()
        outcome = await resume(folder, team(person), sync=False)
        assert isinstance(outcome, Answer), outcome
        approved = len(Conversation(log[:cut]).of(Reply))
        assert person.kinds == list(EVERYTHING)[approved:], cut
        whole = read_log(folder)
        assert len(whole.of(Question)) == len(whole.of(Reply)) == len(EVERYTHING), cut
        calls = [(e.sender, e.cause) for e in whole if isinstance(e.message, ModelCall)]
        assert len(calls) == len(set(calls)) == 3, cut


async def test_a_person_may_take_longer_than_the_run_is_allowed(tmp_path: Path) -> None:
    async def slow(_: Approval) -> str:
        await anyio.sleep(1.2)
        return "exit"

    team = full_team(model=engineer(), approve=["plan"], approver=slow, stop=Budget(seconds=1.0))
    failure(await run(team, tmp_path, FAST), "stopped")


async def test_ask_approves_where_nobody_else_does(tmp_path: Path) -> None:
    asked: list[str] = []

    async def ask(question: str) -> str:
        asked.append(question)
        return "yes"

    team = full_team(model=engineer(), approve=["plan"], ask=ask)
    assert isinstance(await run(team, tmp_path, FAST), Answer)
    (text,) = asked
    assert "1. solve" in text
    assert text.endswith('"exit" ends the run.')


class Listener(Agent):
    """Keeps what it hears."""

    role = Role(name="listener", description="d", receives=("answer",))

    def __init__(self) -> None:
        self.heard: list[Message] = []

    async def handle(self, context: Context) -> Message | None:
        """Keep the message."""
        self.heard.append(context.act_on.message)
        return None


async def test_an_approved_answer_is_heard_by_those_who_listen(tmp_path: Path) -> None:
    listener, person = Listener(), Person()
    team = full_team(model=engineer(), extra=[listener], approve=["answer"], approver=person)
    assert listener.heard == [await run(team, tmp_path, FAST)]


def test_a_team_says_what_cannot_be_approved() -> None:
    with pytest.raises(TeamError, match="'critique' cannot be approved; name any of plan"):
        full_team(approve=["critique"])
    with pytest.raises(TeamError, match="nobody in the team answers questions"):
        Team(["formulator", "planner", "coder", "executor"], approve=["plan"])
