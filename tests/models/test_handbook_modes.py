"""The handbook's programs for modes, run as a sandbox would, against closed forms."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from math import pi, sqrt
from pathlib import Path
from typing import Any

import pytest
from scipy.optimize import brentq
from scipy.special import j0, j1

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Settings
from mechagents.models.handbook.coder import program_text
from mechagents.verification import verify_folder

PACKAGE = Path(str(files("mechagents"))).parent
E, RHO, LENGTH, HEIGHT = 210e9, 7850.0, 1.0, 0.02
BEAM: dict[str, Any] = {
    "idealisation": "plane_stress",
    "thickness": 0.01,
    "geometry": {
        "regions": {"beam": {"kind": "rectangle", "origin": [0.0, -HEIGHT / 2],
                             "size": [LENGTH, HEIGHT]}},
        "boundaries": {
            "foot": {"kind": "line", "axis": "x", "at": 0.0},
            "top": {"kind": "line", "axis": "x", "at": LENGTH},
            "foot_middle": {"kind": "point", "at": [0.0, 0.0]},
            "top_middle": {"kind": "point", "at": [LENGTH, 0.0]},
        },
    },
    "materials": {"beam": {"youngs_modulus": E, "poisson_ratio": 0.3, "density": RHO}},
}  # fmt: skip


def run(problem: dict[str, Any], folder: Path, **settings: Any) -> dict[str, float]:
    """Run the program for a problem and check what it leaves; return its quantities."""
    formulation = Formulation.model_validate(problem)
    (folder / "formulation.json").write_text(formulation.model_dump_json())
    (folder / "settings.json").write_text(Settings(**settings).model_dump_json())
    (folder / "program.py").write_text(program_text(formulation.analysis, formulation.dimension))
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


def frequencies(*numbers: int) -> list[dict[str, Any]]:
    return [{"name": f"f{n}", "kind": "frequency", "number": n} for n in numbers]


def of_beam(eigenvalue: float) -> float:
    """Return a frequency of Euler and Bernoulli's beam [Hz]."""
    return eigenvalue**2 / (2 * pi) * sqrt(E * HEIGHT**2 / (12 * RHO)) / LENGTH**2


def test_a_slender_cantilever_vibrates_as_a_beam(tmp_path: Path) -> None:
    problem = {
        **BEAM, "analysis": "modal", "wanted": frequencies(1, 2),
        "supports": [{"boundary": "foot", "x": 0.0, "y": 0.0}],
        "pictures": [{"file": "mode.png", "field": "displacement_y", "mode": 2}],
    }  # fmt: skip
    found = run(problem, tmp_path, mesh_size=HEIGHT, element_order=2)
    # Shear and the inertia of rotation lower the second by 0.2 %.
    assert found["f1"] == pytest.approx(of_beam(1.8751), rel=2e-3)
    assert found["f2"] == pytest.approx(of_beam(4.6941), rel=3e-3)


def test_a_free_beam_has_three_rigid_motions(tmp_path: Path) -> None:
    problem = {**BEAM, "analysis": "modal", "wanted": frequencies(1, 3, 4)}
    found = run(problem, tmp_path, mesh_size=HEIGHT, element_order=2)
    assert (found["f1"], found["f3"]) == (0.0, 0.0)
    assert found["f4"] == pytest.approx(of_beam(4.7300), rel=3e-3)


def test_a_bar_in_plane_strain_vibrates_along_itself(tmp_path: Path) -> None:
    sides = {"kind": "line", "axis": "y", "at": HEIGHT / 2}, {
        "kind": "line", "axis": "y", "at": -HEIGHT / 2,
    }  # fmt: skip
    geometry = {**BEAM["geometry"], "boundaries": {
        **BEAM["geometry"]["boundaries"], "above": sides[0], "below": sides[1]}}  # fmt: skip
    held = [{"boundary": "foot", "x": 0.0}]
    held += [{"boundary": side, "y": 0.0} for side in ("above", "below")]
    problem = {**BEAM, "idealisation": "plane_strain", "analysis": "modal", "geometry": geometry,
               "supports": held, "wanted": frequencies(1, 2)}  # fmt: skip
    found = run(problem, tmp_path, mesh_size=0.02, element_order=2)
    nu = 0.3
    speed = sqrt(E * (1 - nu) / ((1 + nu) * (1 - 2 * nu)) / RHO)
    assert found["f1"] == pytest.approx(speed / 4 / LENGTH, rel=1e-6)
    assert found["f2"] == pytest.approx(3 * speed / 4 / LENGTH, rel=1e-5)


