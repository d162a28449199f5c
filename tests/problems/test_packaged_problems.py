"""The packaged problems mean what their words say, and their answers are known."""

from __future__ import annotations

import json
from math import pi
from pathlib import Path

import numpy as np
import pytest
from quads import Solution, graded, grid
from scipy.integrate import trapezoid

from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.shapes import body
from mechagents.messages import Problem
from mechagents.problems import load_problem, packaged_problems
from mechagents.verification.reference import other_motion

NAMES = [problem.name for problem in packaged_problems()]
PLATES = {
    # name: (component moved, by, E, nu, hole's area, E of its filling, mesh size asked for)
    "plate-tension": ("x", 0.1, 1e9, 0.3, 0.0, None, None),
    "plate-shear": ("y", 0.1, 1e9, 0.3, 0.0, None, 0.02),
    "plate-hole-shear": ("y", 0.1, 1e9, 0.3, 0.04 * pi, None, None),
    "plate-inclusion-shear": ("y", 0.1, 1e9, 0.3, 0.0, 10e9, None),
    "plate-stretch": ("x", 0.5, 1e9, 0.3, 0.0, None, 0.01),
    "copper-plate": ("x", 0.02, 129.8e9, 0.343, 0.04 * pi, None, None),
}
REFERENCES = json.loads(
    (Path(__file__).parent.parent / "data" / "plate_references.json").read_text(encoding="utf-8")
)["problems"]
READINGS = ["plane_stress/free", "plane_stress/fixed", "plane_strain/free", "plane_strain/fixed"]


def stated(name: str) -> tuple[Problem, Formulation]:
    problem = load_problem(name)
    assert problem.formulation is not None
    return problem, problem.formulation


def read_as(name: str, reading: str) -> Formulation:
    """Return a plate's formulation in one of its four readings, by its own alternatives."""
    _, made = stated(name)
    for about, value in zip(
        ("idealisation", "right_edge_transverse"), reading.split("/"), strict=True
    ):
        (assumption,) = [item for item in made.assumptions if item.about == about]
        changes = {item.value: item.amend for item in assumption.alternatives}
        made = made if value == assumption.value else made.amended(changes[value])
    return made


@pytest.mark.parametrize("name", NAMES)
def test_a_packaged_problem_has_its_name_words_and_a_line_about_it(name: str) -> None:
    problem, made = stated(name)
    (entry,) = [item for item in packaged_problems() if item.name == name]
    assert problem.name == name
    assert len(problem.statement) > 80
    assert "\n" not in problem.statement.strip()
    assert 20 < len(entry.description) < 100
    assert entry.description.endswith((".", "?"))
    assert made.title


@pytest.mark.parametrize("name", NAMES)
def test_every_other_reading_is_a_different_valid_formulation(name: str) -> None:
    _, made = stated(name)
    amended = [
        made.amended(alternative.amend)
        for assumption in made.assumptions
        for alternative in assumption.alternatives
    ]
    bare = [item.model_copy(update={"assumptions": ()}) for item in (made, *amended)]
    assert len({item.model_dump_json() for item in bare}) == len(bare)


@pytest.mark.parametrize("name", NAMES)
def test_constants_from_the_table_are_listed_as_assumed_with_their_source(name: str) -> None:
    _, made = stated(name)
    for material in made.materials.values():
        if material.source and material.name not in ("aluminium alloy 6061-T6",):
            reasons = [item.why for item in made.assumptions if item.about.endswith("_constants")]
            modulus = f"{material.youngs_modulus / 1e9:g} GPa"
            assert any(modulus in why and f"{material.poisson_ratio:g}" in why for why in reasons)


@pytest.mark.parametrize("name", PLATES)
def test_a_plate_has_the_numbers_of_its_statement(name: str) -> None:
    moved, by, E, nu, hole, filling, mesh_size = PLATES[name]
    problem, made = stated(name)
    assert made.supports[0].boundary == "left"
    assert made.supports[0].components == {"x": 0.0, "y": 0.0}
    assert made.supports[1].boundary == "right"
    assert made.supports[1].components == {moved: by}
    assert len(made.supports) == 2
    assert not made.loads
    assert made.thickness is None
    assert made.materials["plate"].youngs_modulus == E
    assert made.materials["plate"].poisson_ratio == nu
    assert set(made.materials) == ({"plate", "inclusion"} if filling else {"plate"})
    if filling:
        assert made.materials["inclusion"].youngs_modulus == filling
        assert made.materials["inclusion"].poisson_ratio == nu
    assert body(made.geometry).area == pytest.approx(1 - hole, rel=1e-4)
    assert ("hole" in made.geometry.boundaries) == (hole > 0)
    assert {"left", "right", "top", "bottom"} <= set(made.geometry.boundaries)
    assert problem.settings.mesh_size == mesh_size
    assert f"{by:g}m displacement" in problem.statement or f"is {by:g}m" in problem.statement


