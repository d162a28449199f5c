"""Follow-ups: a run that goes on from another, takes over its words and none of its results."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from engineer import FORMULATION, PLATE, code, engineer, failure, run

from mechagents.agents.replies import UnusableReply, read_reply
from mechagents.budget import Budget
from mechagents.errors import ModelError, ProblemError
from mechagents.follow import follow_up
from mechagents.log import read_log
from mechagents.messages import Answer, Earlier, Execution, Formulated, Problem, Program
from mechagents.models.base import ModelRequest
from mechagents.run import resume
from mechagents.team import full_team, two_agent
from mechagents.testing import ScriptedModel

FAST = PLATE.model_copy(update={"level": "consistent"})
SHEAR = {
    "title": "Square plate in shear",
    "supports.1": {"boundary": "right", "x": 0.0, "y": 0.1},
    "wanted": [{"name": "force", "kind": "reaction", "boundary": "right", "component": "y"}],
    "assumptions": [],
}


def amending(changes: dict[str, Any], program: str = "") -> ScriptedModel:
    """Return an engineer who amends the formulation and sends the earlier program again."""

    def write(request: ModelRequest) -> str:
        assert request.brief.earlier is not None
        return code(program or request.brief.earlier.source)

    told = json.dumps({"amend": changes, "note": "as the words say"})
    return engineer(formulation=lambda _: told, program=write)


async def first(folder: Path) -> Answer:
    outcome = await run(two_agent(model=engineer()), folder, FAST)
    assert isinstance(outcome, Answer), outcome
    return outcome


def seen(model: ScriptedModel, want: str) -> str:
    """Return what the model was shown the first time a kind was wanted."""
    request = next(r for r in model.requests if r.want == want)
    return request.messages[-1].content


async def test_a_follow_up_amends_the_formulation_and_runs_the_program_again(
    tmp_path: Path,
) -> None:
    before = await first(tmp_path / "1")
    model = amending(SHEAR)
    problem = follow_up(tmp_path / "1", "Now in shear.")
    assert (problem.level, problem.name) == ("consistent", PLATE.name)
    outcome = await run(full_team(model=model), tmp_path / "2", problem)
    assert isinstance(outcome, Answer), outcome
    log = read_log(tmp_path / "2")
    (stated,) = log.of(Formulated)
    assert stated.formulation == FORMULATION.amended(SHEAR)
    (force,) = outcome.quantities
    assert (force.name, outcome.attempts) == ("force", 1)
    assert force.value != pytest.approx(before.quantities[0].value, rel=0.1)
    assert log.of(Program)[0].source == read_log(tmp_path / "1").of(Program)[0].source


async def test_a_program_that_serves_again_is_named_and_logged_whole(tmp_path: Path) -> None:
    await first(tmp_path / "1")
    model = engineer(
        formulation=lambda _: json.dumps({"amend": SHEAR}),
        program=lambda _: '{"same_program": true, "why": "It reads the problem."}',
    )
    problem = follow_up(tmp_path / "1", "Now in shear.")
    outcome = await run(two_agent(model=model), tmp_path / "2", problem)
    assert isinstance(outcome, Answer), outcome
    (before,), (after,) = (read_log(tmp_path / n).of(Program) for n in "12")
    assert (after.source, after.settings) == (before.source, before.settings)
    assert after.why == "It reads the problem."
    assert 'reply {"same_program": true}' in seen(model, "program")


async def test_what_a_follow_up_no_longer_asks_for_is_noted(tmp_path: Path) -> None:
    await first(tmp_path / "1")
    for folder, changes, dropped in (
        ("2", SHEAR, True),
        ("3", {"supports.1.x": 0.2}, False),
    ):
        problem = follow_up(tmp_path / "1", "Something else.")
        await run(two_agent(model=amending(changes)), tmp_path / folder, problem)
        (stated,) = read_log(tmp_path / folder).of(Formulated)
        told = "as the words say Of the run before, no longer asked for: reaction_right."
        assert stated.note == (told if dropped else "as the words say")


async def test_each_role_is_shown_what_it_needs_of_the_run_before(tmp_path: Path) -> None:
    await first(tmp_path / "1")
    model = amending(SHEAR)
    await run(full_team(model=model), tmp_path / "2", follow_up(tmp_path / "1", "Now in shear."))
    whole = FORMULATION.model_dump_json(exclude_none=True)
    for want in ("plan", "formulation"):
        assert PLATE.statement in seen(model, want)
        assert whole in seen(model, want)
        assert "Now in shear." in seen(model, want)
    assert '{"amend": ' in seen(model, "formulation")
    assert whole not in seen(model, "program")
    assert "def strain_matrix" in seen(model, "program")
    assert "no accepted answer" not in seen(model, "formulation")


async def test_what_a_run_takes_over_is_in_its_own_folder(tmp_path: Path) -> None:
    await first(tmp_path / "1")
    asked = engineer(formulation=lambda _: '{"question": "By how much?"}')
    problem = follow_up(tmp_path / "1", "Now in shear.")
    failure(await run(full_team(model=asked), tmp_path / "2", problem), "waiting")
    shutil.rmtree(tmp_path / "1")
    team = full_team(model=amending(SHEAR))
    outcome = await resume(tmp_path / "2", team, reply="0.1 m", sync=False)
    assert isinstance(outcome, Answer), outcome


async def test_a_chain_of_follow_ups_goes_on_and_its_view_stays_small(tmp_path: Path) -> None:
    force = (await first(tmp_path / "0")).quantities[0].value
    lengths: list[int] = []
    for n in range(1, 6):
        words = f"Now stretched by {n + 1} tenths."
        model = amending({"supports.1.x": round(0.1 * (n + 1), 1)})
        problem = follow_up(tmp_path / f"{n - 1}", words)
        outcome = await run(two_agent(model=model), tmp_path / f"{n}", problem)
        assert isinstance(outcome, Answer), outcome
        assert outcome.quantities[0].value == pytest.approx((n + 1) * force, rel=1e-9)
        lengths.append(len(seen(model, "formulation")))
    earlier = read_log(tmp_path / "5").last(Earlier)
    assert earlier is not None
    assert [s[:24] for s in earlier.statements][1:] == [
        f"Now stretched by {n} tenth" for n in range(2, 6)
    ]
    assert earlier.statements[0] == PLATE.statement
    assert max(b - a for a, b in pairwise(lengths)) <= 40


async def test_a_chain_keeps_the_program_where_the_run_before_wrote_none(tmp_path: Path) -> None:
    await first(tmp_path / "1")

    def refuse(request: ModelRequest) -> str:
        raise ModelError("the provider is down")

    broken = engineer(
        formulation=lambda _: json.dumps({"amend": {"supports.1.x": 0.2}}), program=refuse
    )
    second = follow_up(tmp_path / "1", "By 0.2 m.")
    failure(await run(two_agent(model=broken), tmp_path / "2", second), "model")
    model = amending({"supports.1.y": 0.0})
    third = follow_up(tmp_path / "2", "And held across.")
    outcome = await run(two_agent(model=model), tmp_path / "3", third)
    assert isinstance(outcome, Answer), outcome
    told = read_log(tmp_path / "3").last(Earlier)
    assert told is not None
    assert not told.accepted
    assert told.formulation.supports[1].x == 0.2
    assert "no accepted answer" in seen(model, "formulation")
    assert "which has no accepted answer" in (tmp_path / "3" / "report.html").read_text()


async def test_nothing_computed_before_counts_for_the_new_question(tmp_path: Path) -> None:
    await first(tmp_path / "1")
    model = amending(SHEAR, program="print('done')\n")
    problem = follow_up(tmp_path / "1", "Now in shear.")
    team = two_agent(model=model, stop=Budget(attempts=1))
    told = failure(await run(team, tmp_path / "2", problem), "gave_up")
    assert told.best == ()
    assert not read_log(tmp_path / "1").of(Earlier)
    assert [e.folder for e in read_log(tmp_path / "2").of(Execution)] == ["attempts/1"]


async def test_a_folder_that_cannot_be_followed_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="there is no run here"):
        follow_up(tmp_path, "Now in shear.")
    problem = Problem(statement="Now in shear.", follows=str(tmp_path / "gone"))
    with pytest.raises(ProblemError, match="there is no run here"):
        await run(full_team(model=engineer()), tmp_path / "new", problem)
    assert not (tmp_path / "new").exists()
    asked = engineer(formulation=lambda _: '{"question": "How thick?"}')
    words = Problem(statement="What force?")
    failure(await run(full_team(model=asked), tmp_path / "asked", words), "waiting")
    problem = follow_up(tmp_path / "asked", "Now in shear.")
    with pytest.raises(ProblemError, match="stated no formulation"):
        await run(full_team(model=engineer()), tmp_path / "new", problem)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ({"amend": {"supports.7.x": 0.2}}, "supports.7.x: there is no such field"),
        ({"amend": {"idealisation": "thin"}}, "idealisation: "),
        ({"amend": {}}, "amend: give new values by path"),
        ({"amend": ["supports.1.x"]}, "amend: give new values by path"),
        ({"amend": {"title": "Plate"}, "formulation": {}}, "not formulation"),
    ],
)
def test_an_amendment_that_cannot_be_made_goes_back_with_its_fault(
    reply: dict[str, Any], told: str
) -> None:
    with pytest.raises(UnusableReply, match=told):
        read_reply(json.dumps(reply), "formulation", present=FORMULATION)


def test_an_amendment_of_nothing_is_refused() -> None:
    with pytest.raises(UnusableReply, match="send a whole one"):
        read_reply('{"amend": {"title": "Plate"}}', "formulation")
