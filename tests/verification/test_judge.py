"""The verdict on one program run on several meshes, from its first run to its last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bodies_to_check import LINES, SQUARE, cantilever, cylinder, holed, plate
from returned import Returned, failed, leave, mesh_of, ran, reported, sheared_twice, solve

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Evidence, Settings
from mechagents.verification import RunChecks, checked_run, judge, verify_folder
from mechagents.verification.convergence import Estimate
from mechagents.verification.settled import sequence_words

Run = Callable[[Settings], Returned]


def program(formulation: Formulation, order: int = 1) -> Run:
    """Return a program that solves on the mesh that its settings ask for."""

    def run(settings: Settings) -> Returned:
        size, used = settings.mesh_size or 0.1, settings.element_order or order
        return solve(formulation, mesh_of(formulation, size, used))

    return run


def settled(
    formulation: Formulation,
    run: Run,
    folder: Path,
    *,
    tolerance: float = 0.05,
    settings: Settings | None = None,
) -> tuple[Evidence, list[Settings]]:
    """Return the last verdict on a program, and the settings of every run it took."""
    runs, asked, following = [], [], settings or Settings(mesh_size=0.1)
    while following is not None and len(runs) < 4:
        asked.append(following)
        where = folder / str(len(runs))
        found = run(following).as_answer_to(formulation)
        runs.append((ran(leave(where, found), following), where))
        evidence = judge(formulation, runs, level="converged", tolerance=tolerance)
        following = evidence.run_next
    return evidence, asked


def test_three_runs_of_a_sound_program_converge_and_hold_the_closed_form(tmp_path):
    evidence, asked = settled(cylinder(), program(cylinder(), 2), tmp_path)
    assert failed(evidence) == {}
    assert evidence.claim_level == "converged"
    assert [s.mesh_size for s in asked] == pytest.approx([0.1, 0.15, 0.225])
    numbers = {q.name: q for q in evidence.quantities}
    for name, right in lame().items():
        assert abs(numbers[name].value - right) <= numbers[name].error_bound, name
        assert numbers[name].claim_level == "converged"


def lame() -> dict[str, float]:
    """Return the thick cylinder's closed form in plane strain: a = 1 m, b = 2 m, p = 100 MPa.

    Timoshenko & Goodier, Theory of Elasticity (1970), section 28.
    """
    a, b, p, E, nu = 1.0, 2.0, 100e6, 210e9, 0.3
    hoop = p * (a**2 + b**2) / (b**2 - a**2)
    bore = p * a * (1 + nu) / E * (a**2 * (1 - 2 * nu) + b**2) / (b**2 - a**2)
    axial = 2 * nu * p * a**2 / (b**2 - a**2) * np.pi * (b**2 - a**2)
    return {"hoop": hoop, "bore_x": bore, "top_force": axial, "energy": np.pi * a * p * bore}


@pytest.mark.parametrize("body", [plate, holed])
@pytest.mark.parametrize("order", [1, 2])
def test_forces_and_energies_converge_with_a_bound_that_holds_a_finer_mesh(body, order, tmp_path):
    wanted = [plate().wanted[0], plate().wanted[3]]
    f = body(wanted=wanted)
    size = Settings(mesh_size=0.05)
    evidence, _ = settled(f, program(f, order), tmp_path, tolerance=0.1, settings=size)
    assert evidence.claim_level == "converged"
    finer = mesh_of(f, 0.02 * order, order)
    energy = float(solve(f, finer).energy.sum())
    found = {q.name: q for q in evidence.quantities}["energy"]
    assert abs(found.value - energy) <= found.error_bound


def test_a_lower_level_takes_one_run(tmp_path):
    leave(tmp_path, solve(plate(), mesh_of(plate(), 0.25)))
    for level in ("none", "computed", "consistent"):
        evidence = judge(plate(), [(ran(tmp_path), tmp_path)], level=level, tolerance=0.01)
        assert evidence.run_next is None
        assert evidence.claim_level == "consistent"


def test_a_run_without_settings_is_followed_by_larger_elements_of_the_same_order(tmp_path):
    leave(tmp_path, solve(plate(), mesh_of(plate(), 0.25, 2)))
    evidence = judge(plate(), [(ran(tmp_path), tmp_path)], level="converged", tolerance=0.01)
    assert evidence.run_next.mesh_size == pytest.approx(0.25 * 1.5)
    assert evidence.run_next.element_order == 2
    assert evidence.claim_level == "consistent"


def test_options_of_the_first_run_are_kept(tmp_path):
    settings = Settings(mesh_size=0.1, options={"load_steps": 3})
    _, asked = settled(cylinder(), program(cylinder()), tmp_path, settings=settings)
    assert [s.options for s in asked] == [{"load_steps": 3}] * 3


def test_a_wrong_answer_is_not_run_again(tmp_path):
    run = program(plate(idealisation="plane_strain"))
    evidence, asked = settled(plate(), run, tmp_path)
    assert len(asked) == 1
    assert "equilibrium:residual" in failed(evidence)
    assert evidence.claim_level == "computed"


@pytest.mark.parametrize("at", [[0.33, 1.0], [0.0, 0.33]])
def test_a_named_boundary_that_nothing_uses_and_no_node_marks_excuses_nothing(at, tmp_path):
    geometry = plate().geometry.model_dump()
    geometry["boundaries"]["spare"] = {"kind": "point", "at": at}
    wrong = solve(plate(), mesh_of(plate(), 0.25), law=sheared_twice)
    leave(tmp_path, wrong.as_answer_to(plate(geometry=geometry)))
    assert "equilibrium:residual" in failed(verify_folder(tmp_path))


def test_a_loaded_edge_that_a_coarser_mesh_has_lost_is_found(tmp_path):
    def careless(settings: Settings) -> Returned:
        right = 0.01 if settings.mesh_size > 0.1 else 0.0
        found = program(cantilever())(settings)
        points = found.mesh.points.copy()
        points[found.mesh.boundary_nodes["right"], 0] += right
        return found.changed(mesh=replace(found.mesh, points=points))

    evidence, _ = settled(cantilever(), careless, tmp_path)
    assert "convergence:coarser-1:geometry:boundary:right" in failed(evidence)


def test_a_program_that_ignores_its_settings_is_found(tmp_path):
    def stubborn(settings: Settings) -> Returned:
        return program(plate())(Settings(mesh_size=0.1))

    evidence, asked = settled(plate(), stubborn, tmp_path)
    assert len(asked) == 2
    assert list(failed(evidence)) == ["convergence:meshes"]
    assert "settings.json" in evidence.failed[0].message


def test_a_program_that_is_wrong_on_a_coarser_mesh_only_is_found(tmp_path):
    def two_faced(settings: Settings) -> Returned:
        coarse = settings.mesh_size > 0.1
        return program(plate(idealisation="plane_strain") if coarse else plate())(settings)

    evidence, _ = settled(plate(), two_faced, tmp_path)
    assert "convergence:coarser-1:equilibrium:residual" in failed(evidence)
    assert evidence.claim_level == "consistent"
    assert evidence.run_next is None


def test_a_coarser_run_that_did_not_end_well_is_found(tmp_path):
    leave(tmp_path, solve(plate(), mesh_of(plate(), 0.1)))
    runs = [(ran(tmp_path), tmp_path), (ran(tmp_path, status="memory_limit"), tmp_path)]
    evidence = judge(plate(), runs, level="converged", tolerance=0.01)
    assert list(failed(evidence)) == ["convergence:coarser-1:contract:execution"]


def test_a_mesh_too_coarse_for_the_tolerance_can_be_mended(tmp_path):
    f = plate(wanted=[plate().wanted[0], plate().wanted[3]])
    evidence, asked = settled(f, program(f), tmp_path, tolerance=1e-4)
    assert len(asked) == 3
    assert "convergence:force" in failed(evidence)
    assert all(check.mendable for check in evidence.failed)
    assert evidence.claim_level == "consistent"
    assert {q.claim_level for q in evidence.quantities} <= {"consistent", "converged"}


SHARP = {
    "xx": {"name": "sharp", "kind": "stress", "component": "xx", "at": [0.0, 1.0]},
    "peak": {"name": "sharp", "kind": "stress", "component": "von_mises", "extreme": "max"},
}


def l_shape(**changes: object) -> Formulation:
    """An L with a re-entrant corner at (0.5, 0.5), held below and pulled at its arm."""
    points = [[0, 0], [0.5, 0], [0.5, 0.5], [1, 0.5], [1, 1], [0, 1]]
    lines = LINES | {"bottom": {"kind": "line", "axis": "y", "at": 0.0}}
    data = {
        "geometry": {
            "regions": {"plate": {"kind": "polygon", "points": points}},
            "boundaries": {n: lines[n] for n in ("right", "bottom", "top")},
        },
        "supports": [{"boundary": "bottom", "y": 0.0}, {"boundary": "top", "x": 0.0}],
        "loads": [{"kind": "traction", "boundary": "right", "y": 1e6}],
        "wanted": [SHARP["peak"], {"name": "energy", "kind": "strain_energy"}],
        "pictures": [],
    }
    return plate(**(data | changes))


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(
    "body",
    [
        cantilever(wanted=[SHARP["xx"], cantilever().wanted[2]]),
        cantilever(wanted=[SHARP["peak"], cantilever().wanted[2]]),
        plate(wanted=[SHARP["peak"], plate().wanted[3]]),
        l_shape(),
    ],
    ids=["a held corner", "an extreme there", "a sheared plate", "a re-entrant corner"],
)
def test_a_singular_stress_is_refused_and_nothing_can_mend_it(body, order, tmp_path):
    evidence, _ = settled(body, program(body, order), tmp_path, settings=Settings(mesh_size=0.05))
    (check,) = evidence.failed
    assert check.name == "convergence:sharp"
    assert not check.mendable
    assert "singular point" in check.message
    sharp, energy = evidence.quantities
    assert sharp.error_bound is None
    assert (sharp.claim_level, energy.claim_level) == ("consistent", "converged")
    assert evidence.claim_level == "consistent"


def test_one_number_on_every_mesh_does_not_hide_a_singular_stress(tmp_path):
    corner = {"name": "sharp", "kind": "stress", "component": "yy", "at": [0.5, 0.5]}
    f = l_shape(wanted=[corner])
    finest = reported(program(f, 2)(Settings(mesh_size=0.05)))
    runs = []
    for number, size in enumerate((0.05, 0.075, 0.1125)):
        used = Settings(mesh_size=size)
        folder = leave(tmp_path / str(number), program(f, 2)(used), finest)
        runs.append((ran(folder, used), folder))
    evidence = judge(f, runs, level="converged", tolerance=0.5)
    (check,) = evidence.failed
    assert check.name == "convergence:sharp"
    assert "singular point" in check.message


def test_another_hole_on_a_coarser_mesh_is_found(tmp_path):
    larger = holed().geometry.model_dump()
    larger["regions"]["plate"]["remove"][0]["radius"] = 0.206
    larger["boundaries"]["hole"]["radius"] = 0.206
    other = holed(geometry=larger)

    def two_bodied(settings: Settings) -> Returned:
        return program(other if settings.mesh_size > 0.1 else holed())(settings)

    evidence, _ = settled(holed(), two_bodied, tmp_path)
    assert "convergence:coarser-1:geometry:outline" in failed(evidence)


def test_no_tolerance_makes_a_singular_stress_a_converged_one(tmp_path):
    size = Settings(mesh_size=0.05)
    evidence, _ = settled(l_shape(), program(l_shape()), tmp_path, tolerance=0.9, settings=size)
    assert list(failed(evidence)) == ["convergence:sharp"]


@pytest.mark.parametrize("order", [1, 2])
def test_a_smooth_stress_next_to_a_round_hole_is_not_refused(order, tmp_path):
    wanted = {"name": "edge", "kind": "stress", "component": "yy", "at": [0.5, 0.7]}
    f = holed(wanted=[wanted], pictures=[])
    size = Settings(mesh_size=0.05)
    evidence, _ = settled(f, program(f, order), tmp_path, tolerance=0.2, settings=size)
    assert all(check.mendable for check in evidence.failed)


def test_the_stress_at_a_mirror_s_edge_is_no_singular_one(tmp_path):
    """A quarter of a holed plate: symmetry planes end at the hole, where the stress peaks."""
    f = quarter()
    size = Settings(mesh_size=0.04)
    evidence, _ = settled(f, program(f, 2), tmp_path, tolerance=0.1, settings=size)
    assert failed(evidence) == {}


def quarter() -> Formulation:
    hole = {"kind": "disk", "center": [0.0, 0.0], "radius": 0.25}
    return plate(
        geometry={
            "regions": {"plate": {"kind": "difference", "base": SQUARE, "remove": [hole]}},
            "boundaries": LINES,
        },
        supports=[{"boundary": "left", "x": 0.0}, {"boundary": "bottom", "y": 0.0}],
        loads=[{"kind": "traction", "boundary": "right", "x": 1e6}],
        wanted=[{"name": "peak", "kind": "stress", "component": "xx", "at": [0.0, 0.25]}],
        pictures=[],
    )


def test_without_a_run_there_is_nothing_to_judge():
    with pytest.raises(ValueError, match="no run"):
        judge(plate(), [], level="converged", tolerance=0.1)


def test_a_run_is_checked_once_however_often_evidence_is_given(tmp_path, monkeypatch):
    made = []
    once = checked_run.check_run

    def counted(formulation, folder, *more, **named):
        made.append(folder.name)
        return once(formulation, folder, *more, **named)

    monkeypatch.setattr(checked_run, "check_run", counted)
    find, checks, runs = program(plate(), 2), RunChecks(), []
    following = Settings(mesh_size=0.2)
    while following is not None:
        where = tmp_path / str(len(runs))
        runs.append((ran(leave(where, find(following)), following), where))
        evidence = judge(plate(), runs, level="converged", tolerance=0.02, checks=checks)
        following = evidence.run_next
    assert made == ["0", "1", "2"]
    assert evidence == judge(plate(), runs, level="converged", tolerance=0.02)
    made.clear()
    judge(plate(), runs[:1], level="converged", tolerance=0.02, checks=checks)
    assert made == []
    other = plate().amended({"idealisation": "plane_strain"})
    assert judge(other, runs[:1], level="converged", tolerance=0.02, checks=checks).failed
    assert made == ["0"]
    checks.forget([tmp_path / "0"])
    judge(other, runs[:1], level="converged", tolerance=0.02, checks=checks)
    assert made == ["0", "0"]


@pytest.mark.parametrize(("behaviour", "order"), [("growing", -0.74), ("unsettled", -2.86)])
def test_what_moves_too_little_to_matter_is_not_told_to_have_no_limit(behaviour, order):
    found = Estimate(behaviour, bound=3.9e5, extrapolated=2.163e7, order=order)
    values = (2.163e7, 2.156e7, 2.152e7)
    passed = sequence_words(found, values, settled=True)
    assert "by 0.32% from mesh to mesh at most" in passed
    assert "without a limit" not in passed
    assert passed != sequence_words(found, values)
