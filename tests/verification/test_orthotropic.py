"""Orthotropic bodies: the law, closed forms, and wrong laws that are refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from faulty import PROBLEMS, faults_of_slip
from pydantic import ValidationError

from mechagents.kit.laws import expansion, stiffness_matrix
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.materials import Isotropic
from mechagents.mechanics.orthotropic import Orthotropic
from mechagents.messages import Answer
from mechagents.problems import load_problem
from mechagents.run import solve
from mechagents.team import full_team
from mechagents.verification.constitutive import elasticity_matrix, thermal_expansion
from mechagents.verification.reference import high_order, other_elements

CARBON: dict[str, Any] = {
    "kind": "orthotropic",
    "youngs_moduli": [181e9, 10.3e9, 10.3e9],
    "poisson_ratios": [0.28, 0.28, 0.4],
    "shear_moduli": [7.17e9, 7.17e9, 3.68e9],
    "thermal_expansion": [0.02e-6, 22.5e-6, 22.5e-6],
}
IDEALISATIONS = ("plane_stress", "plane_strain", "axisymmetric", "solid")


def carbon(**changes: object) -> Orthotropic:
    return Orthotropic.model_validate(CARBON | changes)


@pytest.mark.parametrize("angle", [0.0, 0.5, math.pi / 2, -2.0])
@pytest.mark.parametrize("idealisation", IDEALISATIONS)
def test_programs_and_checks_turn_a_law_alike(angle, idealisation):
    law = carbon(angle=angle, youngs_moduli=[181e9, 10.3e9, 15e9])
    one, other = stiffness_matrix(law, idealisation), elasticity_matrix(law, idealisation)
    assert one == pytest.approx(other, rel=1e-12, abs=1e-3)
    assert one == pytest.approx(one.T, rel=1e-12, abs=1e-3)
    assert np.linalg.eigvalsh(one).min() > (-1e-3 if idealisation == "plane_stress" else 0)
    assert expansion(law)[:4] == pytest.approx(thermal_expansion(law, "plane_strain"), abs=1e-18)


@pytest.mark.parametrize("idealisation", IDEALISATIONS[:3])
def test_three_equal_axes_are_an_isotropic_law(idealisation):
    E, nu = 210e9, 0.3
    same = Orthotropic(
        youngs_moduli=(E, E, E),
        poisson_ratios=(nu, nu, nu),
        shear_moduli=(E / 2.6, E / 2.6, E / 2.6),
        angle=0.7,
    )
    plain = Isotropic(youngs_modulus=E, poisson_ratio=nu)
    for matrix in (stiffness_matrix, elasticity_matrix):
        assert matrix(same, idealisation) == pytest.approx(matrix(plain, idealisation), abs=1.0)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"poisson_ratios": [5.0, 0.28, 0.4]}, "nu12 = 5.*is it nu21"),
        ({"poisson_ratios": [0.28, 0.28, 1.0]}, "nu23 = 1"),
        ({"poisson_ratios": [2.9, 2.9, 0.9]}, "with all three"),
        ({"youngs_moduli": [181e9, -1.0, 10e9]}, "youngs_moduli.1"),
        ({"angle": 30.0}, "30 deg"),
        ({"angle": "30 K"}, "wrong dimension"),
    ],
)
def test_an_inadmissible_law_is_refused(changes, told):
    with pytest.raises(ValidationError, match=told):
        carbon(**changes)


def test_an_angle_may_be_given_in_degrees():
    assert carbon(angle="30 deg").angle == pytest.approx(math.pi / 6)


def heated(idealisation: str = "plane_stress", **law: object) -> Formulation:
    """A square of carbon-epoxy, warmer by 100 K and free to grow."""
    size = {"kind": "rectangle", "origin": [1.0, 0.0], "size": [1.0, 1.0]}
    point = {"kind": "point", "at": [1.0, 0.0]}
    return Formulation.model_validate(
        {
            "idealisation": idealisation,
            "geometry": {
                "regions": {"plate": size},
                "boundaries": {
                    "corner": point,
                    "foot": {"kind": "point", "at": [2.0, 0.0]},
                    "bottom": {"kind": "line", "axis": "y", "at": 0.0},
                },
            },
            "materials": {"plate": CARBON | {"angle": 0.5} | law},
            "supports": [{"boundary": "bottom", "y": 0.0}]
            if idealisation == "axisymmetric"
            else [{"boundary": "corner", "x": 0.0, "y": 0.0}, {"boundary": "foot", "y": 0.0}],
            "loads": [{"kind": "temperature", "change": 100.0}],
            "wanted": [
                {"name": "along", "kind": "displacement", "component": "x", "at": [2.0, 0.0]},
                {"name": "across", "kind": "displacement", "component": "y", "at": [2.0, 1.0]},
                {"name": "shear", "kind": "displacement", "component": "x", "at": [1.0, 1.0]},
                {"name": "stress", "kind": "stress", "component": "xx", "at": [1.5, 0.5]},
            ],
        }
    )


@pytest.mark.parametrize("way", [high_order, other_elements])
def test_a_warm_free_plate_grows_by_the_turned_expansion(way):
    found = way.solve(heated()).quantities
    c, s, (a, b, _) = math.cos(0.5), math.sin(0.5), CARBON["thermal_expansion"]
    assert found["along"].values[0] == pytest.approx(100 * (c * c * a + s * s * b), rel=1e-6)
    assert found["across"].values[0] == pytest.approx(100 * (s * s * a + c * c * b), rel=1e-6)
    # With the bottom kept along x the shear of 2 c s (a - b) is all a shift of the top.
    assert found["shear"].values[0] == pytest.approx(200 * c * s * (a - b), rel=1e-6)
    assert abs(found["stress"].values[0]) < 1.0


@pytest.mark.parametrize("idealisation", ["plane_strain", "axisymmetric"])
def test_two_references_agree_where_nothing_is_known(idealisation):
    f = heated(idealisation)
    one, other = (way.solve(f).quantities for way in (high_order, other_elements))
    for name in ("along", "across", "shear"):
        apart = abs(one[name].values[0] - other[name].values[0])
        assert apart <= one[name].error + other[name].error + 1e-3 * one[name].scale


async def test_the_pull_on_a_strip_off_its_axis_is_verified(tmp_path):
    problem = load_problem(str(PROBLEMS / "off-axis-lamina.yaml"))
    answer = await solve(problem, full_team(), folder=tmp_path)
    assert isinstance(answer, Answer)
    assert answer.claim_level == "verified", answer.note
    E1, E2, nu, G = 181e9, 10.3e9, 0.28, 7.17e9
    c, s = math.cos(math.pi / 6), math.sin(math.pi / 6)
    S11 = c**4 / E1 + (1 / G - 2 * nu / E1) * s * s * c * c + s**4 / E2
    S12 = (1 / E1 + 1 / E2 - 1 / G) * s * s * c * c - nu / E1 * (s**4 + c**4)
    S16 = (2 / E1 + 2 * nu / E1 - 1 / G) * s * c**3 - (2 / E2 + 2 * nu / E1 - 1 / G) * s**3 * c
    known = {"stretch": S11 * 0.2, "narrowing": S12 * 0.02, "shear": S16 * 0.02, "pull": 1.0}
    for quantity in answer.quantities:
        assert quantity.value == pytest.approx(100e6 * known[quantity.name], rel=1e-6)


LAW = "D = stiffness(problem, mesh)"
SLIPS = {
    "E1 and E2 swapped": "youngs_moduli=law.youngs_moduli[1::-1] + law.youngs_moduli[2:]",
    "nu21 for nu12": "poisson_ratios=(0.28 * 10.3 / 181,) + law.poisson_ratios[1:]",
    "turned the other way": "angle=-law.angle",
    "not turned": "angle=0.0",
    "degrees for radians": "angle=30.0",
    "G13 of the fibres for G12": "shear_moduli=(3.68e9,) + law.shear_moduli[1:]",
}


@pytest.mark.parametrize("change", SLIPS.values(), ids=SLIPS)
async def test_a_wrong_law_is_not_accepted(change, tmp_path):
    wrong = (
        "law = problem.materials['strip']\n"
        f"law = law.model_copy(update=dict({change}))\n"
        f"problem = problem.model_copy(update={{'materials': {{'strip': law}}}})\n{LAW}"
    )
    failed = await faults_of_slip("off-axis-lamina", LAW, wrong, tmp_path)
    assert "equilibrium:residual" in {check.name for check in failed}


async def test_an_isotropic_law_is_not_accepted(tmp_path):
    wrong = (
        "from mechagents.mechanics.materials import Isotropic\n"
        "law = Isotropic(youngs_modulus=28.8e9, poisson_ratio=0.28)\n"
        f"problem = problem.model_copy(update={{'materials': {{'strip': law}}}})\n{LAW}"
    )
    failed = await faults_of_slip("off-axis-lamina", LAW, wrong, tmp_path)
    assert {"equilibrium:residual", "equilibrium:stress"} & {check.name for check in failed}
