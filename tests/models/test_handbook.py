"""The handbook's replies for every role, how it mends, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mechagents.agents.replies import read_reply
from mechagents.brief import Attempt, Brief
from mechagents.errors import ModelError
from mechagents.mechanics.formulation import Formulation
from mechagents.messages import (
    Check,
    Critique,
    Envelope,
    Evidence,
    Execution,
    Formulated,
    Message,
    Plan,
    Problem,
    Program,
    Settings,
)
from mechagents.models.base import Chat, Model, ModelRequest
from mechagents.models.handbook import Handbook
from mechagents.models.handbook.catalogue import catalogue, explain_check, explain_error
from mechagents.models.handbook.coder import program_text
from mechagents.models.handbook.sizes import unknowns
from mechagents.problems.loading import problem_from_yaml

FORMULATION = Formulation.model_validate(
    {
        "idealisation": "plane_stress",
        "geometry": {
            "regions": {
                "plate": {
                    "kind": "difference",
                    "base": {"kind": "rectangle", "size": [1.0, 1.0]},
                    "remove": [{"kind": "disk", "center": [0.5, 0.5], "radius": 0.2}],
                }
            },
            "boundaries": {
                "left": {"kind": "line", "axis": "x", "at": 0.0},
                "right": {"kind": "line", "axis": "x", "at": 1.0},
            },
        },
        "materials": {"plate": "copper"},
        "supports": [{"boundary": "left", "x": 0, "y": 0}, {"boundary": "right", "x": 0.02}],
        "wanted": [
            {"name": "force", "kind": "reaction", "boundary": "right", "component": "x"},
            {"name": "peak", "kind": "stress", "component": "xx", "extreme": "max"},
        ],
        "pictures": [{"file": "u.png", "field": "displacement"}],
    }
)
PROBLEM = Problem(statement="What force does it take?", formulation=FORMULATION)
COARSE = Check(
    name="convergence:force",
    passed=False,
    value=0.051,
    tolerance=0.02,
    message="error bound 5.1 % exceeds the tolerance of 2 %",
)
SINGULAR = Check(
    name="convergence:peak",
    passed=False,
    message="the stress grows without bound: a singular point",
    mendable=False,
)


def envelope(message: Message) -> Envelope:
    return Envelope("run", 1, "somebody", ("coder",), None, datetime.now(UTC), message)


def attempt(
    *failed: Check,
    number: int = 1,
    source: str | None = None,
    status: str = "ok",
    stderr: str = "",
    evidence: bool = True,
    **settings: Any,
) -> Attempt:
    """Return an attempt with the handbook's program that ended in some failed checks."""
    used = Settings(**{"mesh_size": 0.1, "element_order": 1, **settings})
    program = Program(source=source or program_text(), attempt=number, settings=used)
    execution = Execution(
        attempt=number, folder="f", settings=used, status=status, stderr=stderr, message="It ended."
    )
    checks = (*failed, Check(name="geometry:plate", passed=True, message="area 0.87 m2"))
    found = Evidence(attempt=number, checks=checks, claim_level="computed") if evidence else None
    return Attempt(program, execution, found)


def brief(
    *attempts: Attempt, want: str = "program", problem: Problem = PROBLEM, **changes: Any
) -> Brief:
    told = attempts[-1].evidence if attempts else None
    made = Brief(
        role="coder",
        want=want,
        act_on=envelope(told or problem),
        problem=problem,
        formulation=FORMULATION,
        attempts=attempts,
    )
    return replace(made, **changes)


async def ask(given: Brief) -> str:
    request = ModelRequest(given.role, given.want, (Chat("user", "Go on."),), given)
    return (await Handbook().complete(request)).text


async def program(given: Brief) -> Program:
    message = read_reply(await ask(given), "program", attempt=given.attempts_in_all + 1)
    assert isinstance(message, Program)
    return message


def asking(**settings: Any) -> Problem:
    return PROBLEM.model_copy(update={"settings": Settings(**settings)})