@pytest.mark.parametrize("name", PLATES)
def test_a_plate_asks_for_the_force_in_the_direction_it_is_moved(name: str) -> None:
    _, made = stated(name)
    (force,) = [item for item in made.wanted if item.name == "reaction_right"]
    assert force.kind == "reaction"
    assert (force.boundary, force.component) == ("right", PLATES[name][0])
    assert made.unit(force) == "N/m"


@pytest.mark.parametrize("name", ["plate-hole-shear", "plate-inclusion-shear"])
def test_the_shear_stress_is_asked_for_at_the_point_and_as_a_picture(name: str) -> None:
    problem, made = stated(name)
    (stress,) = [item for item in made.wanted if item.name == "sigma_xy_at_point"]
    assert stress.kind == "stress"
    assert (stress.component, stress.at) == ("xy", (0.5, 0.85))
    assert "sigma_xy" in problem.statement
    assert {picture.field for picture in made.pictures} == {"displacement", "stress_xy"}


@pytest.mark.parametrize("name", PLATES)
def test_a_plate_says_which_of_four_readings_it_chose(name: str) -> None:
    _, made = stated(name)
    chosen = {item.about: item for item in made.assumptions}
    for about, value, other in [
        ("idealisation", "plane_stress", "plane_strain"),
        ("right_edge_transverse", "free", "fixed"),
    ]:
        assert chosen[about].source == "inferred"
        assert chosen[about].value == value
        assert [item.value for item in chosen[about].alternatives] == [other]
    across = "y" if PLATES[name][0] == "x" else "x"
    fixed = read_as(name, "plane_strain/fixed")
    assert fixed.idealisation == "plane_strain"
    assert fixed.supports[1].components[across] == 0.0


@pytest.mark.parametrize("name", PLATES)
def test_a_reference_is_far_more_accurate_than_what_it_judges(name: str) -> None:
    assert list(REFERENCES[name]) == READINGS
    _, made = stated(name)
    for quantities in REFERENCES[name].values():
        assert set(quantities) == {item.name for item in made.wanted}
        for item in quantities.values():
            assert 0 <= item["error_estimate"] < 1e-5 * abs(item["value"])


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", ["plate-tension", "plate-shear", "plate-stretch"])
def test_another_library_finds_the_reference_of_a_solid_plate(name: str, reading: str) -> None:
    moved = PLATES[name][0]
    solved = Solution(read_as(name, reading), grid(graded(1.0, 16), graded(1.0, 16)))
    expected = REFERENCES[name][reading]["reaction_right"]["value"]
    assert solved.reaction("right", moved) == pytest.approx(expected, rel=1e-3)


def test_a_force_grows_with_the_displacement_that_needs_it() -> None:
    for reading in READINGS:
        one, five = (
            REFERENCES[name][reading]["reaction_right"]["value"]
            for name in ("plate-tension", "plate-stretch")
        )
        assert five == pytest.approx(5 * one, rel=1e-7)


@pytest.mark.parametrize("name", PLATES)
def test_holding_a_plate_more_never_lowers_its_force(name: str) -> None:
    force = {key: item["reaction_right"]["value"] for key, item in REFERENCES[name].items()}
    assert force["plane_stress/free"] < force["plane_stress/fixed"] < force["plane_strain/fixed"]
    assert force["plane_stress/free"] < force["plane_strain/free"] < force["plane_strain/fixed"]


def test_a_hole_softens_a_plate_and_a_stiff_filling_hardens_it() -> None:
    for reading in READINGS:
        hole, solid, filled = (
            REFERENCES[name][reading]["reaction_right"]["value"]
            for name in ("plate-hole-shear", "plate-shear", "plate-inclusion-shear")
        )
        assert hole < solid < filled


def test_the_copper_plate_stays_below_a_solid_bar_of_copper() -> None:
    for reading in READINGS:
        force = REFERENCES["copper-plate"][reading]["reaction_right"]["value"]
        confined = (1 - 0.343) / ((1 + 0.343) * (1 - 2 * 0.343))
        assert 0.5 * 129.8e9 * 0.02 < force < 129.8e9 * 0.02 * confined


def test_the_two_material_bar_is_springs_in_series() -> None:
    _, made = stated("bimaterial-bar")
    xs = np.array([0.0, 0.2, 0.4, 0.7, 1.0])
    solved = Solution(
        made,
        grid(xs, np.array([0.0, 0.1])),
        lambda middle: "steel" if middle[0] < 0.4 else "aluminium",
    )
    # Uniaxial strain: M = E (1 - nu) / ((1 + nu) (1 - 2 nu)).
    steel = 210e9 * 0.7 / (1.3 * 0.4)
    aluminium = 68.9e9 * 0.67 / (1.33 * 0.34)
    stress = -1e-4 / (0.4 / steel + 0.6 / aluminium)
    assert solved.reaction("right", "x") == pytest.approx(stress * 0.1, rel=1e-9)
    assert solved.at(0.4, 0.05)[0] == pytest.approx(stress * 0.4 / steel, rel=1e-9)
    assert solved.energy() == pytest.approx(0.5 * stress * 0.1 * -1e-4, rel=1e-9)


