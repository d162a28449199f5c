"""Solids in OpenCascade for tests, in millimetres."""

from __future__ import annotations

from netgen.occ import (
    Box,
    Cylinder,
    Edge,
    Face,
    Glue,
    Pnt,
    Segment,
    Sphere,
    TopoDS_Shape,
    Vec,
    Wire,
    X,
    Z,
)


def bracket() -> TopoDS_Shape:
    """Return an angle with a fillet and four holes, some of its faces named."""
    angle = Box(Pnt(0, 0, 0), Pnt(80, 60, 10)) + Box(Pnt(0, 0, 0), Pnt(10, 60, 50))
    inner = [e for e in angle.edges if _is_at(e, 10.0, 10.0)]
    solid = angle.MakeFillet(inner, 6)
    for y in (15, 45):
        solid = solid - Cylinder(Pnt(60, y, 0), Z, 5, 10)
    for y in (20, 40):
        solid = solid - Cylinder(Pnt(0, y, 35), X, 4, 10)
    for face in solid.faces:
        low, high = face.bounding_box
        if high.z < 1e-3:
            face.name = "base"
        if low.x > 79.99:
            face.name = "front edge"
        if low.x > 54.9 and high.x < 65.1 and high.y < 30:
            face.name = "right bolt"
    return solid


def _is_at(edge: Edge, x: float, z: float) -> bool:
    low, high = edge.bounding_box
    return max(abs(low.x - x), abs(high.x - x), abs(low.z - z), abs(high.z - z)) < 1e-3


def stepped_shaft() -> TopoDS_Shape:
    return Cylinder(Pnt(0, 0, 0), X, 10, 50) + Cylinder(Pnt(50, 0, 0), X, 6, 40)


def crossed() -> TopoDS_Shape:
    """Return a block whose holes along z and x cross, the first counterbored."""
    block = Box(Pnt(0, 0, 0), Pnt(40, 30, 20)) - Cylinder(Pnt(20, 15, 0), Z, 4, 20)
    return block - Cylinder(Pnt(20, 15, 12), Z, 8, 8) - Cylinder(Pnt(0, 15, 6), X, 3, 40)


def two_blocks() -> TopoDS_Shape:
    """Return two blocks that share a face, named."""
    glued = Glue([Box(Pnt(0, 0, 0), Pnt(10, 10, 10)), Box(Pnt(10, 0, 0), Pnt(30, 10, 10))])
    for solid, name in zip(glued.solids, ("near", "far part"), strict=True):
        solid.name = name
    return glued


def ball() -> TopoDS_Shape:
    return Sphere(Pnt(0, 0, 0), 10)


def leaning() -> TopoDS_Shape:
    """Return a prism that leans: its sections are alike, but not above one another."""
    corners = [Pnt(0, 0, 0), Pnt(10, 0, 0), Pnt(10, 10, 0), Pnt(0, 10, 0)]
    ends = zip(corners, corners[1:] + corners[:1], strict=True)
    return Face(Wire([Segment(a, b) for a, b in ends])).Extrude(Vec(5, 5, 20))


def drilled_shaft() -> TopoDS_Shape:
    """Return a shaft with a hole across it, which ends in no flat face."""
    return Cylinder(Pnt(0, 0, 0), Z, 20, 60) - Cylinder(Pnt(-30, 0, 30), X, 4, 60)