# What it is


async def test_the_handbook_is_a_model_that_costs_nothing() -> None:
    handbook = Handbook()
    given = brief()
    reply = await handbook.complete(ModelRequest("coder", "program", (), given))
    assert isinstance(handbook, Model)
    assert handbook.name == reply.model == "handbook"
    assert (reply.prompt_tokens, reply.completion_tokens, reply.cost) == (0, 0, 0.0)
    assert reply.finish_reason == "stop"


async def test_the_same_request_gets_the_same_reply() -> None:
    assert await ask(brief(attempt(COARSE))) == await ask(brief(attempt(COARSE)))


@pytest.mark.parametrize("want", ["plan", "formulation", "program"])
async def test_plain_words_are_refused_with_the_choices(want: str) -> None:
    words = Problem(statement="How far does a beam bend?")
    with pytest.raises(ModelError) as caught:
        await ask(brief(want=want, problem=words, formulation=None))
    told = str(caught.value)
    assert "is no language model and cannot read plain words" in told
    for choice in ("--model provider/name", "problem file with a formulation", "packaged problem"):
        assert choice in told


async def test_a_kind_of_message_without_a_rule_is_refused() -> None:
    with pytest.raises(ModelError, match="no rule for writing a 'estimate' as hand_check"):
        await ask(brief(want="estimate", role="hand_check"))


# Planner and formulator


@pytest.mark.parametrize(
    ("path", "words"),
    [("tapered-membrane", "K phi = omega^2 M phi"), ("euler-column", "(K + factor K_sigma) phi")],
)
async def test_the_plan_for_modes_names_their_equation(path: str, words: str) -> None:
    file = Path(__file__).parents[2] / "examples" / "problems" / f"{path}.yaml"
    problem = problem_from_yaml(file.read_text(), file.name)
    assert problem.formulation is not None
    stated = brief(want="plan", formulation=problem.formulation)
    plan = read_reply(await ask(stated), "plan")
    assert isinstance(plan, Plan)
    assert words in " ".join(plan.steps)
    assert problem.formulation.analysis != "static_linear"
    first = read_reply(await ask(brief(want="program", formulation=problem.formulation)), "program")
    assert isinstance(first, Program)
    assert first.source == program_text(problem.formulation.analysis)


async def test_the_plan_names_what_the_formulation_holds() -> None:
    plan = read_reply(await ask(brief(want="plan", formulation=None)), "plan")
    assert isinstance(plan, Plan)
    told = " ".join(plan.steps)
    for fact in ("force, peak", "u_x = 0.02 m on right", "E = 129.8 GPa", "u.png"):
        assert fact in told
    assert "plane stress" in plan.method
    assert any("2.00%" in check for check in plan.checks)
    assert any("peak" in check for check in plan.checks)


async def test_the_formulation_is_the_one_that_the_problem_gives() -> None:
    found = read_reply(await ask(brief(want="formulation", formulation=None)), "formulation")
    assert isinstance(found, Formulated)
    assert found.formulation == FORMULATION


async def test_a_formulation_found_at_fault_is_not_sent_again() -> None:
    with pytest.raises(ModelError, match=r"cannot change what was asked.* The peak is singular"):
        await ask(brief(want="formulation", findings=("The peak is singular.",)))


# Coder


async def test_the_first_program_is_modest_and_complete() -> None:
    first = await program(brief())
    assert first.source == program_text()
    assert first.settings == Settings(mesh_size=0.1, element_order=1)
    assert "linear elements of 0.1 m" in first.changed


async def test_the_first_program_keeps_the_settings_that_the_problem_states() -> None:
    asked = asking(mesh_size=0.02, element_order=2, options={"direct_up_to": 7})
    first = await program(brief(problem=asked))
    assert first.settings == asked.settings
    assert "as the problem asks" in first.why


