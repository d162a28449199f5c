"""Forces of springs, and forces at points, on a returned mesh."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mechagents.mechanics.formulation import PointForce
from mechagents.mechanics.geometry import AXES, Axis
from mechagents.mechanics.springs import Foundation, Spring
from mechagents.verification.elements import FloatArray, IntArray, edge_shape, gauss_rule
from mechagents.verification.skin import face_samples
from mechagents.verification.solution import Solution


def point_force(solution: Solution, load: PointForce) -> FloatArray:
    """Return a force at a point [N, or N/m], shape (points, components)."""
    found = np.zeros_like(solution.fields.points)
    nodes = solution.places[load.boundary].nodes
    found[nodes] = [getattr(load, axis) for axis in solution.formulation.axes]
    return found


def spring_force(solution: Solution, spring: Spring, level: int = 0) -> FloatArray:
    """Return what a spring exerts on each point [N, or N/m], shape (points, components).

    It is -k u at a point, and the integral of -N k u over an edge or a face.
    """
    u = solution.fields.displacement
    found = np.zeros_like(u)
    for nodes, matrix in _matrices(solution, spring, level):
        for axis, stiffness in spring.components.items():
            column = AXES.index(axis)
            force = -stiffness * np.einsum("mkl,ml->mk", matrix, u[nodes][..., column])
            np.add.at(found[:, column], nodes, force)
    return found


def spring_total(solution: Solution, boundary: str, axis: Axis) -> float:
    """Return the force that the springs on a boundary exert on the body [N, or N/m]."""
    springs = [s for s in solution.formulation.springs if s.boundary == boundary]
    column = AXES.index(axis)
    return sum(float(spring_force(solution, spring)[:, column].sum()) for spring in springs)


def spring_stiffness(solution: Solution, level: int = 0) -> tuple[FloatArray, IntArray, IntArray]:
    """Return the matrix of all springs as values, rows and columns of (point, component)."""
    values, rows, columns = [np.zeros(0)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    dimension = solution.fields.points.shape[1]
    for spring in solution.formulation.springs:
        for nodes, matrix in _matrices(solution, spring, level):
            for axis, stiffness in spring.components.items():
                dofs = dimension * nodes + AXES.index(axis)
                row, column = np.broadcast_arrays(dofs[:, :, None], dofs[:, None, :])
                values.append(stiffness * matrix.ravel())
                rows.append(row.ravel())
                columns.append(column.ravel())
    return np.concatenate(values), np.concatenate(rows), np.concatenate(columns)


def spring_at_points(solution: Solution) -> FloatArray:
    """Return how stiff the springs are at each point [N/m, or N/m^2], shape (points,)."""
    values, rows, _ = spring_stiffness(solution)
    dimension = solution.fields.points.shape[1]
    count = len(solution.fields.points)
    return np.asarray(np.bincount(rows // dimension, np.abs(values), count), dtype=np.float64)


def _matrices(
    solution: Solution, spring: Spring, level: int
) -> Iterator[tuple[IntArray, FloatArray]]:
    """Yield nodes (m, k) and integrals of N_k N_l over their edge or face, shape (m, k, k)."""
    place = solution.places[spring.boundary]
    if not isinstance(spring, Foundation):
        yield place.nodes[:, None], np.ones((len(place.nodes), 1, 1))
        return
    for part in face_samples(solution.fields, place.faces, level):
        area = np.linalg.norm(part.area, axis=-1)
        yield part.nodes, np.einsum("mq,qk,ql->mkl", area, part.N, part.N)
    for quadratic in (False, True):
        nodes = place.edges[(place.edges[:, 2] >= 0) == quadratic][:, : 3 if quadratic else 2]
        s, w = gauss_rule(4 + level)
        N, dN = edge_shape(quadratic, s)
        coordinates = solution.fields.points[nodes]
        speed = np.linalg.norm(dN @ coordinates, axis=-1)
        length = w * speed * solution.thickness((N @ coordinates)[..., 0])
        yield nodes, np.einsum("mq,qk,ql->mkl", length, N, N)
