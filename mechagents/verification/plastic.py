"""Plastic flow along a returned history: stress by radial return at the checks' own points.

In the order xx, yy, zz, xy, in space yz, xz too, with gamma = 2 eps, apart from the tensors of
programs. From the state before a step the trial stress is s = 2 mu dev(eps - eps_p); beyond yield
at |s| = sqrt(2/3) (sigma_y + H alpha) it returns along n = s / |s|. In plane stress the return
stays in the plane (``plane_stress_flow``).

References:
    Simo & Hughes, Computational Inelasticity (1998), boxes 3.1 and 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mechagents.mechanics.orthotropic import Orthotropic
from mechagents.verification.assembly import (
    Answer,
    Balance,
    Samples,
    Stresses,
    element_forces,
    gathered,
    samples,
    strain,
    volumes,
)
from mechagents.verification.elements import FloatArray, quadrature, reference_nodes
from mechagents.verification.history import part
from mechagents.verification.plane_stress_flow import PlaneLaw, plane_tangent, returned
from mechagents.verification.solution import Solution

_ONE = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
_WEIGHT = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
"""How often each component of a stress occurs in its square. The plane has the first four."""
_DEVIATOR = np.diag([1.0, 1.0, 1.0, 0.5, 0.5, 0.5]) - np.outer(_ONE, _ONE) / 3


@dataclass(frozen=True, eq=False)
class Constants:
    """Of the law of each element of a block, shape (elements, 1)."""

    kappa: FloatArray
    mu: FloatArray
    yields: FloatArray
    """The yield stress [Pa], infinite where nothing flows."""
    hardens: FloatArray
    plane_stress: bool = False


@dataclass(frozen=True, eq=False)
class State:
    """The plastic state of points."""

    strain: FloatArray
    """Plastic strain xx, yy, zz, gamma_xy and in space gamma_yz, gamma_xz, (elements, points, c).

    There are c = 4 in the plane and 6 in space."""
    alpha: FloatArray
    """Accumulated plastic strain, shape (elements, points)."""


def constants(solution: Solution, index: int) -> Constants:
    """Return the constants of each element of a block; 0 outside all regions."""
    rows: list[tuple[float, float, float, float]] = []
    for name in solution.regions:
        law = solution.formulation.materials[name]
        if isinstance(law, Orthotropic):
            raise TypeError("an orthotropic material does not flow")
        lam, mu = law.lame_constants
        plastic = law.kind == "j2_plastic"
        yields = law.yield_stress if law.kind == "j2_plastic" else np.inf
        hardens = law.hardening_modulus if law.kind == "j2_plastic" else 0.0
        rows.append((lam + 2 * mu / 3, mu, yields if plastic else np.inf, hardens))
    table = np.array([*rows, (0.0, 0.0, np.inf, 0.0)])[solution.region[index]]
    K, G, Y, H = (table[:, [column]] for column in range(4))
    plane = solution.formulation.idealisation == "plane_stress"
    return Constants(K, G, Y, H, plane_stress=plane)


def radial_return(of: Constants, eps: FloatArray, before: State) -> tuple[FloatArray, State]:
    """Return the stress [Pa] at a strain and the state then; shapes (elements, points, c)."""
    if of.plane_stress:
        found = returned(_in_plane(of, before), eps - before.strain)
        state = State(before.strain + found.strain, before.alpha + found.alpha)
        return found.stress, state
    sigma, after, _, _ = _returned(of, eps, before)
    return sigma, after


def _in_plane(of: Constants, before: State) -> PlaneLaw:
    return PlaneLaw(of.kappa, of.mu, of.yields + of.hardens * before.alpha, of.hardens)


def _returned(
    of: Constants, eps: FloatArray, before: State
) -> tuple[FloatArray, State, FloatArray, FloatArray]:
    """Return stress, state, the size of the trial stress and the slip."""
    one, weight, deviator = _columns(eps.shape[-1])
    elastic = eps - before.strain
    volume = elastic[..., :3].sum(axis=-1)
    s = 2 * of.mu[..., None] * (elastic @ deviator)
    size = np.sqrt((s * s) @ weight)
    radius = np.sqrt(2 / 3) * (of.yields + of.hardens * before.alpha)
    stiff = 2 * of.mu + 2 / 3 * of.hardens
    slip = np.maximum(size - radius, 0.0) / np.where(stiff > 0, stiff, 1.0)
    n = s / np.where(size > 0, size, 1.0)[..., None]
    after = State(
        before.strain + slip[..., None] * n * weight, before.alpha + np.sqrt(2 / 3) * slip
    )
    sigma = (of.kappa * volume)[..., None] * one + s
    return sigma - 2 * of.mu[..., None] * slip[..., None] * n, after, size, slip


def _columns(count: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the unit tensor, the weights and the deviator of four or of six components."""
    return _ONE[:count], _WEIGHT[:count], _DEVIATOR[:count, :count]