def test_a_disc_on_its_axis_breathes_in_the_axisymmetric_program(tmp_path: Path) -> None:
    problem = {
        **BEAM, "idealisation": "axisymmetric", "thickness": None, "analysis": "modal",
        "geometry": {"regions": {"beam": {"kind": "rectangle", "size": [1.0, 0.1]}},
                     "boundaries": {name: {"kind": "line", "axis": "y", "at": at}
                                    for name, at in (("below", 0.0), ("above", 0.1))}},
        "supports": [{"boundary": name, "y": 0.0} for name in ("below", "above")],
        "wanted": frequencies(1),
    }  # fmt: skip
    found = run(problem, tmp_path, mesh_size=0.1, element_order=2)
    # No radial stress on the rim of a disc of radius 1 m that cannot contract along its axis.
    nu = 0.3
    k = brentq(lambda k: k * j0(k) - (1 - 2 * nu) / (1 - nu) * j1(k), 1.5, 2.4)
    speed = sqrt(E * (1 - nu) / ((1 + nu) * (1 - 2 * nu)) / RHO)
    assert found["f1"] == pytest.approx(k * speed / (2 * pi), rel=1e-4)


def pushed(boundary: str, stress: float) -> dict[str, Any]:
    return {"kind": "traction", "boundary": boundary, "x": stress}


def held(boundary: str, **components: float) -> dict[str, Any]:
    return {"boundary": boundary, **components}


@pytest.mark.parametrize(
    ("length_factor", "supports", "loads"),
    [
        (2.0, [held("foot", x=0.0), held("foot_middle", y=0.0)], [pushed("top", -1e6)]),
        (1.0, [held("foot_middle", x=0.0, y=0.0), held("top_middle", y=0.0)],
         [pushed("top", -1e6), pushed("foot", 1e6)]),
        (0.69916, [held("foot", x=0.0, y=0.0), held("top", y=0.0)], [pushed("top", -1e6)]),
        (0.5, [held("foot", x=0.0), held("foot_middle", y=0.0), held("top_middle", y=0.0),
               held("top", x=-1e6 / E * LENGTH)], []),
    ],
    ids=["clamped-free", "pinned-pinned", "clamped-pinned", "clamped-clamped"],
)  # fmt: skip
def test_a_slender_column_buckles_as_euler_says(
    tmp_path: Path,
    length_factor: float,
    supports: list[dict[str, Any]],
    loads: list[dict[str, Any]],
) -> None:
    wanted = [{"name": "factor", "kind": "buckling_factor", "number": 1}]
    problem = {**BEAM, "analysis": "buckling", "supports": supports, "loads": loads,
               "wanted": wanted}  # fmt: skip
    found = run(problem, tmp_path, mesh_size=HEIGHT, element_order=2)
    euler = pi**2 * E * HEIGHT**2 / 12 / (length_factor * LENGTH) ** 2 / 1e6
    assert found["factor"] == pytest.approx(euler, rel=0.01)


def test_a_buckling_problem_may_ask_for_static_quantities_and_pictures_too(tmp_path: Path) -> None:
    wanted = [
        {"name": "factor", "kind": "buckling_factor", "number": 1},
        {"name": "held", "kind": "reaction", "boundary": "foot", "component": "x"},
        {"name": "stress", "kind": "stress", "component": "xx", "at": [LENGTH / 2, 0.0]},
    ]
    pictures = [{"file": "before.png", "field": "stress_xx"},
                {"file": "mode.png", "field": "displacement", "mode": 1}]  # fmt: skip
    problem = {**BEAM, "analysis": "buckling", "wanted": wanted, "pictures": pictures,
               "supports": [held("foot", x=0.0), held("foot_middle", y=0.0)],
               "loads": [pushed("top", -1e6)]}  # fmt: skip
    found = run(problem, tmp_path, mesh_size=HEIGHT, element_order=2)
    assert found["held"] == pytest.approx(1e6 * HEIGHT * 0.01, rel=1e-6)
    assert found["stress"] == pytest.approx(-1e6, rel=1e-6)


def test_a_body_in_tension_has_no_factor_and_the_program_says_so(tmp_path: Path) -> None:
    wanted = [{"name": "factor", "kind": "buckling_factor", "number": 1}]
    problem = {**BEAM, "analysis": "buckling", "wanted": wanted,
               "materials": {"beam": {"youngs_modulus": E, "poisson_ratio": 0.0}},
               "supports": [held("foot", x=0.0), held("foot_middle", y=0.0)],
               "loads": [pushed("top", 1e6)]}  # fmt: skip
    with pytest.raises(AssertionError, match="nothing in compression"):
        run(problem, tmp_path, mesh_size=HEIGHT, element_order=2)
