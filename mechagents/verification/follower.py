"""Forces of a pressure that follows a surface: on the edges where the displacement has put them.

    f = integral of p m N w ds,   m the normal into the body, ds along the edge as it is deformed

with w = 2 pi (r + u_r), or the thickness, in plane stress as the stretch across has changed it; in
space over the faces as they are deformed. Written on the deformed edges and faces, apart from
Nanson's formula by which programs have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from mechagents.mechanics.formulas import value_at
from mechagents.mechanics.hyperelastic import Hyperelastic
from mechagents.verification.elements import (
    FloatArray,
    IntArray,
    edge_shape,
    gauss_rule,
    local_edges,
    reference_nodes,
    shape_gradients,
)
from mechagents.verification.face_loads import face_force
from mechagents.verification.hyperelastic import stretched_across

if TYPE_CHECKING:
    from mechagents.mechanics.formulation import Pressure
    from mechagents.verification.solution import Solution


def follower_force(solution: Solution, load: Pressure, level: int) -> FloatArray:
    """Return the force of a pressure at each point [N or N/m], shape (points, d).

    Args:
        solution: With the displacement that moves edges and faces.
        load: Its value is read where they were before deformation.
        level: Of the quadrature rule.
    """
    if solution.formulation.dimension == 3:
        faces = solution.places[load.boundary].faces
        return face_force(solution.fields, faces, load, level, follows=True)
    edges = solution.places[load.boundary].edges
    before = solution.fields.points
    after = before + solution.fields.displacement
    total = np.zeros_like(before)
    for quadratic in (False, True):
        chosen = edges[(edges[:, 2] >= 0) == quadratic][:, : 3 if quadratic else 2]
        if not len(chosen):
            continue
        s, w = gauss_rule(4 + level)
        N, dN = edge_shape(quadratic, s)
        along, x = dN @ after[chosen], N @ after[chosen]
        # The element lies on the left of its edge, so the normal into it is to the left.
        inward = np.stack([-along[..., 1], along[..., 0]], axis=-1)
        size = value_at(load.value, N @ before[chosen]) * w * solution.thickness(x[..., 0])
        if solution.formulation.idealisation == "plane_stress":
            size *= _stretch(solution, chosen, s)
        force = np.einsum("qk,mq,mqd->mkd", N, size, inward)
        np.add.at(total, chosen, force)
    return total


def _stretch(solution: Solution, edges: IntArray, s: FloatArray) -> FloatArray:
    """Return the stretch across a body in plane stress at points of edges, (edges, points).

    Args:
        solution: The solution.
        edges: Their two ends first.
        s: Where on an edge, from -1 to 1, shape (points,).
    """
    found = np.ones((len(edges), len(s)))
    count = len(solution.fields.points)
    wanted = edges[:, 0] * count + edges[:, 1]
    for index, block in enumerate(solution.fields.blocks):
        corners = reference_nodes(block.kind)
        for a, b in local_edges(block.kind)[:, :2]:
            for first, last in ((a, b), (b, a)):
                keys = block.nodes[:, first] * count + block.nodes[:, last]
                _, rows, here = np.intersect1d(keys, wanted, return_indices=True)
                share = (s[:, None] + 1) / 2
                at = corners[first] + share * (corners[last] - corners[first])
                found[here] = _stretch_in(solution, index, rows, at)
    return found


def _stretch_in(solution: Solution, index: int, rows: IntArray, at: FloatArray) -> FloatArray:
    """Return the stretch across in some elements of a block at reference points (points, 2)."""
    block = solution.fields.blocks[index]
    nodes, dN = block.nodes[rows], shape_gradients(block.kind, at)
    dx = np.einsum("qka,mkd->mqda", dN, solution.fields.points[nodes])
    du = np.einsum("qka,mkd->mqda", dN, solution.fields.displacement[nodes])
    F = np.zeros((len(rows), len(at), 3, 3)) + np.eye(3)
    F[..., :2, :2] += du @ np.linalg.inv(dx)
    materials, region = solution.formulation.materials, solution.region[index][rows]
    for number, name in enumerate(solution.regions):
        here = region == number
        F[here] = stretched_across(cast("Hyperelastic", materials[name]), F[here])
    return np.asarray(F[..., 2, 2], dtype=np.float64)
