"""Forces of tractions and pressures on the faces of a solid's mesh.

    f = integral N^T t dS,    t = -p n under a pressure p, n out of the body

References:
    Zienkiewicz, Taylor, The Finite Element Method (2000), volume 1, chapter 2.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mechagents.mechanics.formulas import value_at
from mechagents.mechanics.formulation import Pressure, Traction
from mechagents.verification.elements import FloatArray, IntArray
from mechagents.verification.fields import Fields
from mechagents.verification.skin import face_samples


def face_force(
    fields: Fields,
    faces: IntArray,
    load: Traction | Pressure,
    level: int = 0,
    *,
    follows: bool = False,
) -> FloatArray:
    """Return the force that a load on faces puts on each point [N], shape (points, 3).

    Args:
        fields: The mesh.
        faces: Where it acts, seen from outside, shape (faces, 9).
        load: A traction or a pressure; its value is read on the faces before deformation.
        level: Which quadrature rule.
        follows: Whether normals and areas are those of the faces as the displacement has put them.
    """
    total = np.zeros_like(fields.points)
    count = len(total)
    moved = replace(fields, points=fields.points + follows * fields.displacement)
    for part in face_samples(moved, faces, level):
        x = part.N @ fields.points[part.nodes]
        if isinstance(load, Pressure):
            acting = -part.area * value_at(load.value, x)[..., None]
        else:
            values = [value_at(value, x) for value in (load.x, load.y, load.z)]
            acting = np.linalg.norm(part.area, axis=-1)[..., None] * np.stack(values, axis=-1)
        force = np.einsum("qk,mqx->mkx", part.N, acting)
        flat = part.nodes.ravel()
        for axis in range(3):
            total[:, axis] += np.bincount(flat, force[..., axis].ravel(), count)
    return total