async def test_a_large_error_bound_raises_the_order_first() -> None:
    mended = await program(brief(attempt(COARSE)))
    assert mended.settings == Settings(mesh_size=0.1, element_order=2)
    assert "Quadratic elements" in mended.changed
    assert "error bound 5.1 % exceeds the tolerance of 2 %" in mended.why


async def test_a_large_error_bound_of_quadratic_elements_halves_the_mesh_size() -> None:
    before = attempt(COARSE, number=1)
    mended = await program(brief(before, attempt(COARSE, number=2, element_order=2)))
    assert mended.settings == Settings(mesh_size=0.05, element_order=2)
    assert "0.1 m to 0.05 m" in mended.changed


async def test_a_number_that_the_reference_refuses_is_computed_on_a_finer_mesh() -> None:
    apart = Check(name="reference:force", passed=False, message="by the reference it is 3 N/m")
    before = attempt(COARSE, number=1)
    mended = await program(brief(before, attempt(apart, number=2, element_order=2)))
    assert mended.settings == Settings(mesh_size=0.05, element_order=2)


async def test_a_stated_mesh_size_is_kept_until_the_order_is_raised() -> None:
    asked = asking(mesh_size=0.02)
    mended = await program(brief(attempt(COARSE, mesh_size=0.02), problem=asked))
    assert mended.settings == Settings(mesh_size=0.02, element_order=2)


async def test_a_stated_order_is_kept_and_the_mesh_refined() -> None:
    mended = await program(brief(attempt(COARSE), problem=asking(element_order=1)))
    assert mended.settings == Settings(mesh_size=0.05, element_order=1)


async def test_an_area_cut_off_by_straight_edges_raises_the_order() -> None:
    cut = Check(name="geometry:plate", passed=False, message="area is 2 % too large")
    assert (await program(brief(attempt(cut)))).settings.element_order == 2


async def test_a_fault_of_the_geometry_that_no_mesh_mends_ends_it_at_once() -> None:
    cut = Check(name="geometry:plate", passed=False, message="12 outer edges lie inside")
    with pytest.raises(ModelError) as caught:
        await program(brief(attempt(cut, COARSE, element_order=2)))
    told = str(caught.value)
    assert "no finer mesh makes another body of this: geometry:plate: 12 outer edges lie" in told
    data = FORMULATION.model_dump(mode="json")
    data["geometry"]["regions"]["plate"] = {"kind": "rectangle", "size": [1.0, 1.0]}
    straight = Formulation.model_validate(data)
    with pytest.raises(ModelError, match="geometry:plate"):
        await program(brief(attempt(cut), formulation=straight))


async def test_a_mesh_size_beyond_the_body_is_not_started_from() -> None:
    first = await program(brief(problem=asking(mesh_size=100.0)))
    assert first.settings.mesh_size == 0.1
    assert "the 100 m asked for" in first.why
    mended = await program(brief(attempt(COARSE, mesh_size=100.0, element_order=2)))
    assert mended.settings.mesh_size == 0.5


@pytest.mark.parametrize(
    "failed",
    [Check(name="equilibrium:x", passed=False, message="residual 0.3 of the load"), SINGULAR],
)
async def test_what_is_quoted_ends_with_a_full_stop(failed: Check) -> None:
    with pytest.raises(ModelError) as caught:
        await program(brief(attempt(failed)))
    assert f"{failed.message}. " in str(caught.value)
    assert str(caught.value).endswith(".")


async def test_a_coarse_quantity_is_mended_beside_a_singular_one() -> None:
    mended = await program(brief(attempt(COARSE, SINGULAR)))
    assert mended.settings.element_order == 2
    assert "singular" not in mended.why


async def test_a_singular_quantity_alone_is_not_mended_by_refining() -> None:
    with pytest.raises(ModelError, match=r"no finer mesh mends this: convergence:peak"):
        await program(brief(attempt(SINGULAR)))


