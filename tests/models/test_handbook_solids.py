"""Solids by the handbook: its program against exact solutions, its rules, and the whole loop."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
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
from mechagents.verification.reference.process import solve_by

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


FIBRES = {
    "kind": "orthotropic",
    "youngs_moduli": [140e9, 10e9, 9e9],
    "poisson_ratios": [0.3, 0.25, 0.4],
    "shear_moduli": [5e9, 4.5e9, 3.5e9],
    "angle": "30 deg",
}


def slanted() -> tuple[dict[str, Any], dict[str, float]]:
    """A bar of fibres at 30 degrees to its axis, and how it stretches and shears when pulled.

    R. M. Jones, Mechanics of Composite Materials, 2nd ed. (1999), equations 2.88.
    """
    given = box(materials={"bar": FIBRES})
    points = {"low": [0.0, 0.0, 0.0], "high": [0.0, 0.0, 0.1]}
    given["geometry"]["boundaries"] |= {
        name: {"kind": "space_point", "at": at} for name, at in points.items()
    }
    given["supports"] = [
        {"boundary": "x0", "x": 0.0},
        {"boundary": "low", "y": 0.0, "z": 0.0},
        {"boundary": "high", "y": 0.0},
    ]
    at = [0.4, 0.0, 0.0]
    given["wanted"] = [
        {"name": "stretch", "kind": "displacement", "component": "x", "at": at},
        {"name": "drift", "kind": "displacement", "component": "y", "at": at},
        {"name": "pull", "kind": "stress", "component": "xx", "at": [0.2, 0.05, 0.05]},
    ]
    s11, s22, s12, s66 = 1 / 140e9, 1 / 10e9, -0.3 / 140e9, 1 / 5e9
    c, s = 3**0.5 / 2, 0.5
    along = s11 * c**4 + (2 * s12 + s66) * s**2 * c**2 + s22 * s**4
    across = (2 * s11 - 2 * s12 - s66) * s * c**3 - (2 * s22 - 2 * s12 - s66) * s**3 * c
    return given, {"stretch": 1e8 * along * 0.4, "drift": 1e8 * across * 0.4, "pull": 1e8}


def bedded() -> tuple[dict[str, Any], dict[str, float]]:
    """A bar that is pulled off an elastic bed of 5e10 N/m^3, and where its ends go."""
    given = box(springs=[{"kind": "foundation", "boundary": "x0", "x": 5e10}])
    given["supports"] = given["supports"][1:]
    corner = [0.0, 0.1, 0.1]
    given["wanted"].append({"name": "root", "kind": "displacement", "component": "x", "at": corner})
    exact = {"root": 1e8 / 5e10, "stretch": 1e8 / 5e10 + 1e8 * 0.4 / E, "pull": 1e8}
    return given, exact | {"held": -1e6, "energy": 1e8**2 / (2 * E) * 0.004}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("known", [slanted, bedded])
def test_fibres_and_elastic_beds_give_what_is_exact(
    known: Callable[[], tuple[dict[str, Any], dict[str, float]]], order: int, tmp_path: Path
) -> None:
    given, exact = known()
    found = run(given, tmp_path, mesh_size=0.1, element_order=order)
    assert found == {name: pytest.approx(value, rel=1e-6) for name, value in exact.items()}


@pytest.mark.parametrize("known", [slanted, bedded])
async def test_the_reference_knows_fibres_and_elastic_beds(
    known: Callable[[], tuple[dict[str, Any], dict[str, float]]],
) -> None:
    pytest.importorskip("ngsolve")
    given, exact = known()
    (found,) = await solve_by("high_order", [Formulation.model_validate(given)], 120)
    assert found.fault == ""
    for name, value in exact.items():
        assert found.quantities[name].apart(value) <= 1e-6 * abs(value), name


@pytest.mark.parametrize(
    ("slip", "check"),
    [
        (("spring.x,", "2 * spring.x,"), "equilibrium:residual"),
        (("K = (K + bed)", "K = (K + 0 * bed + 1e-6 * bed)"), "equilibrium:residual"),
        (("energy, springs)", "energy)"), "quantities:held"),
    ],
)
def test_a_bed_that_the_program_gets_wrong_is_found(
    slip: tuple[str, str], check: str, tmp_path: Path
) -> None:
    given, _ = bedded()
    assert SOURCE.count(slip[0]) == 1
    assert check in failed(given, SOURCE.replace(*slip), tmp_path)


def failed(problem: dict[str, Any], source: str, folder: Path) -> set[str]:
    """Run another program, and return the checks that find fault with what it leaves."""
    formulation = Formulation.model_validate(problem)
    (folder / "formulation.json").write_text(formulation.model_dump_json())
    settings = Settings(mesh_size=0.1, element_order=1)
    (folder / "settings.json").write_text(settings.model_dump_json())
    (folder / "program.py").write_text(source)
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    subprocess.run([sys.executable, "program.py"], cwd=folder, env=environment, check=True)
    return {check.name for check in verify_folder(folder).failed}


def test_the_wrong_law_in_the_program_is_found(tmp_path: Path) -> None:
    wrong = SOURCE.replace("K = V.stiffness(D)", "D = 1.01 * D\nK = V.stiffness(D)")
    assert wrong != SOURCE
    assert "equilibrium:residual" in failed(box(), wrong, tmp_path)


def test_fibres_that_are_turned_the_wrong_way_are_found(tmp_path: Path) -> None:
    given, _ = slanted()
    other = given | {"materials": {"bar": FIBRES | {"angle": "-30 deg"}}}
    formulation = Formulation.model_validate(other)
    (tmp_path / "other.json").write_text(formulation.model_dump_json())
    turned = "problem, settings = read_problem()\nfrom pathlib import Path\nproblem = "
    turned += "type(problem).model_validate_json(Path('other.json').read_bytes())"
    wrong = SOURCE.replace("problem, settings = read_problem()", turned)
    assert "equilibrium:residual" in failed(given, wrong, tmp_path)


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