def tangent(of: Constants, eps: FloatArray, before: State) -> FloatArray:
    """Return d sigma / d eps of a step [Pa], shape (elements, points, c, c)."""
    if of.plane_stress:
        law = _in_plane(of, before)
        return plane_tangent(law, returned(law, eps - before.strain))
    one, _, deviator = _columns(eps.shape[-1])
    _, _, size, slip = _returned(of, eps, before)
    s = 2 * of.mu[..., None] * ((eps - before.strain) @ deviator)
    n = s / np.where(size > 0, size, 1.0)[..., None]
    mu = of.mu[..., None, None]
    theta = (1 - 2 * of.mu * slip / np.where(size > 0, size, 1.0))[..., None, None]
    hard = of.hardens / (3 * np.where(of.mu > 0, of.mu, 1.0))
    back = np.where(slip > 0, 1 / (1 + hard), 0.0)[..., None, None] - np.where(
        (slip > 0)[..., None, None], 1 - theta, 0.0
    )
    D = of.kappa[..., None, None] * np.outer(one, one) + 2 * mu * theta * deviator
    return np.asarray(D - 2 * mu * back * n[..., :, None] * n[..., None, :], dtype=np.float64)


def unstrained(at: Samples) -> State:
    """Return the state of points before any load."""
    columns = 6 if at.gradient.shape[-1] == 3 else 4
    return State(np.zeros((*at.jacobian.shape, columns)), np.zeros(at.jacobian.shape))


def walk(
    solution: Solution, at: list[Samples]
) -> Iterator[tuple[Solution, list[tuple[FloatArray, FloatArray, State]]]]:
    """Yield for each step the solution then, and strain, stress and state of each block.

    Args:
        solution: With its history.
        at: Which points of each block.
    """
    assert solution.history is not None
    states = [unstrained(one) for one in at]
    laws = [constants(solution, index) for index in range(len(at))]
    for step in range(len(solution.history.factor)):
        factor, u = part(solution.history, step)
        then = replace(solution, factor=factor, fields=replace(solution.fields, displacement=u))
        found: list[tuple[FloatArray, FloatArray, State]] = []
        for index, block in enumerate(solution.fields.blocks):
            eps = strain(at[index], u[block.nodes], axisymmetric=solution.axisymmetric)
            sigma, states[index] = radial_return(laws[index], eps, states[index])
            found.append((eps, sigma, states[index]))
        yield then, found


def balances(solution: Solution, level: int) -> Iterator[tuple[Solution, Balance]]:
    """Yield each step's solution and the balance of its forces, by one level of rules."""
    points = [volumes(solution, index, level) for index in range(len(solution.fields.blocks))]
    for then, blocks in walk(solution, [at for at, _ in points]):
        answers: list[Answer] = []
        for (at, volume), (eps, sigma, state) in zip(points, blocks, strict=True):
            weighted = sigma * volume[..., None]
            elastic = ((weighted * (eps - state.strain)).sum(axis=(1, 2))) / 2
            force = element_forces(at, weighted, axisymmetric=solution.axisymmetric)
            answers.append((force, elastic, (weighted * eps).sum(axis=(1, 2))))
        yield then, gathered(then, level, answers)


def plastic_stresses(solution: Solution) -> tuple[Stresses, ...]:
    """Return the stress at the end of the history in every element, block by block."""
    fields = solution.fields
    at: list[Samples] = []
    for block in fields.blocks:
        points = np.concatenate([reference_nodes(block.kind), quadrature(block.kind, 0)[0]])
        at.append(samples(block.kind, fields.points[block.nodes], points))
    last: list[FloatArray] = []
    for _, blocks in walk(solution, at):
        last = [sigma for _, sigma, _ in blocks]
    found: list[Stresses] = []
    for block, one, sigma in zip(fields.blocks, at, last, strict=True):
        n = len(reference_nodes(block.kind))
        area = np.abs(one.jacobian[:, n:]) @ quadrature(block.kind, 0)[1]
        found.append(Stresses(sigma[:, :n], sigma[:, n:], area))
    return tuple(found)
