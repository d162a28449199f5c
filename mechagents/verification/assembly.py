"""Internal and external forces, energy and stress of a returned displacement, element by element.

    f_int = sum over elements of  integral B^T D B u dV
    f_ext = integral N^T t dS  +  integral N^T b dV

Written from the weak form in plain numpy, so that no bug of a finite-element library that made
the result can hide here. The stiffness matrix itself is never formed.

References:
    Zienkiewicz, Taylor, The Finite Element Method (2000), volume 1, chapters 2, 4, 5, 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechagents.mechanics.formulas import value_at
from mechagents.mechanics.formulation import (
    BodyForce,
    Load,
    PointForce,
    Pressure,
    TemperatureChange,
    Traction,
)
from mechagents.verification.elements import (
    ElementKind,
    FloatArray,
    IntArray,
    edge_shape,
    gauss_rule,
    quadrature,
    reference_nodes,
    shape_functions,
    shape_gradients,
)
from mechagents.verification.face_loads import face_force
from mechagents.verification.finite import cauchy_stress, element_answer
from mechagents.verification.follower import follower_force
from mechagents.verification.jacobians import adjugates
from mechagents.verification.solution import Solution
from mechagents.verification.springs import point_force, spring_at_points, spring_force

_SHEAR = ((0, 1), (1, 2), (0, 2))
"""Axes of gamma_xy, gamma_yz and gamma_xz."""
_TENSOR = np.array([[0, 3, 5], [3, 1, 4], [5, 4, 2]])
"""Which component of six is each of the stress tensor."""
_SOLVER = 1e-13
"""A direct solver's rounding of a force, of the stiffness times the displacement."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Values at some points of every element of a block, shapes (elements, points, ...)."""

    N: FloatArray
    """Shape functions, the same for every element, shape (points, nodes)."""
    gradient: FloatArray
    """Their gradients [1/m], shape (elements, points, nodes, d)."""
    jacobian: FloatArray
    """Determinant of dx/dxi [m^d]; negative where a node order runs clockwise, or inside out."""
    x: FloatArray
    """Where the points lie [m], shape (elements, points, d)."""


def samples(kind: ElementKind, coordinates: FloatArray, at: FloatArray) -> Samples:
    """Return shape functions and their gradients at reference points of every element.

    Args:
        kind: The element.
        coordinates: Its nodes [m], shape (elements, nodes, d).
        at: Reference points, shape (points, d).
    """
    N, dN = shape_functions(kind, at), shape_gradients(kind, at)
    # J[a, b] = dx_b / dxi_a
    J = dN.transpose(0, 2, 1) @ coordinates[:, None]
    adjugate, det = adjugates(J)
    safe = np.where(det == 0, np.inf, det)
    inverse = adjugate / safe[..., None, None]
    gradient = dN @ inverse.transpose(0, 1, 3, 2)
    return Samples(N, gradient, det, N @ coordinates)


def strain(at: Samples, u: FloatArray, *, axisymmetric: bool) -> FloatArray:
    """Return eps_xx, eps_yy, eps_zz and gamma_xy, shape (elements, points, 4).

    In space gamma_yz and gamma_xz follow, and it is (elements, points, 6).

    Args:
        at: Where.
        u: Displacement of each element's nodes [m], shape (elements, nodes, d).
        axisymmetric: Whether eps_zz is the hoop strain u_r / r; on the axis, its limit du_r/dr.
    """
    H = at.gradient.transpose(0, 1, 3, 2) @ u[:, None]
    if u.shape[-1] == 3:
        shear = [H[..., i, j] + H[..., j, i] for i, j in _SHEAR]
        return np.stack([*(H[..., i, i] for i in range(3)), *shear], axis=-1)
    zz = np.zeros(H.shape[:2])
    if axisymmetric:
        r, u_r = at.x[..., 0], (at.N @ u)[..., 0]
        off_axis = r > 1e-12 * np.abs(at.x).max()
        zz = np.where(off_axis, u_r / np.where(off_axis, r, 1.0), H[..., 0, 0])
    return np.stack([H[..., 0, 0], H[..., 1, 1], zz, H[..., 0, 1] + H[..., 1, 0]], axis=-1)


