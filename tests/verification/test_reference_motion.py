"""References of motion in time: their order, and that two ways find the waves of a bar."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from motions import BAR, PUSH, RHO, SOLID_BAR, SPEED
from scipy.sparse import csr_matrix

from mechagents.mechanics.courses import Sine
from mechagents.mechanics.formulation import Formulation
from mechagents.verification.reference import march

OMEGA = 3.0


def pushed(steps: int, damping: float = 0.0) -> march.Marched:
    """A mass of 2 on a spring, and one that is held, under a force that grows."""
    one = csr_matrix(np.eye(2))
    system = march.System(
        2.0 * one, damping * one, 2.0 * OMEGA**2 * one, np.full(2, 2.0), np.array([False, True])
    )
    return march.march(system, ((0.0, 0.0), (2.0, 2.0)), np.array([1.0, 1.0]), 2.0, steps)


def exact(t: np.ndarray) -> np.ndarray:
    return (t - np.sin(OMEGA * t) / OMEGA) / OMEGA**2 + np.sin(OMEGA * t) / OMEGA


def test_errors_fall_with_the_fourth_power_of_the_step() -> None:
    errors = [np.abs(m.u[:, 0] - exact(m.time)).max() for m in map(pushed, (20, 40, 80))]
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert orders == pytest.approx([4.0, 4.0], abs=0.25)


def test_what_is_held_stays_and_forces_balance() -> None:
    m = pushed(40, damping=0.3)
    assert not m.u[:, 1].any()
    one = csr_matrix(np.eye(2))
    system = march.System(
        2.0 * one, 0.3 * one, 2.0 * OMEGA**2 * one, np.full(2, 2.0), np.array([False, True])
    )
    left = march.left(system, m)
    assert np.abs(left[:, 0]).max() <= 1e-12
    assert left[:, 1] == pytest.approx(-2.0 * m.factor)


def test_between_steps_it_follows_the_velocity() -> None:
    m, t = pushed(40), 0.777
    u, v, _, factor = m.at(t)
    assert u[0] == pytest.approx(exact(np.array(t)), abs=1e-5)
    assert v[0] == pytest.approx((exact(np.array(t + 1e-6)) - exact(np.array(t - 1e-6))) / 2e-6,
                                 abs=1e-4)  # fmt: skip
    assert factor == pytest.approx(t)


def shaken(steps: int) -> march.Marched:
    """A mass on a spring whose other end, which has a mass too, goes as sin(t)."""
    M, K = csr_matrix([[1.0, 0.5], [0.5, 2.0]]), OMEGA**2 * csr_matrix([[1.0, -1.0], [-1.0, 1.0]])
    moved = ((Sine(frequency=1 / (2 * np.pi)), np.array([0.0, 1.0])),)
    held, nothing = np.array([False, True]), np.zeros(2)
    system = march.System(M, 0.0 * M, K, nothing, held, moved)
    found = march.march(system, ((0.0, 0.0),), nothing, 2.0, steps)
    assert np.abs(march.left(system, found)[:, 0]).max() <= 1e-9
    return found


def test_what_is_held_may_move() -> None:
    # The velocity of the base jumps: through their common mass the other one is struck by it.
    far = (OMEGA**2 + 0.5) / (OMEGA**2 - 1.0)
    errors = []
    for steps in (20, 40, 80):
        m = shaken(steps)
        meant = far * np.sin(m.time) - (far + 0.5) * np.sin(OMEGA * m.time) / OMEGA
        errors.append(float(np.abs(m.u[:, 0] - meant).max()))
        assert m.u[:, 1] == pytest.approx(np.sin(m.time))
        assert m.a[:, 1] == pytest.approx(-np.sin(m.time))
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert orders == pytest.approx([4.0, 4.0], abs=0.3)


def test_errors_behind_a_jump_are_looked_at_at_several_times() -> None:
    lines, smooth = (
        Formulation.model_validate(shaken_bar(course))
        for course in ([[0, 0], [1e-4, 1]], {"kind": "smooth", "table": [[0, 0], [1e-4, 1]]})
    )
    assert march.nearby_times(smooth, 3e-4) == march.nearby_times(lines, None) == []
    times = march.nearby_times(lines, 3e-4)
    assert len(times) == 6
    assert max(abs(time - 3e-4) for time in times) <= 0.012 * 8e-4


def shaken_bar(course: Any, bar: dict[str, Any] = BAR) -> dict[str, Any]:
    base = {"boundary": "left", "x": 1e-5, "course": course}
    return {**bar, "loads": [], "time_course": [[0, 1]], "supports": [base, *bar["supports"][1:]]}


def waves() -> dict[str, float]:
    """D'Alembert's waves: the end moves at sigma / (rho c) until the echo from the wall is back."""
    speed = PUSH / (RHO * SPEED)
    tip = speed * (3e-4 - 0.5e-4)
    return {"tip": tip, "peak": 2 * PUSH / 200e9 - speed * 0.25e-4, "speed": speed}


def two_ways(first: str = "moving") -> list[ModuleType]:
    from mechagents.verification.reference import other_motion

    ways: list[ModuleType] = [other_motion]
    try:
        return [*ways, import_module(f"mechagents.verification.reference.{first}")]
    except ImportError:
        return ways


@pytest.mark.parametrize("way", two_ways(), ids=lambda way: way.__name__.rpartition(".")[2])
def test_both_ways_find_the_waves_of_a_bar_whose_base_moves(way: ModuleType) -> None:
    smooth = {"kind": "smooth", "table": [[0, 0], [3e-4, 1]]}
    wanted = [w for w in BAR["wanted"] if w["name"] in ("tip", "peak", "force")]
    problem = {**shaken_bar(smooth), "wanted": wanted}
    found = way.solve(Formulation.model_validate(problem)).quantities
    third = 10 / 27 - 15 / 81 + 6 / 243
    slope = 1e-5 * 30 * (5 / 6) ** 2 * (1 / 6) ** 2 / 3e-4
    meant = {"tip": 2e-5 * third, "peak": 2e-5, "force": 200e9 * 1e-3 / SPEED * slope}
    for name, value in meant.items():
        assert found[name].values[0] == pytest.approx(value, abs=found[name].error), name
        assert found[name].error <= 0.1 * abs(value), name


@pytest.mark.parametrize("way", two_ways(), ids=lambda way: way.__name__.rpartition(".")[2])
def test_both_ways_find_the_waves_of_a_bar(way: ModuleType) -> None:
    found = way.solve(Formulation.model_validate(BAR)).quantities
    for name, value in waves().items():
        if name == "peak":
            continue
        assert found[name].values[0] == pytest.approx(value, rel=4e-3), name
        assert abs(found[name].values[0] - value) <= found[name].error
    assert set(found) == {"tip", "peak", "speed", "force", "pull", "middle", "stretch", "energy"}


@pytest.mark.parametrize(
    "way", two_ways("solid_moving"), ids=lambda way: way.__name__.rpartition(".")[2]
)
def test_both_ways_find_the_waves_of_a_solid_bar(way: ModuleType) -> None:
    found = way.solve(Formulation.model_validate(SOLID_BAR)).quantities
    for name, value in waves().items():
        assert found[name].values[0] == pytest.approx(value, rel=4e-3), name
        assert abs(found[name].values[0] - value) <= found[name].error
    assert set(found) == {"tip", "peak", "speed", "force", "pull", "middle", "stretch", "energy"}


@pytest.mark.parametrize("way", two_ways(), ids=lambda way: way.__name__.rpartition(".")[2])
def test_both_ways_agree_on_a_damped_body_on_springs(way: ModuleType) -> None:
    bed: dict[str, Any] = {"kind": "foundation", "boundary": "left", "x": 1e11}
    problem = {
        **BAR, "supports": [{"boundary": "bottom", "y": 0.0}], "springs": [bed],
        "damping": {"mass": 500.0, "stiffness": 1e-6}, "initial_velocity": [-0.1, 0.0],
        "loads": [], "time_course": [[0.0, 1.0]], "end_time": 6e-4,
        "wanted": [
            {"name": "force", "kind": "reaction", "boundary": "left", "component": "x",
             "over_time": "max"},
            {"name": "tip", "kind": "displacement", "component": "magnitude", "at": [1.0, 0.1],
             "time": 4e-4},
        ],
    }  # fmt: skip
    found = way.solve(Formulation.model_validate(problem)).quantities
    force, tip = in_one_dimension()
    assert found["force"].values[0] == pytest.approx(force, rel=2e-3)
    assert found["tip"].values[0] == pytest.approx(tip, rel=2e-3)


def in_one_dimension(elements: int = 100) -> tuple[float, float]:
    """The largest force of the bed, and how far the end is then, by exponentials of a matrix."""
    from scipy.linalg import expm

    n, h, area = elements + 1, 1.0 / elements, 1e-3
    ones = np.ones(n)
    ones[[0, -1]] = 0.5
    K = 2e11 * area / h * (2 * np.diag(ones) - np.eye(n, k=1) - np.eye(n, k=-1))
    M = RHO * area * h * np.diag(ones)
    C = 500.0 * M + 1e-6 * K
    bed = np.zeros((n, n))
    bed[0, 0] = 1e11 * area
    inverse = np.linalg.inv(M)
    A = np.block([[np.zeros((n, n)), np.eye(n)], [-inverse @ (K + bed), -inverse @ C]])
    step, y = expm(A * 1e-6), np.concatenate([np.zeros(n), np.full(n, -0.1)])
    forces, ends = list[float](), list[float]()
    for _ in range(600):
        y = step @ y
        forces.append(-bed[0, 0] * y[0])
        ends.append(abs(y[n - 1]))
    return max(forces), ends[399]
