"""Solids by the handbook: its program against exact solutions, its rules, and the whole loop."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from mechagents.brief import Attempt, Brief
from mechagents.errors import ModelError
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.meshing import make_mesh
from mechagents.messages import (
    Answer,
    Check,
    Envelope,
    Evidence,
    Execution,
    ExecutionStatus,
    Problem,
    Program,
    Settings,
)
from mechagents.models.handbook.catalogue import explain_error
from mechagents.models.handbook.coder import Draft, next_program, program_text
from mechagents.models.handbook.planner import plan
from mechagents.models.handbook.sizes import FIRST_UNKNOWNS, first_size, unknowns
from mechagents.problems import load_problem
from mechagents.run import solve
from mechagents.team import full_team
from mechagents.verification import verify_folder

PACKAGE = Path(str(files("mechagents"))).parent
SOURCE = program_text("static_linear", 3)
E, NU, ALPHA = 200e9, 0.3, 1.2e-5


def box(**given: Any) -> dict[str, Any]:
    """A bar of 0.4 m by 0.1 m by 0.1 m that slides on three planes, pulled at its end."""
    planes = {f"{axis}0": {"kind": "plane", "axis": axis, "at": 0.0} for axis in "xyz"}
    end = {"kind": "plane", "axis": "x", "at": 0.4}
    return {
        "idealisation": "solid",
        "geometry": {
            "regions": {"bar": {"kind": "box", "size": [0.4, 0.1, 0.1]}},
            "boundaries": {**planes, "end": end},
        },
        "materials": {"bar": {"youngs_modulus": E, "poisson_ratio": NU}},
        "supports": [{"boundary": f"{axis}0", axis: 0.0} for axis in "xyz"],
        "loads": [{"kind": "traction", "boundary": "end", "x": 1e8}],
        "wanted": [
            {"name": "stretch", "kind": "displacement", "component": "x", "at": [0.4, 0.1, 0.1]},
            {"name": "pull", "kind": "stress", "component": "xx", "at": [0.2, 0.05, 0.05]},
            {"name": "held", "kind": "reaction", "boundary": "x0", "component": "x"},
            {"name": "energy", "kind": "strain_energy"},
        ],
    } | given  # fmt: skip


def run(problem: dict[str, Any], folder: Path, **settings: Any) -> dict[str, float]:
    """Run the program, have all that it left checked, and return its quantities."""
    formulation = Formulation.model_validate(problem)
    (folder / "formulation.json").write_text(formulation.model_dump_json())
    (folder / "settings.json").write_text(Settings(**settings).model_dump_json())
    (folder / "program.py").write_text(SOURCE)
    done = subprocess.run(
        [sys.executable, "-W", "error", "program.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    evidence = verify_folder(folder)
    assert evidence.claim_level == "consistent", [check.message for check in evidence.failed]
    return {quantity.name: quantity.value for quantity in evidence.quantities}


def test_a_pulled_bar_stretches_by_hookes_law(tmp_path: Path) -> None:
    pictures = [{"file": "pull.png", "field": "stress_xx"}]
    found = run(box(pictures=pictures), tmp_path, mesh_size=0.1, element_order=1)
    assert found == {
        "stretch": pytest.approx(1e8 * 0.4 / E),
        "pull": pytest.approx(1e8),
        "held": pytest.approx(-1e6),
        "energy": pytest.approx(1e8**2 / (2 * E) * 0.004),
    }


def test_a_weight_that_varies_and_a_pressure_balance_in_a_hanging_rod(tmp_path: Path) -> None:
    loads = [
        {"kind": "body_force", "x": {"formula": "1e7 * x"}},
        {"kind": "pressure", "boundary": "end", "value": {"formula": "1e6 + 0 * y"}},
    ]
    found = run(box(loads=loads), tmp_path, mesh_size=0.1, element_order=2)
    # sigma(x) = -p + the integral of 1e7 s from x to 0.4.
    assert found["pull"] == pytest.approx(-1e6 + 1e7 * (0.4**2 - 0.2**2) / 2, rel=0.05)
    assert found["held"] == pytest.approx(0.01 * (1e6 - 1e7 * 0.4**2 / 2))


def test_two_materials_that_are_heated_and_held_share_a_force(tmp_path: Path) -> None:
    half = {"kind": "box", "size": [0.2, 0.1, 0.1]}
    steel = {"youngs_modulus": E, "poisson_ratio": 0.0, "thermal_expansion": ALPHA}
    soft = steel | {"youngs_modulus": E / 2}
    whole = box()
    whole["geometry"]["regions"] = {"a": half, "b": half | {"origin": [0.2, 0.0, 0.0]}}
    problem = whole | {
        "materials": {"a": steel, "b": soft},
        "supports": [*whole["supports"], {"boundary": "end", "x": 0.0}],
        "loads": [{"kind": "temperature", "change": 50.0}],
    }
    problem["wanted"] = [
        {"name": "pull", "kind": "stress", "component": "xx", "at": [0.1, 0.05, 0.05]},
        {"name": "moved", "kind": "displacement", "component": "x", "at": [0.2, 0.05, 0.05]},
    ]
    found = run(problem, tmp_path, mesh_size=0.1, element_order=2)
    sigma = -50 * ALPHA * 0.4 / (0.2 / E + 0.4 / E)
    assert found["pull"] == pytest.approx(sigma)
    assert found["moved"] == pytest.approx(0.2 * (sigma / E + ALPHA * 50))


def test_the_wrong_law_in_the_program_is_found(tmp_path: Path) -> None:
    """The checks that the tests above rest on do fail."""
    formulation = Formulation.model_validate(box())
    (tmp_path / "formulation.json").write_text(formulation.model_dump_json())
    settings = Settings(mesh_size=0.1, element_order=1)
    (tmp_path / "settings.json").write_text(settings.model_dump_json())
    wrong = SOURCE.replace("K = V.stiffness(D)", "D = 1.01 * D\nK = V.stiffness(D)")
    assert wrong != SOURCE
    (tmp_path / "program.py").write_text(wrong)
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    subprocess.run([sys.executable, "program.py"], cwd=tmp_path, env=environment, check=True)
    failed = {check.name for check in verify_folder(tmp_path).failed}
    assert "equilibrium:residual" in failed


# The coder's rules


def problem(given: dict[str, Any] | None = None, **settings: Any) -> Problem:
    formulation = Formulation.model_validate(given or box())
    return Problem(
        statement="How far?", formulation=formulation, settings=Settings(**settings)
    )  # fmt: skip


def asking(want: str, asked: Problem, *attempts: Attempt) -> Brief:
    act_on = Envelope("run", 1, "team", ("coder",), None, datetime.now(UTC), asked)
    return Brief("coder", want, act_on, asked, asked.formulation, attempts=attempts)


def drafted(asked: Problem, *attempts: Attempt) -> Draft:
    return next_program(asking("program", asked, *attempts))


COARSE = Check(name="convergence:stretch", passed=False, message="the error bound is 5 %")


def attempt(
    *checks: Check, status: ExecutionStatus = "ok", stderr: str = "", **settings: Any
) -> Attempt:
    used = Settings(**{"mesh_size": 0.02, "element_order": 2, **settings})
    execution = Execution(attempt=1, status=status, settings=used, stderr=stderr, folder="1")
    evidence = Evidence(attempt=1, checks=checks, claim_level="consistent") if checks else None
    return Attempt(Program(source=SOURCE, attempt=1, settings=used), execution, evidence)


def test_the_first_program_of_a_solid_has_quadratic_elements_and_a_modest_mesh() -> None:
    asked = problem()
    draft = drafted(asked)
    assert draft.source == SOURCE
    assert draft.settings.element_order == 2
    assert asked.formulation is not None
    assert unknowns(asked.formulation, draft.settings) == pytest.approx(FIRST_UNKNOWNS, rel=0.5)


def test_what_the_problem_asks_is_kept_in_space_too() -> None:
    draft = drafted(problem(mesh_size=0.05, element_order=1))
    assert (draft.settings.mesh_size, draft.settings.element_order) == (0.05, 1)


def test_a_mesh_of_a_solid_is_refined_by_half_as_much_again() -> None:
    draft = drafted(problem(), attempt(COARSE))
    assert draft.settings.mesh_size == pytest.approx(0.02 / 1.5)
    assert draft.settings.element_order == 2


def test_linear_elements_of_a_solid_become_quadratic_first() -> None:
    draft = drafted(problem(), attempt(COARSE, element_order=1))
    assert (draft.settings.mesh_size, draft.settings.element_order) == (0.02, 2)


def test_folded_elements_of_a_solid_are_made_smaller() -> None:
    told = "ProblemError: geometry: 4 of 1388 elements are folded over"
    draft = drafted(problem(), attempt(status="error", stderr=told))
    assert draft.settings.mesh_size == pytest.approx(0.02 / 1.5)


def test_out_of_memory_a_solid_is_solved_without_factors() -> None:
    draft = drafted(problem(), attempt(status="memory_limit"))
    assert draft.settings.options == {"direct_up_to": 0}


def test_more_unknowns_than_a_small_machine_can_do_are_refused() -> None:
    with pytest.raises(ModelError, match=r"unknowns, more than the 250,000"):
        drafted(problem(), attempt(COARSE, mesh_size=0.004))


def test_a_volume_cut_off_by_straight_elements_raises_the_order() -> None:
    curved = box()
    hole = {"kind": "cylinder", "base": [0.1, 0.05, 0.0], "axis": "z", "radius": 0.02}
    bar = curved["geometry"]["regions"]["bar"]
    disk = {"kind": "disk", "center": [0.1, 0.05], "radius": 0.02}
    drawn = {"kind": "extrusion", "profile": disk, "between": [0.0, 0.1]}
    cut = Check(name="geometry:body", passed=False, message="the volume is 2 % too large")
    for part in (hole | {"height": 0.1}, drawn):
        curved["geometry"]["regions"]["bar"] = {"kind": "difference", "base": bar, "remove": [part]}
        draft = drafted(problem(curved), attempt(cut, element_order=1))
        assert draft.settings.element_order == 2
    with pytest.raises(ModelError, match="geometry:body"):
        drafted(problem(), attempt(cut, element_order=1))


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(
    ("base", "sizes"),
    [
        ({"kind": "sphere", "center": [0, 0, 0], "radius": 1.0}, (0.5, 0.3)),
        ({"kind": "extrusion", "profile": {"kind": "disk", "center": [0, 0], "radius": 1.0},
          "between": [0.0, 0.05]}, (0.3, 0.2)),
    ],
)  # fmt: skip
def test_unknowns_of_solids_are_estimated_to_about_a_third(
    base: dict[str, Any], sizes: tuple[float, ...], order: int
) -> None:
    round_one = box()
    round_one["geometry"] = {
        "regions": {"bar": base},
        "boundaries": {"all": {"kind": "sphere_surface", "center": [0, 0, 0], "radius": 1.0}
                       if base["kind"] == "sphere" else {"kind": "plane", "axis": "z", "at": 0.0}},
    }  # fmt: skip
    round_one |= {
        "supports": [{"boundary": "all", "x": 0, "y": 0, "z": 0}],
        "loads": [],
        "wanted": [{"name": "energy", "kind": "strain_energy"}],
    }
    formulation = Formulation.model_validate(round_one)
    for size in sizes:
        mesh = make_mesh(formulation.geometry, size, order)
        told = unknowns(formulation, Settings(mesh_size=size, element_order=order))
        assert told == pytest.approx(mesh.points.size, rel=0.35)


def test_a_thin_plate_starts_with_about_as_many_unknowns_as_a_cube() -> None:
    plate = box()
    plate["geometry"]["regions"]["bar"]["size"] = [0.4, 0.1, 0.002]
    plate["wanted"] = plate["wanted"][2:]
    formulation = Formulation.model_validate(plate)
    size, why = first_size(formulation, 2)
    mesh = make_mesh(formulation.geometry, size, 2)
    assert mesh.points.size == pytest.approx(FIRST_UNKNOWNS, rel=0.4)
    assert "20,000 unknowns" in why


def test_the_plan_of_a_solid_speaks_of_space() -> None:
    asked = problem()
    found = plan(asking("plan", asked))
    assert "in three dimensions: a modest mesh of quadratic elements first" in str(found["method"])
    assert "the volume of each region is that of the geometry" in str(found["checks"])


def test_what_no_solver_solves_is_explained() -> None:
    told = explain_error("Use a larger mesh size: up to 60000 unknowns are solved by factors")
    assert "longer than thick" in told


# The whole loop


async def test_a_small_box_is_answered(tmp_path: Path) -> None:
    asked = problem(mesh_size=0.1).model_copy(update={"level": "converged", "name": "bar"})
    answer = await solve(asked, full_team(), folder=tmp_path / "run")
    assert isinstance(answer, Answer), answer
    assert answer.claim_level == "converged"
    values = {quantity.name: quantity.value for quantity in answer.quantities}
    assert values["stretch"] == pytest.approx(1e8 * 0.4 / E)
    assert (tmp_path / "run" / "report.html").exists()


def test_the_packaged_solids_have_the_numbers_of_their_sources(tmp_path: Path) -> None:
    for name, size, exact in (
        ("cantilever-3d", 0.05, {"tip_sag": (-1.9195e-3, 0.01), "bending_stress": (30e6, 1e-3)}),
        ("hollow-sphere", 0.0105, {
            "bore_displacement": (19.0476e-6, 0.002), "outside_displacement": (7.14286e-6, 0.002),
            "hoop_stress": (71.4286e6, 0.03)}),
    ):  # fmt: skip
        stated = load_problem(name).formulation
        assert stated is not None
        folder = tmp_path / name
        folder.mkdir()
        found = run(stated.model_dump(mode="json"), folder, mesh_size=size, element_order=2)
        for quantity, (value, close) in exact.items():
            assert found[quantity] == pytest.approx(value, rel=close)