def element_forces(at: Samples, weighted_stress: FloatArray, *, axisymmetric: bool) -> FloatArray:
    """Return integral B^T sigma dV at each element's nodes [N or N/m], (elements, nodes, d).

    Args:
        at: The quadrature points.
        weighted_stress: Stress times the volume of each point, (elements, points, 4 or 6).
        axisymmetric: Whether the hoop stress acts on u_r / r.
    """
    g, s = at.gradient, weighted_stress
    if g.shape[-1] == 3:
        count, points, nodes, _ = g.shape
        rows = g.transpose(0, 2, 1, 3).reshape(count, nodes, points * 3)
        return np.asarray(rows @ s[..., _TENSOR].reshape(count, points * 3, 3))
    f_x = np.einsum("mqk,mq->mk", g[..., 0], s[..., 0]) + np.einsum(
        "mqk,mq->mk", g[..., 1], s[..., 3]
    )
    f_y = np.einsum("mqk,mq->mk", g[..., 1], s[..., 1]) + np.einsum(
        "mqk,mq->mk", g[..., 0], s[..., 3]
    )
    if axisymmetric:
        f_x += (s[..., 2] / at.x[..., 0]) @ at.N
    return np.stack([f_x, f_y], axis=-1)


@dataclass(frozen=True, eq=False)
class Balance:
    """The forces of a returned displacement, integrated by one level of quadrature rules."""

    internal: FloatArray
    """K u [N, or N/m], shape (points, d)."""
    external: FloatArray
    """Loads, and what springs exert [N, or N/m], shape (points, d)."""
    activity: FloatArray
    """Sum of the size of each element's force and of the loads at a point, (points, d)."""
    energy: tuple[FloatArray, ...]
    """Strain energy of each element of each block [J, or J/m], shape (elements,)."""
    work: float
    """Work of the stress on the whole strain, that of a change of temperature too [J, or J/m]."""
    rounding: FloatArray
    """Force that the rounding of the stored numbers alone may leave at a point, (points, 1)."""
    nothing: float
    """Force that a motion without strain leaves anywhere, by rounding alone [N, or N/m]."""
    local: FloatArray
    """Largest force before it cancels in the elements around a point, (points, 1).

    Each region counts by itself, the quietest that touches the point: the forces of a stiff part
    are no measure of a soft one that it touches.
    """

    @property
    def residual(self) -> FloatArray:
        """K u - f: what the surroundings must exert on each point [N, or N/m], (points, d)."""
        return self.internal - self.external

    @property
    def scale(self) -> float:
        """The largest force at a point before elements and loads cancel [N, or N/m]."""
        return float(self.activity.max())


Answer = tuple[FloatArray, FloatArray, FloatArray]
"""Of a block: forces at each element's nodes, its energy, and the work of its stress."""


def balance(solution: Solution, level: int = 0, *, faces: int | None = None) -> Balance:
    """Return the forces that the returned displacement makes under the formulation's law."""
    blocks = range(len(solution.fields.blocks))
    answers = [_answer(solution, index, level) for index in blocks]
    return gathered(solution, level, answers, faces=faces)


def _answer(solution: Solution, index: int, level: int) -> Answer:
    at, volume = volumes(solution, index, level)
    if solution.finite:
        return element_answer(solution, index, at, volume)
    u = solution.fields.displacement[solution.fields.blocks[index].nodes]
    eps = strain(at, u, axisymmetric=solution.axisymmetric)
    elastic = eps - thermal_strain(solution, index, at.x)
    weighted = (elastic @ solution.stiffness(index)) * volume[..., None]
    energy = np.asarray((weighted * elastic).sum(axis=(1, 2)) / 2, dtype=np.float64)
    work = np.asarray((weighted * eps).sum(axis=(1, 2)), dtype=np.float64)
    return element_forces(at, weighted, axisymmetric=solution.axisymmetric), energy, work


def gathered(
    solution: Solution, level: int, answers: list[Answer], *, faces: int | None = None
) -> Balance:
    """Return the balance of what every element answers, block by block, with the loads.

    Args:
        solution: What was returned.
        level: Of the quadrature rules.
        answers: Forces, energy and work of the elements of each block.
        faces: Of those on edges and faces, if they are of another level.
    """
    outer = level if faces is None else faces
    fields = solution.fields
    count = len(fields.points)
    internal = np.zeros_like(fields.points)
    by_region = np.zeros((len(solution.regions) + 1, *fields.points.shape))
    energy: list[FloatArray] = []
    power: list[FloatArray] = []
    for index, block in enumerate(fields.blocks):
        force, stored, work_done = answers[index]
        energy.append(stored)
        power.append(work_done)
        internal += _gather(block.nodes, force, count)
        for region in np.unique(solution.region[index]):
            rows = solution.region[index] == region
            by_region[region] += _gather(block.nodes[rows], np.abs(force[rows]), count)
    activity = by_region.sum(axis=0)
    external = np.zeros_like(fields.points)
    for load in solution.formulation.loads:
        inner = isinstance(load, BodyForce | TemperatureChange)
        share = solution.factor * _load(solution, load, level if inner else outer)
        external += share
        # A load on all regions counts in each; one at a point that a region lacks is not read.
        named = load.region if isinstance(load, BodyForce) else None
        by_region[slice(None) if named is None else solution.regions.index(named)] += np.abs(share)
    for spring in solution.formulation.springs:
        share = spring_force(solution, spring, outer)
        external += share
        by_region += np.abs(share)
    activity += np.abs(external)
    noise, nothing = _rounding(solution, activity)
    local = _local(solution, by_region)
    work = sum(float(part.sum()) for part in power)
    return Balance(internal, external, activity, tuple(energy), work, noise, nothing, local)


