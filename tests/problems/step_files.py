"""STEP files written for tests, in millimetres."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from netgen.occ import (
    ArcOfCircle,
    Box,
    Face,
    Glue,
    Pnt,
    Segment,
    SplineApproximation,
    TopoDS_Shape,
    Wire,
    WorkPlane,
)

MILLIMETRE = "SI_UNIT(.MILLI.,.METRE.)"


def written(shape: TopoDS_Shape, folder: Path, units: Callable[[str], str] = str) -> bytes:
    """Return the STEP file of a shape, its text changed by ``units``."""
    path = folder / "shape.step"
    shape.WriteStep(str(path))
    return units(path.read_text(encoding="latin-1")).encode("latin-1")


def in_metres(text: str) -> str:
    assert MILLIMETRE in text
    return text.replace(MILLIMETRE, "SI_UNIT($,.METRE.)")


def in_inches(text: str) -> str:
    old = "( LENGTH_UNIT() NAMED_UNIT(*) SI_UNIT(.MILLI.,.METRE.) );"
    assert text.count(old) == 1
    inch = "( CONVERSION_BASED_UNIT('INCH',#9002) LENGTH_UNIT() NAMED_UNIT(#9001) );"
    return text.replace(
        old,
        f"{inch}\n#9001 = DIMENSIONAL_EXPONENTS(1.,0.,0.,0.,0.,0.,0.);\n"
        f"#9002 = LENGTH_MEASURE_WITH_UNIT(LENGTH_MEASURE(25.4),#9003);\n#9003 = {old}",
    )


def without_unit(text: str) -> str:
    return text.replace("( LENGTH_UNIT() NAMED_UNIT(*) SI_UNIT(.MILLI.,.METRE.) )", "('')")


def tab() -> TopoDS_Shape:
    """Return a face 100 mm by 40 mm with a half disk at its right end, its edges named."""
    edges = {
        "bottom": Segment(Pnt(0, 0, 0), Pnt(100, 0, 0)),
        "round end": ArcOfCircle(Pnt(100, 0, 0), Pnt(120, 20, 0), Pnt(100, 40, 0)),
        "top": Segment(Pnt(100, 40, 0), Pnt(0, 40, 0)),
        "left": Segment(Pnt(0, 40, 0), Pnt(0, 0, 0)),
    }
    face = Face(Wire(list(edges.values())))
    face.name = "tab"
    for edge, name in zip(face.edges, edges, strict=True):
        edge.name = name
    return face


def two_with_a_hole() -> TopoDS_Shape:
    """Return two squares of 10 mm side by side, named, the right one with a hole."""
    left = WorkPlane().Rectangle(10, 10).Face()
    right = WorkPlane().MoveTo(10, 0).Rectangle(10, 10).Face()
    right = right - WorkPlane().Circle(15, 5, 2).Face()
    for shape, name in ((left, "left"), (right, "right part")):
        for face in shape.faces:
            face.name = name
    return Glue([left, right])


def block() -> TopoDS_Shape:
    return Box(Pnt(0, 0, 0), Pnt(10, 10, 10))


def upright() -> TopoDS_Shape:
    """Return a face in the plane y = 0."""
    corners = [Pnt(0, 0, 0), Pnt(10, 0, 0), Pnt(10, 0, 5), Pnt(0, 0, 5)]
    return Face(
        Wire([Segment(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)])
    )


def outline_only() -> TopoDS_Shape:
    return Wire([Segment(Pnt(0, 0, 0), Pnt(1, 0, 0)), Segment(Pnt(1, 0, 0), Pnt(1, 1, 0))])


def with_a_spline() -> TopoDS_Shape:
    top = SplineApproximation([Pnt(2, 0, 0), Pnt(1, 0.3, 0), Pnt(0, 0, 0)])
    sides = [Segment(Pnt(0, 0, 0), Pnt(0, -1, 0)), Segment(Pnt(0, -1, 0), Pnt(2, 0, 0))]
    return Face(Wire([top, *sides]))
