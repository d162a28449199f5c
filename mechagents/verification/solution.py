"""A returned solution laid over the formulation: regions, boundaries and constraints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import AXES
from mechagents.mechanics.shapes import outline
from mechagents.verification.constitutive import elasticity_matrix, thermal_expansion
from mechagents.verification.edges import NO_EDGES, Edges, Place, on_axis, outer_edges, place
from mechagents.verification.elements import (
    BoolArray,
    FloatArray,
    IntArray,
    quadrature,
    reference_middle,
    shape_functions,
)
from mechagents.verification.fields import Block, Fields
from mechagents.verification.history import History
from mechagents.verification.outlines import Outline
from mechagents.verification.places import space_places
from mechagents.verification.skin import NO_SKIN, Skin, skin_of
from mechagents.verification.solid_regions import element_regions


@dataclass(frozen=True, eq=False)
class Solution:
    """What a program returned, with what the formulation says about each part of it."""

    formulation: Formulation
    fields: Fields
    region: tuple[IntArray, ...]
    """For each block, the index of each element's region, or -1 outside all; (elements,)."""
    edges: Edges
    places: dict[str, Place]
    """Each named boundary on the mesh."""
    factor: float = 1.0
    """What loads and prescribed displacements are multiplied by."""
    history: History | None = None
    """The steps of the load path, where the stress depends on it."""
    skin: Skin = NO_SKIN
    """The faces of a solid's mesh; a mesh of the plane has none."""

    @classmethod
    def of(cls, formulation: Formulation, fields: Fields) -> Solution:
        """Return a solution with its elements assigned to regions and edges to boundaries."""
        if formulation.dimension == 3:
            return cls._of_solid(formulation, fields)
        edges = outer_edges(fields)
        named = formulation.geometry.outline_parts
        places = {name: place(fields, edges, boundary) for name, boundary in named.items()}
        region = _regions(formulation, fields)
        return cls(formulation, fields, region, edges, places, formulation.load_path[-1])

    @classmethod
    def _of_solid(cls, formulation: Formulation, fields: Fields) -> Solution:
        """Return a solution with its elements assigned to regions and faces to boundaries."""
        skin, geometry = skin_of(fields), formulation.geometry
        places, region = space_places(fields, skin, geometry), element_regions(geometry, fields)
        factor = formulation.load_path[-1]
        return cls(formulation, fields, region, NO_EDGES, places, factor, skin=skin)

    @property
    def axisymmetric(self) -> bool:
        """Whether x is a radius."""
        return self.formulation.idealisation == "axisymmetric"

    @property
    def finite(self) -> bool:
        """Whether the deformation is finite."""
        return self.formulation.analysis == "static_finite"

    def stiffness(self, block: int) -> FloatArray:
        """Return D [Pa] for each element of a block, shape (elements, 4, 4); 0 outside.

        In space it is (elements, 6, 6).
        """
        f = self.formulation
        matrices = [elasticity_matrix(f.materials[name], f.idealisation) for name in self.regions]
        return np.stack([*matrices, np.zeros_like(matrices[0])])[self.region[block]]

    def expansion(self, block: int) -> FloatArray:
        """Return the strain that a kelvin makes in each element of a block, (elements, 4 or 6)."""
        f = self.formulation
        values = [thermal_expansion(f.materials[name], f.idealisation) for name in self.regions]
        return np.stack([*values, np.zeros_like(values[0])])[self.region[block]]

    def density(self, block: int) -> FloatArray:
        """Return the density [kg/m^3] of each element of a block, 0 where none is given."""
        materials = self.formulation.materials
        values = [materials[name].density or 0.0 for name in self.regions]
        return np.array([*values, 0.0])[self.region[block]]

    @property
    def regions(self) -> tuple[str, ...]:
        """The names of the regions, in the order of their indices."""
        return tuple(self.formulation.geometry.regions)

    def inside(self, block: int, region: str | None) -> BoolArray:
        """Return which elements of a block are in a region, or all for None; (elements,)."""
        index = self.region[block]
        return index >= -1 if region is None else index == self.regions.index(region)

    @property
    def free(self) -> BoolArray:
        """Which displacement components no support prescribes, shape (points, d).

        The radial displacement on the axis of an axisymmetric body is not free either.
        """
        free = np.ones(self.fields.points.shape, dtype=np.bool_)
        for support in self.formulation.supports:
            for axis in support.components:
                free[self.places[support.boundary].nodes, AXES.index(axis)] = False
        if self.axisymmetric:
            free[on_axis(self.fields), 0] = False
        return free

    def thickness(self, x: FloatArray) -> FloatArray:
        """Return what an area or a length at x [m] counts for: 2 pi r, or the thickness [m].

        In space it is 1: volumes and areas count for themselves.
        """
        if self.axisymmetric:
            return np.asarray(2 * np.pi * x, dtype=np.float64)
        return np.full_like(x, self.formulation.thickness or 1.0)


def _regions(formulation: Formulation, fields: Fields) -> tuple[IntArray, ...]:
    outlines = [Outline.of(outline(shape)) for shape in formulation.geometry.regions.values()]
    return tuple(_region_of(outlines, middles(fields, block)) for block in fields.blocks)


def middles(fields: Fields, block: Block) -> FloatArray:
    """Return the point in the middle of each element [m], shape (elements, d)."""
    N = shape_functions(block.kind, reference_middle(block.kind))[0]
    found: FloatArray = N @ fields.points[block.nodes]
    return found


def sample_regions(formulation: Formulation, fields: Fields, block: Block) -> IntArray:
    """Return the region of each usual quadrature point, shape (elements, q); -1 outside."""
    outlines = [Outline.of(outline(shape)) for shape in formulation.geometry.regions.values()]
    N = shape_functions(block.kind, quadrature(block.kind, 0)[0])
    points = np.einsum("qk,mkx->mqx", N, fields.points[block.nodes])
    return _region_of(outlines, points.reshape(-1, 2)).reshape(points.shape[:2])


def _region_of(outlines: list[Outline], points: FloatArray) -> IntArray:
    found = np.full(len(points), -1, dtype=np.int64)
    for index, shape in enumerate(outlines):
        found[(found < 0) & shape.contains(points)] = index
    return found
