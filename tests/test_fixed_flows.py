"""Round robin and graph: whose turn it is, and what must follow whoever's turn it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from conversations import (
    ACCEPT,
    FORMULATED,
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
from engineer import PLATE, engineer, run

from mechagents.budget import Budget
from mechagents.errors import TeamError
from mechagents.flow import Dataflow, Graph, GroupChat, RoundRobin
from mechagents.log import FILE_NAME, Conversation, read_log
from mechagents.messages import Answer, Message, Question, Settings, Setup, Speaker
from mechagents.role import Role
from mechagents.run import resume, solve
from mechagents.team import FULL_TEAM, Team, full_team, group_chat, rule_chat, team_from
from mechagents.testing import ScriptedModel, ScriptedSandbox

LINE = {
    "planner": ["formulator"],
    "formulator": ["coder"],
    "coder": ["critic"],
    "critic": ["coder", "formulator", "planner"],
}
ROLES = full_team().roles
APPROVER = Role(name="approver", description="d", receives=("plan",), sends=("critique",))
READER = Role(name="reader", description="d", receives=("program",), sends=("critique",))
ASKED: Turn = ("user", PROBLEM, None)
PLANNED: Turn = ("planner", PLAN, 1)
STATED: Turn = ("formulator", FORMULATED, 2)
FAILED = said(
    ASKED,
    PLANNED,
    STATED,
    ("coder", program(), 3),
    ("executor", execution(), 4),
    ("verification", evidence(1, "none", WRONG), 5),
)
FLOWS = {
    "dataflow": Dataflow(),
    "group_chat": GroupChat(),
    "round_robin": RoundRobin(),
    "graph": Graph(LINE),
}
every_flow = pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)
fixed = pytest.mark.parametrize("flow", [RoundRobin(), Graph(LINE)], ids=["round_robin", "graph"])


def _next(
    flow: Dataflow, conversation: Conversation, roles: dict[str, Role] = ROLES
) -> tuple[str, ...]:
    """Return who acts on the newest message."""
    *earlier, newest = conversation
    cause = conversation.at(newest.cause) if newest.cause else None
    return flow.recipients(roles, Conversation(earlier), newest.message, newest.sender, cause)


@fixed
def test_the_roles_speak_in_their_order(flow: Dataflow) -> None:
    turns = list(FAILED)
    heard = [_next(flow, Conversation(turns[:n])) for n in range(1, 7)]
    assert heard == [
        ("planner",), ("formulator",), ("coder",), ("executor",), ("verification",), ("critic",),
    ]  # fmt: skip


def test_after_the_last_the_round_begins_again() -> None:
    judged = more(FAILED, ("critic", revise("coder"), 6))
    assert _next(RoundRobin(), judged) == ("planner",)
    assert _next(RoundRobin(["coder", "critic", "formulator"]), judged) == ("formulator",)


def test_a_graph_goes_first_to_whom_a_finding_names() -> None:
    for name in ("coder", "formulator", "planner"):
        assert _next(Graph(LINE), more(FAILED, ("critic", revise(name), 6))) == (name,)
    assert _next(Graph(LINE), more(FAILED, ("critic", revise("nobody"), 6))) == ("coder",)


def test_nobody_follows_who_may_not() -> None:
    only = Graph({**LINE, "critic": ["planner"]})
    assert _next(only, more(FAILED, ("critic", revise("coder"), 6))) == ("planner",)


def test_who_has_nothing_to_say_is_passed_over() -> None:
    """A coder without a formulation, a critic without evidence, a formulator of what was given."""
    assert _next(RoundRobin(["critic", "coder", "planner"]), said(ASKED)) == ("planner",)
    given = said(("user", PLATE, None), PLANNED, STATED, ("planner", PLAN, 3))
    assert _next(RoundRobin(), given) == ("coder",)
    asked = more(given, ("critic", revise("formulator"), 4), ("planner", PLAN, 5))
    assert _next(RoundRobin(), asked) == ("formulator",)


def test_without_a_critic_the_turn_after_the_coder_is_the_next() -> None:
    small = {name: role for name, role in ROLES.items() if name != "critic"}
    assert _next(RoundRobin(), FAILED, small) == ("planner",)
    behind = {**small, "sceptic": Role(name="sceptic", description="d", receives=("evidence",),
                                       sends=("plan",))}  # fmt: skip
    assert _next(RoundRobin(), FAILED, behind) == ("sceptic",)


def test_a_manager_chooses_among_those_who_may_follow() -> None:
    roles = {**ROLES, **{"manager": group_chat().roles["manager"]}}
    graph = Graph(LINE)
    judged = more(FAILED, ("critic", revise("coder"), 6))
    assert _next(graph, judged, roles) == ("manager",)
    assert _next(graph, more(judged, ("manager", Speaker(name="planner"), 7)), roles) == (
        "planner",
    )
    for name in ("critic", "nobody", "executor"):
        assert _next(graph, more(judged, ("manager", Speaker(name=name), 7)), roles) == ("coder",)
    assert _next(graph, said(ASKED), roles) == ("planner",), "there is nothing to choose"


@every_flow
@pytest.mark.parametrize(
    ("sender", "message", "cause", "next_"),
    [
        ("coder", program(2), 6, "executor"),
        ("executor", execution(1), 4, "verification"),
        ("verification", evidence(run_next=Settings(mesh_size=0.2)), 5, "executor"),
        ("coder", Question(text="How thick?"), 3, "admin"),
    ],
    ids=["a program is run", "an execution is verified", "another mesh", "a question is asked"],
)
def test_what_must_follow_follows_in_every_flow(
    flow: Dataflow, sender: str, message: Message, cause: int, next_: str
) -> None:
    assert _next(flow, more(FAILED, (sender, message, cause))) == (next_,)


@every_flow
def test_a_plan_that_needs_approval_waits_for_it_in_every_flow(flow: Dataflow) -> None:
    roles = {**ROLES, "approver": APPROVER}
    planned = said(ASKED, PLANNED)
    assert _next(flow, planned, roles) == ("approver",)
    assert _next(flow, more(planned, ("approver", revise("planner"), 2)), roles) == ("planner",)
    assert _next(flow, more(planned, ("approver", ACCEPT, 2)), roles) == ("formulator",)


@every_flow
async def test_a_plan_that_a_person_approves_goes_on_to_who_is_next(
    flow: Dataflow, tmp_path: Path
) -> None:
    async def approve(question: str) -> str:
        return "approve"

    roles = [*FULL_TEAM, "manager"] if isinstance(flow, GroupChat) else FULL_TEAM
    team = Team(
        roles,
        flow=flow,
        model=engineer(),
        sandbox=ScriptedSandbox(),
        approve=("plan",),
        ask=approve,
        stop=Budget(attempts=1),
    )
    await run(team, tmp_path)
    said_ = [e for e in read_log(tmp_path) if e.message.kind not in ("model_call", "speaker")]
    senders = [e.sender for e in said_][2:7]
    assert senders == ["planner", "run", "admin", "formulator", "coder"]


@every_flow
def test_a_program_that_was_read_and_accepted_is_run_in_every_flow(flow: Dataflow) -> None:
    roles = {**group_chat().roles, "reader": READER}
    written = said(ASKED, PLANNED, STATED, ("coder", program(), 3))
    assert _next(flow, written, roles) == ("reader",)
    assert _next(flow, more(written, ("reader", ACCEPT, 4)), roles) == ("executor",)
    assert _next(flow, more(written, ("reader", revise("coder"), 4)), roles) == ("coder",)


@every_flow
def test_nobody_ends_a_run_over_a_failed_check_in_any_flow(flow: Dataflow) -> None:
    accepted = more(FAILED, ("critic", ACCEPT, 6))
    assert flow.finish(ROLES, accepted, Budget()) is None
    assert _next(flow, accepted) in {("coder",), ("planner",)}, "somebody has to mend it"


@every_flow
def test_nobody_is_asked_anything_once_the_answer_is_accepted(flow: Dataflow) -> None:
    passed = more(Conversation(list(FAILED)[:5]), ("verification", evidence(1, "verified"), 5))
    assert _next(flow, more(passed, ("critic", ACCEPT, 6))) == ()


@fixed
def test_no_turn_is_given_for_more_programs_than_are_allowed(flow: Dataflow) -> None:
    judged = more(FAILED, ("critic", revise("coder"), 6))
    assert flow.finish(ROLES, judged, Budget(attempts=2)) is None
    ended = flow.finish(ROLES, judged, Budget(attempts=1))
    assert ended is not None
    assert ended.reason == "attempts"


def test_a_coder_that_follows_itself_has_no_more_programs_than_allowed() -> None:
    small = {name: ROLES[name] for name in ("formulator", "coder", "executor", "verification")}
    flow = Graph({"formulator": ["coder"], "coder": ["coder"]})
    ended = flow.finish(small, FAILED, Budget(attempts=1))
    assert ended is not None
    assert ended.reason == "attempts"


@pytest.mark.parametrize(
    ("flow", "told"),
    [
        (lambda: RoundRobin(["planner", "codr"]), "order: no role 'codr' in the team"),
        (lambda: RoundRobin(["planner", "critic"]), "order: nobody in it writes programs"),
        (lambda: RoundRobin(["coder", "coder"]), "order: a role is named twice"),
        (lambda: RoundRobin([]), "order: name at least one role"),
        (lambda: Graph({"planner": ["codr"]}), "graph.planner: no role 'codr' in the team"),
        (lambda: Graph({"planner": ["critic"], "coder": ["coder"]}), "graph: nobody in it writes"),
        (lambda: Graph({}), "graph: name at least one role"),
    ],
)
def test_a_flow_that_does_not_fit_its_team_is_refused(flow, told: str) -> None:
    with pytest.raises(TeamError, match=told):
        Team(FULL_TEAM, flow=flow())


@pytest.mark.parametrize(
    "flow", [RoundRobin(), RoundRobin(["coder", "critic"]), Graph(LINE), GroupChat(), Dataflow()]
)
def test_a_flow_is_made_again_from_the_log(flow: Dataflow) -> None:
    roles = [*FULL_TEAM, "manager"] if "speaker" in flow.hears else FULL_TEAM
    setup = Setup.model_validate_json(Team(roles, flow=flow).setup("1").to_json())
    again = team_from(setup).flow
    assert (type(again), again.settings) == (type(flow), flow.settings)


def test_settings_that_a_flow_does_not_know_are_told() -> None:
    setup = full_team().setup("1").model_copy(update={"flow_settings": {"pace": 2}})
    with pytest.raises(TeamError, match="flow: no dataflow has these settings"):
        team_from(setup)


async def test_a_manager_by_rules_needs_no_model(tmp_path: Path) -> None:
    model = engineer()
    outcome = await run(rule_chat(model=model), tmp_path)
    assert isinstance(outcome, Answer), outcome
    assert "manager" not in {request.role for request in model.requests}
    chosen = [speaker.name for speaker in read_log(tmp_path).of(Speaker)]
    assert chosen == ["planner", "formulator", "coder", "critic"]


@pytest.mark.parametrize("flow", [RoundRobin(), Graph(LINE)], ids=["round_robin", "graph"])
async def test_a_fixed_flow_reaches_an_answer_and_is_resumed_to_the_same(
    flow: Dataflow, tmp_path: Path
) -> None:
    quick = PLATE.model_copy(update={"level": "consistent"})
    team = Team(FULL_TEAM, flow=flow, model=engineer())
    outcome = await solve(quick, team, folder=tmp_path, sync=False)
    assert isinstance(outcome, Answer), outcome
    assert outcome.accepted
    log = read_log(tmp_path)
    speakers = [e.sender for e in log if e.message.kind not in ("model_call", "setup", "answer")]
    assert speakers == [
        "user", "planner", "formulator", "coder", "executor", "verification", "critic",
    ]  # fmt: skip
    # The first half of the log is that of a run which was killed there.
    lines = (tmp_path / FILE_NAME).read_bytes().splitlines(keepends=True)
    cut = next(e.seq for e in log if e.message.kind == "program")
    (tmp_path / "killed").mkdir()
    (tmp_path / "killed" / FILE_NAME).write_bytes(b"".join(lines[:cut]))
    setup = log.of(Setup)[0].model_copy(update={"model": "handbook"})
    again = Team(FULL_TEAM, flow=team_from(setup).flow, model=engineer())
    resumed = await resume(tmp_path / "killed", again, sync=False)
    assert isinstance(resumed, Answer), resumed
    assert resumed.quantities == outcome.quantities
    assert isinstance(again.model, ScriptedModel)
    assert [request.role for request in again.model.requests] == ["critic"]