def _local(solution: Solution, by_region: FloatArray) -> FloatArray:
    """Return the largest force in the elements around each point, in its quietest region."""
    quietest = np.full(len(solution.fields.points), np.inf)
    for region, forces in enumerate(by_region[:-1]):
        around = np.full(len(quietest), -np.inf)
        for index, block in enumerate(solution.fields.blocks):
            nodes = block.nodes[solution.region[index] == region]
            largest = forces[nodes].max(axis=(1, 2), initial=0.0)
            np.maximum.at(around, nodes, largest[:, None])
        quietest = np.minimum(quietest, np.where(around < 0, np.inf, around))
    return np.where(np.isfinite(quietest), quietest, 0.0)[:, None]


def _rounding(solution: Solution, activity: FloatArray) -> tuple[FloatArray, float]:
    """Return what the rounding of displacement and coordinates may leave, at points and at all.

    The displacement is rounded against its own size near the point, a solver's against that of
    the body and what lies between; coordinates change strains by their rounding over an edge.
    """
    fields = solution.fields
    stiff, moved, size = (np.zeros(len(fields.points)) for _ in range(3))
    u = np.linalg.norm(fields.displacement, axis=1)
    for index, block in enumerate(fields.blocks):
        corners = fields.points[block.nodes]
        thickness = solution.thickness(corners[..., 0]).max(axis=1)
        stiffness = solution.stiffness(index).max(axis=(1, 2)) * thickness
        shortest = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1)
        for least, values in (
            (stiff, stiffness),
            (moved, u[block.nodes].max(axis=1)),
            (size, 1 / np.maximum(shortest, 1e-300)),
        ):
            np.maximum.at(least, block.nodes, values[:, None])
    largest = float(np.abs(fields.points).max())
    stiff += spring_at_points(solution)
    stored = stiff * moved + activity.max(axis=1) * largest * size
    solved = _SOLVER * np.sqrt(stiff * stiff.max()) * u.max()
    nothing = 10 * min(fields.rounding, 2e-11) * float(stiff.max() * u.max())
    return (10 * fields.rounding * stored + solved)[:, None], nothing


def volumes(solution: Solution, index: int, level: int) -> tuple[Samples, FloatArray]:
    """Return a block's quadrature points and what each counts for [m^3 or m^2], (elements, q)."""
    block = solution.fields.blocks[index]
    points, weights = quadrature(block.kind, level)
    at = samples(block.kind, solution.fields.points[block.nodes], points)
    return at, np.abs(at.jacobian) * weights * solution.thickness(at.x[..., 0])


def _gather(nodes: IntArray, values: FloatArray, count: int) -> FloatArray:
    flat = nodes.ravel()
    columns = [np.bincount(flat, values[..., c].ravel(), count) for c in range(values.shape[-1])]
    return np.stack(columns, axis=1).astype(np.float64)


def _load(solution: Solution, load: Load, level: int) -> FloatArray:
    match load:
        case Pressure() if solution.finite:
            return follower_force(solution, load, level)
        case Traction() | Pressure():
            if solution.formulation.dimension == 3:
                faces = solution.places[load.boundary].faces
                return face_force(solution.fields, faces, load, level)
            return _traction(solution, load, level)
        case PointForce():
            return point_force(solution, load)
        case BodyForce():
            return _body_force(solution, load, level)
        case TemperatureChange():  # it acts by a strain, not by a force
            return np.zeros_like(solution.fields.points)


def thermal_strain(
    solution: Solution, index: int, x: FloatArray, rows: slice = slice(None)
) -> FloatArray:
    """Return the strain that changes of temperature make where nothing holds a block's elements.

    Args:
        solution: The solution.
        index: Which block.
        x: Points of each element [m], shape (elements, points, d).
        rows: Which of the block's elements.

    Returns:
        Components as ``strain`` has them, shape (elements, points, 4 or 6).
    """
    eps = np.zeros((*x.shape[:2], 4 if x.shape[-1] == 2 else 6))
    for load in solution.formulation.loads:
        if isinstance(load, TemperatureChange):
            inside = solution.inside(index, load.region)[rows]
            change = np.where(inside[:, None], value_at(load.change, x), 0.0)
            eps += solution.expansion(index)[rows, None] * change[..., None]
    return eps