async def test_a_failed_program_of_somebody_else_is_replaced() -> None:
    other = attempt(COARSE, source="print('force = 0.0')", mesh_size=0.3)
    mended = await program(brief(other))
    assert mended.source == program_text()
    assert mended.settings == Settings(mesh_size=0.1, element_order=1)
    assert "Replaced" in mended.changed


async def test_a_crashed_program_of_somebody_else_is_replaced() -> None:
    other = attempt(source="import nothing", status="error", evidence=False)
    assert (await program(brief(other))).source == program_text()


async def test_out_of_memory_is_met_by_iteration_then_by_a_coarser_mesh() -> None:
    first = attempt(status="memory_limit", evidence=False)
    mended = await program(brief(first))
    assert mended.settings.options == {"direct_up_to": 0}
    assert mended.settings.mesh_size == 0.1
    second = attempt(status="memory_limit", evidence=False, number=2, options={"direct_up_to": 0})
    again = await program(brief(first, second))
    assert again.settings.mesh_size == pytest.approx(0.15)


@pytest.mark.parametrize("status", ["wall_timeout", "cpu_limit"])
async def test_out_of_time_is_met_by_a_coarser_mesh(status: str) -> None:
    mended = await program(brief(attempt(status=status, evidence=False)))
    assert mended.settings.mesh_size == pytest.approx(0.15)
    assert "It ended." in mended.why


async def test_a_mesh_that_was_too_slow_is_not_asked_for_again() -> None:
    slow = attempt(status="wall_timeout", evidence=False, mesh_size=0.1, element_order=2)
    coarse = attempt(COARSE, number=2, mesh_size=0.15, element_order=2)
    with pytest.raises(ModelError, match=r"attempt 1.* Allow it more time"):
        await program(brief(slow, coarse))


async def test_an_iteration_that_fails_is_met_by_smaller_load_steps() -> None:
    lost = attempt(
        status="error",
        evidence=False,
        stderr="mechagents.kit.newton.NotConvergedError: beyond load factor 0.3",
        load_steps=10,
    )
    mended = await program(brief(lost))
    assert mended.settings.load_steps == 20
    assert mended.settings.mesh_size == 0.1


async def test_folded_elements_are_met_by_a_finer_mesh() -> None:
    folded = attempt(status="error", evidence=False, stderr="3 of 9 elements are folded over")
    assert (await program(brief(folded))).settings.mesh_size == 0.05


async def test_mending_in_circles_is_refused() -> None:
    first = attempt(COARSE, number=1, element_order=2)
    second = attempt(COARSE, number=2, element_order=1)
    with pytest.raises(ModelError, match="goes in circles"):
        await program(brief(first, second))


async def test_a_check_without_a_rule_is_refused_with_its_evidence() -> None:
    off = Check(name="equilibrium:nodes", passed=False, message="residual 0.3 of the load")
    with pytest.raises(ModelError, match=r"equilibrium:nodes: residual 0.3 of the load"):
        await program(brief(attempt(off, COARSE)))


async def test_a_crash_without_a_rule_is_refused_with_its_cause() -> None:
    crash = attempt(status="error", evidence=False, stderr="ModuleNotFoundError: skfem")
    with pytest.raises(ModelError, match=r"ModuleNotFoundError: skfem.* not installed"):
        await program(brief(crash))


async def test_words_over_passed_checks_are_refused() -> None:
    sent_back = brief(attempt(), findings=("Name the variables better.",))
    with pytest.raises(ModelError, match=r"every check passed.* Name the variables better"):
        await program(sent_back)


async def test_an_attempt_without_evidence_is_refused() -> None:
    with pytest.raises(ModelError, match="the last attempt has none"):
        await program(brief(attempt(evidence=False)))


async def test_an_order_that_the_program_does_not_have_is_refused() -> None:
    with pytest.raises(ModelError, match=r"settings\.element_order.* not order 3"):
        await program(brief(problem=asking(element_order=3)))


