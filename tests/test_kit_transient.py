"""Average acceleration in the kit: its order, its energy, and what is read between steps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mechagents.kit import BaseMotion, Motion, newmark

OMEGA = 3.0


def matrix(*rows: list[float]) -> csr_matrix:
    return csr_matrix(np.array(rows))


def oscillator(steps: int, *, damping: float = 0.0, held: tuple[int, ...] = ()) -> Motion:
    """Return two seconds of two equal masses on springs of their own, the first of them pushed."""
    M, K = matrix([2.0, 0.0], [0.0, 2.0]), 2.0 * OMEGA**2 * matrix([1.0, 0.0], [0.0, 1.0])
    time = np.linspace(0.0, 2.0, steps + 1)
    fixed = np.array(held, dtype=np.int64)
    pushed = np.array([2.0 * OMEGA**2, 0.0])
    return newmark((M, damping * M, K), pushed, fixed, np.array([0.0, 1.0]), time, time / 2.0)


def exact(time: np.ndarray) -> np.ndarray:
    """A mass under a force that grows from 0, and one that is let go with a velocity of one."""
    ramp = (time - np.sin(OMEGA * time) / OMEGA) / 2.0
    return np.stack([ramp, np.sin(OMEGA * time) / OMEGA], axis=1)


def test_errors_fall_with_the_square_of_the_step() -> None:
    errors = [np.abs(m.u - exact(m.time)).max() for m in map(oscillator, (50, 100, 200))]
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert orders == pytest.approx([2.0, 2.0], abs=0.05)


def test_a_free_oscillation_loses_no_energy() -> None:
    m = oscillator(20)
    energy = m.v[:, 1] ** 2 + OMEGA**2 * m.u[:, 1] ** 2
    assert energy == pytest.approx(np.ones(21), rel=1e-12)


def test_damping_takes_energy_as_it_should() -> None:
    m = oscillator(400, damping=0.5)
    energy = m.v[:, 1] ** 2 + OMEGA**2 * m.u[:, 1] ** 2
    assert energy[-1] == pytest.approx(np.exp(-0.5 * 2.0), rel=0.1)


def test_what_is_held_stays_and_is_held_by_a_force() -> None:
    m = oscillator(50, held=(0,))
    assert not m.u[:, 0].any()
    assert not m.v[:, 0].any()
    assert m.held[-1] == pytest.approx([-2.0 * OMEGA**2, 0.0], abs=1e-9)


def test_between_steps_it_is_linear() -> None:
    m = oscillator(10)
    then = m.at(0.3)
    assert then.u == pytest.approx((m.u[1] + m.u[2]) / 2)
    assert m.at(2.0).a == pytest.approx(m.a[-1])
    assert m.at(0.0).v == pytest.approx([0.0, 1.0])


def shaken(steps: int) -> Motion:
    """Return a mass on a spring whose other end, which has a mass too, goes as sin(t)."""
    time = np.linspace(0.0, 2.0, steps + 1)
    M, K = matrix([1.0, 0.5], [0.5, 2.0]), OMEGA**2 * matrix([1.0, -1.0], [-1.0, 1.0])
    sine, cosine = (f(time)[:, None] for f in (np.sin, np.cos))
    base = BaseMotion(sine, cosine, -sine)
    fixed, nothing = np.array([1]), np.zeros(2)
    return newmark((M, 0.0 * M, K), nothing, fixed, nothing, time, 0.0 * time, base=base)


def test_what_is_held_may_move_and_its_inertia_is_felt() -> None:
    # u'' + omega^2 u = (omega^2 + 1/2) sin t, from rest.
    far = (OMEGA**2 + 0.5) / (OMEGA**2 - 1.0)
    errors = []
    for steps in (50, 100, 200):
        m = shaken(steps)
        meant = far * (np.sin(m.time) - np.sin(OMEGA * m.time) / OMEGA)
        errors.append(float(np.abs(m.u[:, 0] - meant).max()))
    assert np.log2(np.array(errors[:-1]) / np.array(errors[1:])) == pytest.approx([2, 2], abs=0.05)


def test_the_force_on_what_is_held_includes_its_inertia() -> None:
    m = shaken(100)
    force = 0.5 * m.a[:, 0] - 2.0 * np.sin(m.time) + OMEGA**2 * (m.u[:, 1] - m.u[:, 0])
    assert m.held[:, 1] == pytest.approx(force)
    assert np.abs(m.held[:, 0]).max() <= 1e-12
    assert m.u[:, 1] == pytest.approx(np.sin(m.time))
