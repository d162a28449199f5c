"""Motion in time: right ones pass, by more than one method, and planted faults are refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from motions import BAR, EULER, instead, newmark_of, rewritten, run
from returned import failed, ran

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Settings
from mechagents.verification import judge

MESH: dict[str, Any] = {"mesh_size": 0.1, "element_order": 2}


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("right") / "bar"
    assert run(BAR, folder, time_steps=80, **MESH).claim_level == "consistent"
    return folder


def copied(right: Path, folder: Path) -> Path:
    shutil.copytree(right, folder / "bar")
    return folder / "bar"


def test_a_damped_bar_on_springs_that_flies_off_passes(tmp_path: Path) -> None:
    problem = {
        **BAR, "supports": [{"boundary": "bottom", "y": 0.0}],
        "springs": [{"kind": "foundation", "boundary": "left", "x": 1e12}],
        "damping": {"mass": 500.0, "stiffness": 1e-6}, "initial_velocity": [-0.1, 0.0],
    }  # fmt: skip
    evidence = run(problem, tmp_path, time_steps=80, **MESH)
    assert evidence.claim_level == "consistent", failed(evidence)


def test_a_body_of_revolution_passes(tmp_path: Path) -> None:
    geometry = {
        "regions": {"tube": {"kind": "rectangle", "origin": [0.1, 0.0], "size": [0.05, 0.02]}},
        "boundaries": {"bore": {"kind": "line", "axis": "x", "at": 0.1},
                       "floor": {"kind": "line", "axis": "y", "at": 0.0}},
    }  # fmt: skip
    at = {"kind": "displacement", "component": "x", "at": [0.1, 0.0], "name": "bore"}
    problem = {
        **BAR, "idealisation": "axisymmetric", "thickness": None, "geometry": geometry,
        "materials": {"tube": {"youngs_modulus": 2e11, "poisson_ratio": 0.3, "density": 8000}},
        "supports": [{"boundary": "floor", "y": 0.0}], "end_time": 1e-4, "wanted": [
            {**at, "over_time": "max"}, {**at, "name": "then", "time": 3.3e-5}],
        "loads": [{"kind": "pressure", "boundary": "bore", "value": 1e6}],
    }  # fmt: skip
    evidence = run(problem, tmp_path, mesh_size=0.01, element_order=2, time_steps=50)
    assert evidence.claim_level == "consistent", failed(evidence)


def test_linear_acceleration_with_a_lumped_mass_passes(tmp_path: Path) -> None:
    lumped = {
        "M, K = mass.assemble(V), work": "M, K = lump(mass.assemble(V)), work",
        "# Matrices;": "from scipy.sparse import diags\n\n"
        "def lump(A):\n    return diags(np.asarray(A.sum(axis=1)).ravel()).tocsr()\n\n# Ma",
    }
    changes = {**lumped, **instead(newmark_of(1 / 6, 0.5))}
    evidence = run(BAR, tmp_path, changes, mesh_size=0.1, element_order=1, time_steps=160)
    assert evidence.claim_level == "consistent", failed(evidence)
    told = next(c.message for c in evidence.checks if c.name == "equilibrium:steps")
    assert "lumped" in told


PROGRAM_FAULTS: dict[str, tuple[dict[str, str], set[str]]] = {
    "half the density": (
        {"material.density for": "material.density / 2 for"}, {"equilibrium:steps"},
    ),
    "plane strain": (
        {"D = stiffness(problem, mesh)": "D = stiffness(problem.model_copy(update="
         "{'idealisation': 'plane_strain'}), mesh)"},
        {"equilibrium:steps"},
    ),
    "loads in full from the beginning": (
        {"load_factors(problem, time), base=base)": "np.ones(len(time)))"}, {"equilibrium:steps"},
    ),
    "no inertia": (
        {"time, load_factors(problem, time), base=base)": "time, load_factors(problem, time))\n"
         "from scipy.sparse.linalg import spsolve\nfree = np.setdiff1d(np.arange(V.N), fixed)\n"
         "still = np.zeros(V.N)\nstill[free] = spsolve(K[free][:, free].tocsc(), f[free])\n"
         "motion.u[:] = np.outer(load_factors(problem, time), still)\n"
         "motion.v[:], motion.a[:] = 0.0, 0.0"},
        {"history:velocity"},
    ),
    "implicit Euler": (instead(EULER), {"history:acceleration", "history:energy"}),
    "Newmark that damps": (instead(newmark_of(0.4, 0.75)), {"history:acceleration"}),
    "another end": ({"problem.end_time, settings": "problem.end_time / 2, settings"},
                    {"contract:history"}),
    "no history": ({"write_motion(motion, dofs)": ""}, {"contract:history"}),
}  # fmt: skip


@pytest.mark.parametrize("fault", PROGRAM_FAULTS)
def test_a_fault_of_the_program_is_found(tmp_path: Path, fault: str) -> None:
    changes, checks = PROGRAM_FAULTS[fault]
    evidence = run(with_nu(), tmp_path, changes, time_steps=60, **MESH)
    assert checks <= set(failed(evidence)), failed(evidence)


def with_nu() -> dict[str, Any]:
    material = {"youngs_modulus": 2e11, "poisson_ratio": 0.3, "density": 8000}
    return {**BAR, "materials": {"bar": material}}


def test_an_initial_velocity_that_is_ignored_is_found(tmp_path: Path) -> None:
    problem = {**BAR, "initial_velocity": [0.01, 0.0]}
    changes = {"v0[dofs] = problem.initial_velocity": ""}
    evidence = run(problem, tmp_path, changes, time_steps=60, **MESH)
    assert "history:beginning" in failed(evidence)


def test_a_damping_that_is_ignored_is_found(tmp_path: Path) -> None:
    problem = {**BAR, "damping": {"mass": 500.0}}
    changes = {"if problem.damping is not None:": "if False:"}
    evidence = run(problem, tmp_path, changes, time_steps=60, **MESH)
    assert "equilibrium:steps" in failed(evidence)


def test_a_reaction_without_inertia_is_found(tmp_path: Path) -> None:
    # Weight accelerates what is held too: the mass next to a support takes part of its force.
    force = {"name": "force", "kind": "reaction", "boundary": "left", "component": "x"}
    problem = {**BAR, "loads": [{"kind": "body_force", "x": 1e6}],
               "wanted": [{**force, "time": 2e-5}]}  # fmt: skip
    changes = {"motion = newmark(": "whole = newmark(", "f, fixed, v0, time, load_factors"
               "(problem, time), base=base)": "f, fixed, v0, time, load_factors(problem, time))\n"
               "from dataclasses import replace\nmotion = replace(whole, held=whole.held "
               "- (M @ whole.a.T).T)"}  # fmt: skip
    evidence = run(problem, tmp_path, changes, time_steps=60, **MESH)
    assert "quantities:force" in failed(evidence)


HISTORY_FAULTS = {
    "frozen": ({"displacement": lambda u: np.broadcast_to(u[-1], u.shape)}, "history:beginning"),
    "a step repeated": (
        {"displacement": lambda u: np.concatenate([u[:40], u[39:40], u[41:]])},
        "equilibrium:steps",
    ),
    "another velocity": ({"velocity": lambda v: 1.1 * v}, "history:velocity"),
    "another acceleration": ({"acceleration": lambda a: 1.1 * a}, "history:acceleration"),
    "a support that moves": ({"velocity": lambda v: v + 1e-3}, "supports:history"),
    "times that stand still": (
        {"time": lambda t: np.concatenate([t[:1], t[:1], t[2:]])},
        "contract:history",
    ),
    "not a number": ({"velocity": lambda v: np.where(v == v[3, 3, 0], np.nan, v)}, "contract:hi"),
    "another end": ({"displacement": lambda u: 1.001 * u}, "contract:last-step"),
}


@pytest.mark.parametrize("fault", HISTORY_FAULTS)
def test_a_fault_of_the_history_is_found(right: Path, tmp_path: Path, fault: str) -> None:
    changes, check = HISTORY_FAULTS[fault]
    evidence = rewritten(copied(right, tmp_path), **changes)
    assert any(name.startswith(check) for name in failed(evidence)), failed(evidence)


@pytest.mark.parametrize("name", ["tip", "peak", "speed", "force", "pull", "energy", "middle"])
def test_a_number_that_is_not_in_the_motion_is_found(
    right: Path, tmp_path: Path, name: str
) -> None:
    folder = copied(right, tmp_path)
    results = (folder / "results.json").read_text()
    value = next(q.value for q in rewritten(folder).quantities if q.name == name)
    factor = 3.0 if name == "middle" else 1.01  # the stress around a wave varies
    (folder / "results.json").write_text(results.replace(repr(value), repr(factor * value)))
    evidence = rewritten(folder)
    assert set(failed(evidence)) == {f"quantities:{name}"}


def three(tmp_path: Path, sizes: tuple[float, ...], steps: tuple[int, ...]) -> set[str]:
    runs = []
    for number, (size, count) in enumerate(zip(sizes, steps, strict=True)):
        folder = tmp_path / str(number)
        settings = {"mesh_size": size, "element_order": 2, "time_steps": count}
        run(BAR, folder, **settings)
        runs.append((ran(folder, Settings(**settings)), folder))
    found = judge(Formulation.model_validate(BAR), runs, level="converged", tolerance=0.05)
    return set(failed(found))


def test_fine_meshes_and_steps_converge_and_long_steps_do_not(tmp_path: Path) -> None:
    sizes = (0.05, 0.075, 0.1125)
    for name in ("fine", "long"):
        (tmp_path / name).mkdir()
    assert three(tmp_path / "fine", sizes, (300, 200, 133)) == set()
    assert "convergence:peak" in three(tmp_path / "long", sizes, (12, 8, 5))


def test_a_program_that_ignores_time_steps_is_found(right: Path) -> None:
    settings = Settings(mesh_size=0.1, element_order=2, time_steps=40)
    found = judge(
        Formulation.model_validate(BAR), [(ran(right, settings), right)],
        level="converged", tolerance=0.05,
    )  # fmt: skip
    assert set(failed(found)) == {"contract:history"}


def test_the_next_coarser_run_has_longer_steps(right: Path) -> None:
    settings = Settings(mesh_size=0.1, element_order=2, time_steps=80)
    found = judge(
        Formulation.model_validate(BAR), [(ran(right, settings), right)],
        level="converged", tolerance=0.05,
    )  # fmt: skip
    assert found.run_next is not None
    assert (found.run_next.mesh_size, found.run_next.time_steps) == (pytest.approx(0.15), 53)