async def test_a_mesh_beyond_all_measure_is_refused() -> None:
    fine = attempt(COARSE, mesh_size=0.004, element_order=2)
    with pytest.raises(ModelError, match=r"unknowns, more than the 400,000.*tolerance"):
        await program(brief(fine))


@pytest.mark.parametrize(
    ("body", "size", "order", "expected"),
    [
        ({"kind": "rectangle", "size": [1.0, 1.0]}, 0.01, 2, 2 * 201**2),
        ({"kind": "disk", "center": [0, 0], "radius": 1.0}, 0.05, 1, 3078),
        ({"kind": "disk", "center": [0, 0], "radius": 1.0}, 0.05, 2, 12050),
    ],
)
def test_unknowns_are_estimated_within_a_fifth(
    body: dict[str, Any], size: float, order: int, expected: int
) -> None:
    data = FORMULATION.model_dump(mode="json")
    data["geometry"]["regions"]["plate"] = body
    data["geometry"]["boundaries"] = {
        "left": {"kind": "point", "at": [0, 0]},
        "right": {"kind": "point", "at": [0.5, 0]},
    }
    data["supports"] = [{"boundary": "left", "x": 0, "y": 0}, {"boundary": "right", "y": 0}]
    data["wanted"] = [{"name": "energy", "kind": "strain_energy"}]
    formulation = Formulation.model_validate(data)
    settings = Settings(mesh_size=size, element_order=order)
    assert unknowns(formulation, settings) == pytest.approx(expected, rel=0.2)


# Critic


async def judged(*attempts: Attempt) -> Critique:
    message = read_reply(await ask(brief(*attempts, want="critique")), "critique")
    assert isinstance(message, Critique)
    return message


async def test_evidence_that_passed_is_accepted() -> None:
    critique = await judged(attempt())
    assert critique.verdict == "accept"
    assert "All 1 checks passed" in critique.summary


async def test_each_failed_check_becomes_a_finding_with_cause_and_remedy() -> None:
    critique = await judged(attempt(COARSE, SINGULAR))
    assert critique.verdict == "revise"
    coarse, singular = critique.findings
    assert (coarse.to, coarse.check) == ("coder", "convergence:force")
    assert "error bound 5.1 % exceeds the tolerance of 2 %. Likely cause" in coarse.text
    assert "Use quadratic elements first" in coarse.text
    assert singular.to == "formulator"
    assert "ask for it elsewhere" in singular.text
    assert "2 of 3 checks failed" in critique.summary


async def test_a_crash_is_explained_by_its_error_output() -> None:
    missing = Check(name="contract:results", passed=False, message="no results.json")
    stderr = "Traceback\nRuntimeError: the stiffness is singular"
    critique = await judged(attempt(missing, status="error", stderr=stderr))
    assert "can move freely" in critique.findings[0].text


async def test_only_evidence_is_judged() -> None:
    with pytest.raises(ModelError, match="judges evidence only, not a 'plan'"):
        await ask(brief(want="critique", act_on=envelope(Plan(steps=("Think.",), method="Mind"))))


# Catalogue


