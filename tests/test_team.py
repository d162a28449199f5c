"""Teams: what fits together, and what is refused with the field that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from mechagents.agents.base import Agent, Context
from mechagents.budget import Budget
from mechagents.errors import RoleError, TeamError, UsageError
from mechagents.log import read_log
from mechagents.messages import Execution, Failure, Message, Setup
from mechagents.problems import load_problem
from mechagents.role import Role, packaged_roles
from mechagents.run import solve
from mechagents.sandbox import Limits
from mechagents.team import (
    FULL_TEAM,
    Team,
    find_team,
    full_team,
    group_chat,
    team_from,
    two_agent,
)
from mechagents.testing import ScriptedModel

SKEPTIC = Path(__file__).parents[1] / "examples" / "roles" / "skeptic.md"


class Listener(Agent):
    """Hears answers and says nothing."""

    role = Role(name="listener", description="Listens.", receives=("answer",))

    async def handle(self, context: Context) -> Message | None:
        """Return nothing."""
        return None


def _role(name: str, receives: str, sends: str) -> Role:
    return Role(name=name, description="d", receives=(receives,), sends=(sends,) if sends else ())


def test_the_ready_teams_have_the_roles_they_promise() -> None:
    assert set(full_team().roles) == {*FULL_TEAM, "verification"}
    assert set(two_agent().roles) == {"coder", "executor", "admin", "verification"}
    assert set(group_chat().roles) == {*FULL_TEAM, "manager", "verification"}


def test_a_role_takes_part_as_a_definition_a_file_a_class_an_instance_and_a_name(
    tmp_path: Path,
) -> None:
    path = tmp_path / "clerk.md"
    path.write_text("---\ndescription: d\nreceives: [evidence]\nsends: [critique]\n---\nLook.")
    extra = [_role("one", "evidence", "critique"), path, Listener]
    assert {"one", "clerk", "listener"} <= set(full_team(extra=extra).roles)
    assert "listener" in full_team(extra=[Listener()]).roles
    assert "listener" in full_team(extra=[f"{__name__}:Listener"]).roles
    assert "skeptic" in full_team(extra=[str(SKEPTIC)]).roles


@pytest.mark.parametrize(
    ("extra", "where", "told"),
    [
        ([_role("idle", "reply", "critique"), _role("lost", "speaker", "critique")],
         "lost.receives", "nobody sends speaker"),
        ([packaged_roles()["manager"]], "manager.sends", "nobody receives speaker"),
        ([_role("mute", "plan", "speaker")], "mute.sends", "nobody receives speaker"),
        ([_role("odd", "gossip", "critique")], "odd.receives", "no kind of message 'gossip'"),
        ([_role("coder", "plan", "program")], "roles", "two roles are named 'coder'"),
    ],
)  # fmt: skip
def test_roles_that_do_not_fit_are_refused(extra: list[Role], where: str, told: str) -> None:
    with pytest.raises(TeamError, match=told) as caught:
        full_team(extra=extra)
    assert caught.value.where == where


@pytest.mark.parametrize("missing", ["coder", "formulator", "executor"])
def test_a_team_without_a_needed_role_is_refused(missing: str) -> None:
    with pytest.raises(TeamError):
        Team([name for name in FULL_TEAM if name != missing])


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("plannr", "did you mean 'planner'"),
        ("no.such.module:Role", "cannot be imported"),
        (f"{__name__}:FULL_TEAM", "not a subclass of Agent"),
        ("nowhere/role.md", "cannot be read"),
    ],
)
def test_a_role_that_cannot_be_found_is_told(role: str, told: str) -> None:
    with pytest.raises(RoleError, match=told):
        full_team(extra=[role])


def test_an_unknown_model_or_sandbox_names_the_choices() -> None:
    with pytest.raises(UsageError, match="provider/name"):
        full_team(model="gpt")
    with pytest.raises(UsageError, match="namespaces"):
        full_team(sandbox="moon")


def test_a_team_is_built_again_from_what_the_log_keeps() -> None:
    team = full_team(extra=[Listener, SKEPTIC])
    again = team_from(team.setup("1"))
    assert again.roles == team.roles
    assert (again.name, again.flow.name, again.stop) == (team.name, team.flow.name, team.stop)
    assert isinstance(again.agents["listener"], Listener)


def test_a_role_has_limits_of_its_own_and_the_teams_besides() -> None:
    own = Role.model_validate(
        {**dict(packaged_roles()["executor"]), "limits": {"wall_seconds": 600}}
    )
    roles = [own if name == "executor" else name for name in FULL_TEAM]
    team = Team(roles, limits=Limits(memory_mib=8192, wall_seconds=60))
    for built in (team, team_from(Setup.model_validate_json(team.setup("1").model_dump_json()))):
        limits = built.limits_for(built.roles["executor"])
        assert (limits.wall_seconds, limits.memory_mib) == (600, 8192)
        assert built.limits_for(built.roles["coder"]).wall_seconds == 60


async def test_a_program_runs_under_the_limits_of_the_role_that_runs_it(tmp_path: Path) -> None:
    own = packaged_roles()["executor"].model_copy(update={"limits": Limits(wall_seconds=0.2)})
    roles = [own if name == "executor" else name for name in FULL_TEAM]
    team = Team(roles, limits=Limits(wall_seconds=60), stop=Budget(attempts=1))
    outcome = await solve(load_problem("plate-tension"), team, folder=tmp_path / "run")
    assert isinstance(outcome, Failure)
    done = read_log(tmp_path / "run").of(Execution)
    assert [execution.status for execution in done] == ["wall_timeout"]


def test_a_role_may_have_a_model_of_its_own() -> None:
    role = packaged_roles()["critic"].model_copy(update={"model": "ollama/qwen3", "name": "own"})
    team = full_team(extra=[role], model=ScriptedModel({}))
    assert team.model_for(role).name == "ollama/qwen3"
    assert team.model_for(packaged_roles()["coder"]).name == "scripted"


def test_a_team_is_found_by_name_and_by_import() -> None:
    assert find_team("two-agent").name == "two_agent"
    assert find_team("mechagents.team:group_chat").name == "group_chat"
    with pytest.raises(TeamError, match="full, two-agent, group-chat"):
        find_team("tripartite")
    with pytest.raises(TeamError, match="not a Team"):
        find_team("mechagents.team:FULL_TEAM")


def test_a_kind_of_ones_own_takes_part_without_a_change_in_the_package() -> None:
    class Estimate(Message):
        kind: Literal["estimate_of_team_test"] = "estimate_of_team_test"
        force: float

    try:
        estimator = _role("estimator", "formulation", Estimate.model_fields["kind"].default)
        reader = Role(
            name="reader",
            description="d",
            receives=("estimate_of_team_test",),
            sends=("critique",),
        )
        assert "estimator" in full_team(extra=[estimator, reader]).roles
        with pytest.raises(TeamError, match="nobody receives estimate_of_team_test"):
            full_team(extra=[estimator])
    finally:
        del Message.kinds["estimate_of_team_test"]
