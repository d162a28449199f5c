"""Edges and vertices on a solid's surface where named boundaries end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netgen.occ import TopoDS_Shape

from mechagents.mechanics.geometry import Geometry

if TYPE_CHECKING:
    from mechagents.mechanics.occ_solids import SpaceFrame


def imprinted(
    shape: TopoDS_Shape, geometry: Geometry, frame: SpaceFrame, near: float
) -> TopoDS_Shape:
    return shape