def _body_force(solution: Solution, load: BodyForce, level: int) -> FloatArray:
    count = len(solution.fields.points)
    total = np.zeros_like(solution.fields.points)
    values = (load.x, load.y, load.z)[: total.shape[1]]
    for index, block in enumerate(solution.fields.blocks):
        at, volume = volumes(solution, index, level)
        weight = volume * solution.inside(index, load.region)[:, None]
        force = [(weight * value_at(value, at.x)) @ at.N for value in values]
        total += _gather(block.nodes, np.stack(force, axis=-1), count)
    return total


def _traction(solution: Solution, load: Traction | Pressure, level: int) -> FloatArray:
    edges = solution.places[load.boundary].edges
    total = np.zeros_like(solution.fields.points)
    for quadratic in (False, True):
        chosen = edges[(edges[:, 2] >= 0) == quadratic][:, : 3 if quadratic else 2]
        s, w = gauss_rule(4 + level)
        N, dN = edge_shape(quadratic, s)
        coordinates = solution.fields.points[chosen]
        along, x = dN @ coordinates, N @ coordinates
        speed = np.linalg.norm(along, axis=-1)
        if isinstance(load, Pressure):
            # The element lies on the left of its edge, so the inward normal is to the left.
            inward = np.stack([-along[..., 1], along[..., 0]], axis=-1) / speed[..., None]
            acting = inward * value_at(load.value, x)[..., None]
        else:
            acting = np.stack([value_at(value, x) for value in (load.x, load.y)], axis=-1)
        area = (w * speed * solution.thickness(x[..., 0]))[..., None] * acting
        total += _gather(chosen, np.einsum("qk,mqd->mkd", N, area), len(total))
    return total


@dataclass(frozen=True, eq=False)
class Stresses:
    """The stress that a returned displacement makes, at points of every element of a block."""

    at_nodes: FloatArray
    """Components as ``COLUMNS`` has them at the element's own nodes [Pa], (elements, nodes, c).

    There are c = 4 in the plane and 6 in space."""
    at_points: FloatArray
    """The same at its usual quadrature points, shape (elements, points, c)."""
    area: FloatArray
    """Of each element [m^2], in space its volume [m^3], shape (elements,)."""

    @property
    def all(self) -> FloatArray:
        """At nodes and points, shape (elements, nodes + points, c)."""
        return np.concatenate([self.at_nodes, self.at_points], axis=1)


def stresses(solution: Solution) -> tuple[Stresses, ...]:
    """Return the stress of the law in every element, block by block."""
    return tuple(_block_stresses(solution, i) for i in range(len(solution.fields.blocks)))


def small_strains(solution: Solution) -> tuple[Stresses, ...]:
    """Return the small strain in every element, block by block, with eps_xy in place of gamma_xy.

    The place of a stress [Pa] has the strain [-].
    """
    found: list[Stresses] = []
    for index in range(len(solution.fields.blocks)):
        eps, at, count = _block_strain(solution, index)
        eps[..., 3:] /= 2
        found.append(_apart(eps, at, count, solution.fields.blocks[index].kind))
    return tuple(found)


def _block_stresses(solution: Solution, index: int) -> Stresses:
    eps, at, count = _block_strain(solution, index)
    if solution.finite:
        sigma = cauchy_stress(solution, index, at)
    else:
        sigma = (eps - thermal_strain(solution, index, at.x)) @ solution.stiffness(index)
    return _apart(sigma, at, count, solution.fields.blocks[index].kind)


def _block_strain(solution: Solution, index: int) -> tuple[FloatArray, Samples, int]:
    """Return the strain at the nodes and points of a block, those, and how many are nodes."""
    fields = solution.fields
    block = fields.blocks[index]
    reference = reference_nodes(block.kind)
    points = np.concatenate([reference, quadrature(block.kind, 0)[0]])
    at = samples(block.kind, fields.points[block.nodes], points)
    u = fields.displacement[block.nodes]
    return strain(at, u, axisymmetric=solution.axisymmetric), at, len(reference)


def _apart(values: FloatArray, at: Samples, count: int, kind: ElementKind) -> Stresses:
    area = np.abs(at.jacobian[:, count:]) @ quadrature(kind, 0)[1]
    return Stresses(values[:, :count], values[:, count:], area)