def test_the_thick_cylinder_is_lame_s() -> None:
    _, made = stated("thick-cylinder")
    solved = Solution(made, grid(np.linspace(0.05, 0.1, 17), np.linspace(0, 0.02, 5)))
    p, a, b, E, nu = 100e6, 0.05, 0.1, 210e9, 0.3
    A = p * a**2 / (b**2 - a**2)

    def radial(r: float) -> float:
        return (1 + nu) / E * A * ((1 - 2 * nu) * r + b**2 / r)

    assert solved.at(0.05, 0.01)[0] == pytest.approx(radial(a), rel=1e-5)
    assert solved.at(0.1, 0.01)[0] == pytest.approx(radial(b), rel=1e-5)
    hoop = solved.stress(0.05, 0.01)[1]
    assert hoop == pytest.approx(A * (1 + b**2 / a**2), rel=0.01)


def test_the_cantilever_bends_as_timoshenko_s_beam() -> None:
    _, made = stated("cantilever")
    solved = Solution(made, grid(graded(1.0, 32), np.linspace(0, 0.1, 7)))
    P, L, h, t, E, nu = 1000.0, 1.0, 0.1, 0.02, 210e9, 0.3
    moment = t * h**3 / 12
    # Cowper's shear coefficient of a rectangle.
    shear = 10 * (1 + nu) / (12 + 11 * nu)
    deflection = P * L**3 / (3 * E * moment) + P * L / (shear * E / (2 * (1 + nu)) * t * h)
    assert solved.at(1.0, 0.05)[1] == pytest.approx(-deflection, rel=2e-3)
    assert solved.reaction("wall", "y") == pytest.approx(P, rel=1e-9)
    assert solved.energy() == pytest.approx(0.5 * P * deflection, rel=2e-3)


def test_the_struck_cantilever_swings_as_the_first_modes_of_a_beam() -> None:
    problem, made = stated("struck-cantilever")
    solution = other_motion.solve(made)
    moved = {w.name: solution.quantities[w.name].values[0] for w in made.wanted}
    P, L, h, t, E, rho = 2000.0, 1.0, 0.1, 0.02, 210e9, 7850.0
    bending, mass = E * t * h**3 / 12, rho * t * h
    roots = (1.8751041, 4.6940911, 7.8547574)
    omegas = [root**2 * np.sqrt(bending / mass) / L**2 for root in roots]
    at = sum(4 * P / (mass * w**2) * (1 - np.cos(w * 4e-3)) for w in omegas)
    # Shear and the inertia of rotation lower the first frequency by 1 %.
    assert moved["after_4_ms"] == pytest.approx(-at, rel=0.03)
    sag = P * L**3 / (3 * bending)
    assert moved["furthest"] == pytest.approx(-1.96 * sag, rel=0.02)
    assert problem.tolerance == 0.01


def test_the_rock_carries_the_weight_of_the_gravity_wall() -> None:
    _, made = stated("gravity-wall")
    mesh = grid(np.linspace(0, 1, 13), np.linspace(0, 6, 25))
    x, y = mesh.p
    mesh = type(mesh)(np.array([x * (3 - y / 3), y]), mesh.t)
    solved = Solution(made, mesh)
    assert solved.reaction("base", "y") == pytest.approx(24e3 * (3 + 1) / 2 * 6, rel=1e-9)
    # Beam theory: the weight above a section acts left of its middle and presses on the left face.
    heights = np.linspace(0, 6, 601)
    width = 3 - heights / 3
    above = 6 - heights
    weight = 24e3 * (width + 1) / 2 * above
    center = (1 + width + width**2) / (3 * (1 + width))
    pressed = weight / width * (1 + 6 * (width / 2 - center) / width)
    settled = trapezoid(pressed, heights) * (1 - 0.2**2) / 33e9
    assert -solved.at(0.0, 6.0)[1] == pytest.approx(settled, rel=0.05)


def test_the_small_hole_trebles_the_stress() -> None:
    _, made = stated("hole-in-tension")
    mesh = grid(np.linspace(0, 1, 33), np.linspace(0, 1, 33) ** 1.5)
    angle, out = mesh.p[0] * pi / 2, mesh.p[1]
    way = np.array([np.cos(angle), np.sin(angle)])
    mesh = type(mesh)((1 - out) * 0.1 * way + out * way / np.abs(way).max(axis=0), mesh.t)
    solved = Solution(made, mesh)
    # Heywood's formula for a finite width, hole over width 0.1, on the gross section.
    gross = (2 + (1 - 0.1) ** 3) / (1 - 0.1)
    stress, _ = solved.stress(0.0, 0.1)
    assert stress[0, 0] == pytest.approx(10e6 * gross, rel=0.02)
