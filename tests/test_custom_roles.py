"""Roles of a user's own: a file, a class or an entry point, without a change in the package."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from engineer import engineer, failure, run

from mechagents.agents.base import Agent, Context
from mechagents.errors import RoleError, TeamError
from mechagents.log import read_log
from mechagents.messages import Answer, Check, Critique, Evidence, Message
from mechagents.role import ENTRY_POINTS, Role, packaged_roles
from mechagents.team import RoleLike, Team, full_team, known_roles, team_from, two_agent

FILE = """\
---
description: Looks at signs.
behaviour: critic
receives: [evidence]
sends: [critique]
---
You look at signs, and at nothing else.
"""
MODULE = """\
from pathlib import Path

from mechagents import Agent, Role
from mechagents.messages import Critique

ROLE = Role(
    name="second_look", description="Looks at signs.", behaviour="critic",
    receives=("evidence",), sends=("critique",), prompt="You look at signs.",
)
FILE = Path(__file__).parent / "second_look.md"


class SecondLook(Agent):
    role = ROLE

    async def handle(self, context):
        return Critique(verdict="accept", summary="The plate pulls back.")
"""
Install = Callable[..., Path]


class SecondLook(Agent):
    """Accepts a plate that pulls back."""

    role = Role(
        name="second_look",
        description="Looks at signs.",
        receives=("evidence",),
        sends=("critique",),
    )

    async def handle(self, context: Context) -> Message | None:
        """Return a verdict on the sign of the first quantity."""
        evidence = context.act_on.message
        assert isinstance(evidence, Evidence)
        return Critique(verdict="accept" if evidence.quantities[0].value > 0 else "revise")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return what installs a distribution that offers roles, for the time of a test."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "second_look.md").write_text(FILE)

    def offer(value: str, name: str = "second_look", source: str = MODULE, dist: str = "look"):
        module = value.partition(":")[0]
        (site / f"{module}.py").write_text(source)
        info = site / f"{dist}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\n{name} = {value}\n")
        monkeypatch.delitem(sys.modules, module, raising=False)
        monkeypatch.syspath_prepend(site)
        return site

    return offer


def _file(folder: Path) -> Path:
    path = folder / "second_look.md"
    path.write_text(FILE)
    return path


async def _takes_part(role: RoleLike, folder: Path) -> Team:
    """Run a team with a role that reviews, and make sure that it had its say."""
    team = full_team(model=engineer(), extra=[role])
    outcome = await run(team, folder)
    assert isinstance(outcome, Answer), outcome
    assert outcome.claim_level == "verified"
    said = {(e.sender, e.message.kind) for e in read_log(folder)}
    assert ("second_look", "critique") in said
    return team


async def test_a_role_from_a_file_takes_part(tmp_path: Path) -> None:
    team = await _takes_part(_file(tmp_path), tmp_path / "run")
    asked = [r for r in team.model.requests if r.role == "second_look"]  # type: ignore[attr-defined]
    assert [r.messages[0].content for r in asked] == ["You look at signs, and at nothing else."]


@pytest.mark.parametrize("role", [SecondLook, SecondLook(), f"{__name__}:SecondLook"])
async def test_a_role_from_a_class_takes_part(role: RoleLike, tmp_path: Path) -> None:
    await _takes_part(role, tmp_path)


@pytest.mark.parametrize("offered", ["ROLE", "SecondLook", "FILE"])
async def test_a_role_from_an_entry_point_takes_part(
    offered: str, install: Install, tmp_path: Path
) -> None:
    install(f"signs_{offered.lower()}:{offered}")
    team = await _takes_part("second_look", tmp_path / "run")
    setup = team.setup("1").model_copy(update={"model": "handbook"})
    assert team_from(setup).roles == team.roles
    assert "second_look" in {role.name for role in known_roles()}


async def test_a_role_with_a_message_of_its_own_takes_part(tmp_path: Path) -> None:
    class Estimate(Message):
        kind: Literal["estimate_of_role_test"] = "estimate_of_role_test"
        force: float

    class Estimator(Agent):
        role = Role(
            name="estimator",
            description="d",
            receives=("formulation",),
            sends=(Estimate.model_fields["kind"].default,),
        )

        async def handle(self, context: Context) -> Message | None:
            return Estimate(force=1.0e8)

    class Reader(Agent):
        role = Role(name="reader", description="d", receives=("estimate_of_role_test",))

        async def handle(self, context: Context) -> Message | None:
            return None

    try:
        team = full_team(model=engineer(), extra=[Estimator, Reader])
        assert isinstance(await run(team, tmp_path), Answer)
        assert read_log(tmp_path).of(Estimate) == [Estimate(force=1.0e8)]
    finally:
        del Message.kinds["estimate_of_role_test"]


async def test_a_role_may_take_the_place_of_a_packaged_one(tmp_path: Path) -> None:
    prompt = "You write programs in plain numpy."
    coder = packaged_roles()["coder"].model_copy(update={"name": "numpy_coder", "prompt": prompt})
    members = ["planner", "formulator", coder, "executor", "critic"]
    assert isinstance(await run(Team(members, model=engineer()), tmp_path), Answer)
    assert "numpy_coder" in {e.sender for e in read_log(tmp_path)}


def _role(name: str, receives: str, *sends: str) -> Role:
    return Role(name=name, description="d", receives=(receives,), sends=sends)


def test_a_role_that_nobody_feeds_is_refused_with_what_it_could_receive() -> None:
    with pytest.raises(TeamError) as caught:
        full_team(extra=[_role("lost", "speaker", "critique")])
    told = str(caught.value)
    assert told.startswith("lost.receives: nobody sends speaker, so this role would never act")
    assert "receive one of answer, critique, evidence, execution, failure" in told


@pytest.mark.parametrize(
    "extra",
    [["critic"], [SecondLook, SecondLook], [_role("verification", "plan", "critique")]],
    ids=["packaged", "own", "verification"],
)
def test_two_roles_of_one_name_are_refused(extra: list[RoleLike]) -> None:
    with pytest.raises(
        TeamError, match=r"two roles are named '\w+'; give one of them another name"
    ):
        full_team(extra=extra)


def test_two_distributions_that_offer_one_role_are_refused_by_name(install: Install) -> None:
    install("signs_one:ROLE", dist="one")
    install("signs_two:ROLE", dist="two")
    with pytest.raises(RoleError, match="uninstall one") as caught:
        full_team(extra=["second_look"])
    assert caught.value.where == "second_look"
    assert "one (signs_one:ROLE)" in caught.value.message
    assert "two (signs_two:ROLE)" in caught.value.message


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import no_such_library\n", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("", "AttributeError"),
    ],
)
def test_an_entry_point_that_cannot_be_loaded_names_role_distribution_and_remedy(
    source: str, told: str, install: Install
) -> None:
    install("signs_broken:ROLE", source=source)
    with pytest.raises(RoleError, match="mend or uninstall that distribution") as caught:
        full_team(extra=["second_look"])
    assert caught.value.where == "second_look"
    assert "look (signs_broken:ROLE)" in caught.value.message
    assert told in caught.value.message


def test_a_broken_entry_point_spoils_no_other_role(install: Install) -> None:
    install("signs_broken:ROLE", name="broken", source="1 / 0\n", dist="broken")
    install("signs_sound:ROLE")
    assert "second_look" in full_team(extra=["second_look"]).roles
    with pytest.raises(RoleError, match="no role 'brokn'; did you mean 'broken'"):
        full_team(extra=["brokn"])


def test_an_entry_point_that_offers_no_role_says_what_would_be_one(install: Install) -> None:
    install("signs_number:ROLE", source="ROLE = 12\n")
    with pytest.raises(RoleError, match="12 is no role; offer a Role, a subclass of Agent"):
        full_team(extra=["second_look"])


class NeedsMore(SecondLook):
    """Cannot be made without arguments."""

    def __init__(self, limit: float) -> None:
        self.limit = limit


class Abstract(Agent):
    """Has no ``handle``."""

    role = SecondLook.role


class Nameless(Agent):
    """Has no role."""

    async def handle(self, context: Context) -> Message | None:
        """Return nothing."""
        return None


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (NeedsMore, "limit.*give an instance"),
        (Abstract, "handle.*give an instance"),
        (Nameless, "role = Role"),
        (dict, "not a subclass of Agent"),
    ],
)
def test_a_class_that_is_no_role_is_refused_by_its_name(made: type[Agent], told: str) -> None:
    with pytest.raises(RoleError, match=told) as caught:
        full_team(extra=[made])
    assert caught.value.where == f"{made.__module__}:{made.__qualname__}"


@pytest.mark.parametrize("kind", ["evidence", "answer", "failure", "setup", "model_call"])
def test_no_role_sends_what_decides_how_far_an_answer_was_verified(kind: str) -> None:
    with pytest.raises(TeamError, match=f"only .* sends {kind}") as caught:
        two_agent(extra=[_role("liar", "execution", kind)])
    assert caught.value.where == "liar.sends"


class Forger(SecondLook):
    """Answers with evidence of its own, though its role sends critiques."""

    async def handle(self, context: Context) -> Message | None:
        """Return what only verification sends."""
        check = Check(name="equilibrium", passed=True, message="trust me")
        return Evidence(attempt=1, checks=(check,), claim_level="verified")


async def test_an_agent_cannot_say_what_its_role_does_not_send(tmp_path: Path) -> None:
    told = failure(await run(full_team(model=engineer(), extra=[Forger]), tmp_path), "crash")
    assert told.message.startswith("second_look failed: TypeError: it answered with evidence")
    assert all(e.sender == "verification" for e in read_log(tmp_path).envelopes_of("evidence"))
