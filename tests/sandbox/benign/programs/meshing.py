"""Netgen meshes a plate with a hole; meshio writes it in three formats and reads it again."""

import meshio
import numpy as np
from netgen.geom2d import SplineGeometry

geometry = SplineGeometry()
geometry.AddRectangle((0, 0), (2, 1), bcs=["bottom", "right", "top", "left"])
geometry.AddCircle((1, 0.5), 0.2, leftdomain=0, rightdomain=1, bc="hole")
mesh = geometry.GenerateMesh(maxh=0.05)
points = np.array([[p[0], p[1], 0.0] for p in mesh.Points()])
cells = np.array([[v.nr - 1 for v in element.vertices] for element in mesh.Elements2D()])
assert len(cells) > 500
mesh.Save("plate.vol")
a, b, c = (points[cells[:, i]] for i in range(3))
area = 0.5 * np.abs(np.cross(b - a, c - a)[:, 2]).sum()
assert abs(area - (2 - np.pi * 0.04)) < 5e-3, area
for name in ("plate.vtu", "plate.msh", "plate.vtk"):
    meshio.write_points_cells(name, points, [("triangle", cells)])
    assert len(meshio.read(name).cells[0].data) == len(cells)
print("fine")