@pytest.mark.parametrize(
    ("name", "message", "expected"),
    [
        ("convergence:peak", "a singular corner", "no bound"),
        ("convergence:force", "the values oscillate", "fall steadily"),
        ("convergence:force", "bound 5 %", "too coarse"),
        ("contract:history", "it ends at 0.5, not at 1", "in as many steps"),
        ("contract:history", "it has 60 steps, not the 80 of time_steps", "write_motion"),
        ("history:beginning", "it begins with another velocity", "initial_velocity"),
        ("history:supports", "the velocity is not that of its course", "left at 0"),
        ("supports:history", "does not move by its value and course", "base_motion"),
        ("history:energy", "0.1 of the energy is lost", "first order"),
        ("equilibrium:steps", "inertia, damping, stiffness and loads do not", "another density"),
        ("equilibrium:orientation", "det F falls to -1", "Use smaller load steps"),
        ("equilibrium:steps", "forces do not balance in 1 of 4 steps", "stopped early"),
        ("contract:program", "ended by its memory limit", "more unknowns"),
        ("contract:program", "wall timeout after 60 s", "more work"),
        ("contract:force", "unit N is not N/m", "another unit"),
        ("contract:fields", "displacement is not finite", "divided by zero"),
        ("contract:results", "results.json is missing", "every wanted"),
        ("contract:fields", "no array named stress", "agreed names"),
        ("contract:pictures", "u.png is missing", "picture"),
        ("contract:program", "exit code 1", "ended early"),
        ("geometry:plate", "larger by a factor of 1000000", "another unit than metres"),
        ("geometry:plate", "area 1 m2, should be 0.87 m2", "hole is missing"),
        ("supports:left", "off by 0.1 m", "prescribed displacement"),
        ("equilibrium:energy", "energy 2, work 1", "one half"),
        ("equilibrium:right", "reactions do not balance", "averaged stress"),
        ("equilibrium:nodes", "residual 0.3", "plane strain for plane stress"),
        ("modes:count", "2 modes were missed", "left out a mode"),
        ("modes:order", "mode 3 has a lower value than mode 2", "ascending order"),
        ("modes:orthogonality", "modes 2 and 3 are the same", "written twice"),
        ("modes:residual", "stiffness and the turning of the stress do not", "geometric stiffness"),
        ("modes:residual", "stiffness and inertia do not balance", "no eigenvector"),
        ("quantities:f", "2 pi times as much: rad/s reported as Hz?", "angular frequency"),
        ("quantities:vm", "von Mises 3, field 2", "mixed up"),
        ("quantities:force", "reaction 0, field 2e9", "not selected"),
        ("quantities:u", "0.1, field 0.2", "another component"),
        ("reference:peak", "peak is 2 Pa; by the reference it is 3 Pa", "do settle"),
        ("something:new", "it failed", "line by line"),
    ],
)
def test_every_family_of_checks_has_a_cause(name: str, message: str, expected: str) -> None:
    entry = explain_check(Check(name=name, passed=False, message=message))
    assert expected in f"{entry.cause} {entry.remedy}"


def test_every_cause_is_reached_by_its_own_pattern() -> None:
    cases = test_every_family_of_checks_has_a_cause.pytestmark[0].args[1]
    reached = {explain_check(Check(name=n, passed=False, message=m)) for n, m, _ in cases}
    assert reached == set(catalogue().checks)


@pytest.mark.parametrize(
    ("stderr", "expected"),
    [
        ("ProblemError: geometry: 3 of 90 elements are folded over", "folded over"),
        ("geometry: netgen cannot mesh it", "crosses itself"),
        ("RuntimeError: Factor is exactly singular", "move freely"),
        ("mechagents.kit.newton.NotConvergedError: Newton's method did not", "more load_steps"),
        ("RuntimeError: conjugate gradients did not converge", "direct solver"),
        ("numpy._core._exceptions._ArrayMemoryError: Unable to allocate", "memory is used up"),
        ("ValueError: the point (3, 0) lies outside the mesh", "outside the mesh"),
        ("ModuleNotFoundError: No module named 'dolfin'", "not installed"),
        ("FileNotFoundError: data.csv", "working folder"),
        ("KeyError: 'bottm'", "not there"),
        ("ValueError: operands could not be broadcast together", "shapes"),
        ("NameError: name 'K' is not defined", "slip of the pen"),
        ("something nobody has seen", ""),
    ],
)
def test_errors_are_explained_by_what_they_say(stderr: str, expected: str) -> None:
    told = explain_error(stderr)
    assert expected in told
    assert bool(told) == bool(expected)


async def test_replies_hold_json_that_anybody_can_read() -> None:
    text = await ask(brief(want="plan"))
    body = text.removeprefix("```json\n").rsplit("\n```", 1)[0]
    assert set(json.loads(body)) == {"steps", "method", "checks"}
