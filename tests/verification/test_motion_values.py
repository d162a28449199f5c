"""The handbook's program for motion in time against closed forms."""

from __future__ import annotations

from math import cos, cosh, pi, sin, sqrt
from pathlib import Path
from typing import Any

import pytest
from motions import BAR, LENGTH, PUSH, RHO, SPEED, E, run
from returned import failed
from scipy.optimize import brentq


def values(problem: dict[str, Any], folder: Path, **settings: Any) -> dict[str, float]:
    evidence = run(problem, folder, **settings)
    assert evidence.claim_level == "consistent", failed(evidence)
    return {quantity.name: quantity.value for quantity in evidence.quantities}


def test_the_end_of_a_pulled_bar_moves_as_waves_do(tmp_path: Path) -> None:
    found = values(BAR, tmp_path, mesh_size=0.05, element_order=2, time_steps=400)
    speed = PUSH / (RHO * SPEED)
    assert found["speed"] == pytest.approx(speed, rel=1e-2)
    assert found["tip"] == pytest.approx(speed * 2.5e-4, rel=1e-3)
    # The echo from the wall doubles the pull there, and brings the end to rest.
    assert found["pull"] == pytest.approx(-2 * PUSH * 1e-3, rel=2e-2)
    assert found["peak"] == pytest.approx(speed * 3.75e-4, rel=2e-3)


def test_a_bar_that_hits_a_wall_stops_there_and_springs_back(tmp_path: Path) -> None:
    tip = {"kind": "displacement", "component": "x", "at": [LENGTH, 0.0], "name": "tip"}
    force = {"kind": "reaction", "boundary": "left", "component": "x", "name": "force"}
    problem = {
        **BAR, "loads": [], "time_course": [[0.0, 1.0]], "initial_velocity": [-2.0, 0.0],
        "wanted": [{**tip, "time": 3e-4}, {**force, "time": 2.5e-4}],
    }  # fmt: skip
    found = values(problem, tmp_path, mesh_size=0.02, element_order=2, time_steps=400)
    # The wave from the wall turns the end round when it arrives.
    assert found["tip"] == pytest.approx(-2.0 * (2 * LENGTH / SPEED - 3e-4), rel=1e-2)
    assert found["force"] == pytest.approx(RHO * SPEED * 2.0 * 1e-3, rel=5e-2)


def test_a_stiff_body_on_a_soft_spring_swings(tmp_path: Path) -> None:
    stiffness, mass = 1e5, RHO * 1e-3
    omega = sqrt(stiffness / mass)
    problem = {
        **BAR, "supports": [{"boundary": "bottom", "y": 0.0}], "loads": [],
        "springs": [{"kind": "foundation", "boundary": "left", "x": stiffness / 1e-3}],
        "time_course": [[0.0, 1.0]], "initial_velocity": [0.5, 0.0],
        "damping": {"mass": 0.2 * omega}, "end_time": 2 * pi / omega, "wanted": [
            {"name": "far", "kind": "displacement", "component": "x", "at": [0.5, 0.0],
             "time": pi / omega / 2},
            {"name": "force", "kind": "reaction", "boundary": "left", "component": "x",
             "time": pi / omega / 2},
        ],
    }  # fmt: skip
    found = values(problem, tmp_path, mesh_size=0.1, element_order=1, time_steps=100)
    damped = omega * sqrt(1 - 0.1**2)
    time = pi / omega / 2
    far = 0.5 / damped * 2.718281828459045 ** (-0.1 * omega * time) * sin(damped * time)
    assert found["far"] == pytest.approx(far, rel=2e-3)
    assert found["force"] == pytest.approx(-stiffness * far, rel=1e-2)


def test_a_thin_ring_breathes_under_a_sudden_pressure(tmp_path: Path) -> None:
    radius, wall = 1.0, 0.01
    geometry = {
        "regions": {"ring": {"kind": "rectangle", "origin": [radius - wall / 2, 0.0],
                             "size": [wall, 0.02]}},
        "boundaries": {"bore": {"kind": "line", "axis": "x", "at": radius - wall / 2},
                       "floor": {"kind": "line", "axis": "y", "at": 0.0}},
    }  # fmt: skip
    period = 2 * pi * radius * sqrt(RHO / E)
    problem = {
        **BAR, "idealisation": "axisymmetric", "thickness": None, "geometry": geometry,
        "materials": {"ring": {"youngs_modulus": E, "poisson_ratio": 0.3, "density": RHO}},
        "supports": [{"boundary": "floor", "y": 0.0}], "time_course": [[0.0, 1.0]],
        "loads": [{"kind": "pressure", "boundary": "bore", "value": 1e6}], "end_time": period,
        "wanted": [{"name": "wide", "kind": "displacement", "component": "x",
                    "at": [radius, 0.0], "over_time": "max"},
                   {"name": "third", "kind": "displacement", "component": "x",
                    "at": [radius, 0.0], "time": period / 3}],
    }  # fmt: skip
    found = values(problem, tmp_path, mesh_size=0.01, element_order=2, time_steps=150)
    still = 1e6 * radius * (radius - wall / 2) / (E * wall)
    assert found["wide"] == pytest.approx(2 * still, rel=1e-2)
    assert found["third"] == pytest.approx(still * (1 - cos(2 * pi / 3)), rel=1e-2)


def test_a_cantilever_under_a_sudden_load_swings_as_its_modes_do(tmp_path: Path) -> None:
    height, load = 0.02, 1e4
    stiffness, mass = E * height**3 / 12, RHO * height
    roots = [brentq(lambda x: cos(x) + 1 / cosh(x), a, b) for a, b in
             ((1.5, 2.5), (4.0, 5.0), (7.0, 8.5), (10.5, 11.5))]  # fmt: skip
    omegas = [root**2 * sqrt(stiffness / mass) / LENGTH**2 for root in roots]
    time = 0.4 * 2 * pi / omegas[0]
    tip = sum(4 * load * height / (mass * w**2) * (1 - cos(w * time)) for w in omegas)
    geometry = {
        "regions": {"bar": {"kind": "rectangle", "size": [LENGTH, height]}},
        "boundaries": {"wall": {"kind": "line", "axis": "x", "at": 0.0},
                       "end": {"kind": "line", "axis": "x", "at": LENGTH}},
    }  # fmt: skip
    problem = {
        **BAR, "geometry": geometry, "thickness": None, "time_course": [[0.0, 1.0]],
        "supports": [{"boundary": "wall", "x": 0.0, "y": 0.0}],
        "loads": [{"kind": "traction", "boundary": "end", "y": load}], "end_time": 1.01 * time,
        "wanted": [{"name": "tip", "kind": "displacement", "component": "y",
                    "at": [LENGTH, 0.0], "time": time}],
    }  # fmt: skip
    found = values(problem, tmp_path, mesh_size=0.04, element_order=2, time_steps=200)
    assert found["tip"] == pytest.approx(tip, rel=3e-3)
