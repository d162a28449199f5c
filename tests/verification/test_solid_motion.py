"""Motion in time of solids: right ones pass, and planted faults are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from motions import SOLID_BAR, rewritten, run
from returned import failed

COARSE: dict[str, Any] = {"mesh_size": 0.2, "element_order": 2, "time_steps": 60}
ROUND: dict[str, Any] = {
    **SOLID_BAR,
    "geometry": {
        "regions": {"bar": {"kind": "cylinder", "base": [0, 0, 0], "axis": "x", "radius": 0.1,
                            "height": 0.3}},
        "boundaries": {"left": {"kind": "plane", "axis": "x", "at": 0.0},
                       "right": {"kind": "plane", "axis": "x", "at": 0.3},
                       "side": {"kind": "cylinder_surface", "axis": "x", "center": [0.0, 0.0],
                                "radius": 0.1}},
    },
    "materials": {"bar": {"youngs_modulus": 2e11, "poisson_ratio": 0.3, "density": 8000.0}},
    "supports": [],
    "loads": [{"kind": "pressure", "boundary": "side",
               "value": {"formula": "1e6 * (1 + 5 * z)"}}],
    "springs": [{"kind": "foundation", "boundary": "left", "x": 1e12, "y": 1e11, "z": 1e11}],
    "damping": {"mass": 500.0, "stiffness": 1e-6},
    "initial_velocity": [-0.1, 0.0, 0.2],
    "wanted": [
        {"name": "tip", "kind": "displacement", "component": "z", "at": [0.3, 0.0, 0.0],
         "over_time": "max"},
        {"name": "speed", "kind": "velocity", "component": "magnitude", "at": [0.3, 0.0, 0.0],
         "time": 1e-4},
        {"name": "bed", "kind": "reaction", "boundary": "left", "component": "z",
         "over_time": "min"},
        {"name": "energy", "kind": "strain_energy", "time": 2e-4},
    ],
}  # fmt: skip
"""A round bar of curved tetrahedra that is pressed and flies off on a damped elastic bed."""
SOLVED = "motion = newmark((M, C, K), f,"


@pytest.mark.parametrize("options", [{}, {"direct_up_to": 0}], ids=["factors", "multigrid"])
def test_a_solid_bar_that_a_wave_runs_along_passes(options: dict[str, Any], tmp_path: Path) -> None:
    evidence = run(SOLID_BAR, tmp_path, options=options, **COARSE)
    assert evidence.claim_level == "consistent", failed(evidence)


def test_a_round_bar_that_flies_off_on_a_damped_bed_passes(tmp_path: Path) -> None:
    evidence = run(ROUND, tmp_path, mesh_size=0.15, element_order=2, time_steps=60)
    assert evidence.claim_level == "consistent", failed(evidence)


FAULTS: list[tuple[dict[str, Any], str, str, str]] = [
    (SOLID_BAR, SOLVED, "motion = newmark((M / 2, C, K), f,", "equilibrium:steps"),
    (ROUND, "D = stiffness(problem, mesh)", "D = stiffness(problem, mesh)\nD[5, 5] /= 2",
     "equilibrium:steps"),
    (ROUND, "problem.damping.stiffness * K", "0.0 * K", "equilibrium:steps"),
    (ROUND, "v0[V.dofs] = problem.initial_velocity", "v0[V.dofs[:, 0]] = -0.1",
     "history:beginning"),
    (ROUND, "    beds[spring.boundary] =", "    C = C + 1e-3 * bed\n    beds[spring.boundary] =",
     "equilibrium:steps"),
    (SOLID_BAR, "held += [V.dofs[nodes", "held += [V.dofs[nodes[1:]", "supports:history"),
    (SOLID_BAR, "then = motion.at(time)", "then = motion.at(0.9 * time)", "contract:last-step"),
    (SOLID_BAR, "motion_quantities(problem, motion, V.dofs",
     "motion_quantities(problem, motion, V.dofs[:, [1, 0, 2]]", "quantities:peak"),
]  # fmt: skip


@pytest.mark.parametrize(("problem", "right", "wrong", "check"), FAULTS)
def test_a_fault_is_found(
    problem: dict[str, Any], right: str, wrong: str, check: str, tmp_path: Path
) -> None:
    size = 0.2 if problem is SOLID_BAR else 0.15
    evidence = run(problem, tmp_path, {right: wrong}, **{**COARSE, "mesh_size": size})
    assert check in failed(evidence)


def test_a_history_of_the_plane_is_no_history_of_a_solid(tmp_path: Path) -> None:
    run(SOLID_BAR, tmp_path, **COARSE)
    evidence = rewritten(tmp_path, velocity=lambda v: v[:, :, :2])
    assert set(failed(evidence)) == {"contract:history"}
