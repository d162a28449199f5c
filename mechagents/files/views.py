"""A result as the pictures of a report: the mesh, the body deformed, the stress that is wanted."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import chain

import numpy as np

from mechagents.errors import UsageError
from mechagents.files.drawable import drawable, drawable_stress
from mechagents.files.drawing_picture import drawing_png
from mechagents.files.mesh_picture import draw_mesh
from mechagents.files.solved import Solved
from mechagents.kit.evaluate import component
from mechagents.kit.pictures import AXISYMMETRIC_TITLES, FRACTION, TITLES, draw
from mechagents.mechanics.formulation import WantedStress
from mechagents.mechanics.meshing import Mesh
from mechagents.report.drawing import draw as draw_body
from mechagents.verification.elements import ElementKind, FloatArray, reference_nodes

MOST_ELEMENTS = 200_000
"""A larger mesh takes too long to draw."""
FARTHEST = 1e100
"""Beyond it the square of a length is no number any more [m]."""
PRINT_DPI = 300
MILLIMETRES = 25.4
"""In an inch."""
_PRINCIPAL = {
    "max_principal": "Largest principal stress", "min_principal": "Smallest principal stress",
}  # fmt: skip
_ONE_AT_A_TIME = threading.Lock()
"""matplotlib's fonts and formulas are not made for two threads."""


@dataclass(frozen=True, eq=False)
class View:
    """A picture of a result, not drawn yet."""

    name: str
    """``mesh``, ``displacement``, ``stress_xy``, ``mode_1`` …"""
    title: str
    caption: str
    mesh: Mesh
    elements: int
    values: FloatArray | None
    """None for the mesh alone."""
    unit: str = ""
    displacement: FloatArray | None = None
    axes: str = "xy"

    def png(self, width: float, dpi: int) -> bytes:
        """Return it as a PNG that says how many points it has to an inch.

        Args:
            width: [inch].
            dpi: Points per inch.
        """
        file = BytesIO()
        with _ONE_AT_A_TIME:
            if self.values is None:
                draw_mesh(self.mesh, file, self.title, self.axes, width=width, dpi=dpi)
            else:
                draw(
                    self.mesh, self.values, file, title=self.title, unit=self.unit,
                    displacement=self.displacement, axes=self.axes, width=width, dpi=dpi,
                )  # fmt: skip
        return file.getvalue()


def print_pictures(
    solved: Solved, width: float, dpi: int = PRINT_DPI
) -> Iterator[tuple[str, bytes]]:
    """Yield the drawing of the body, then every view of a result, as PNGs with their names.

    Args:
        solved: The result.
        width: Of every picture [mm].
        dpi: Points per inch, which the files state.

    Raises:
        UsageError: If the mesh cannot be drawn.
    """
    inches = math.ceil(width / MILLIMETRES * dpi - 1e-9) / dpi
    try:
        shown = views(solved)
    except ValueError as error:
        raise UsageError(str(error), where="--to png") from error
    drawn = draw_body(solved.formulation)
    if drawn:
        with _ONE_AT_A_TIME:
            told = drawing_png(drawn, inches, dpi)
        yield "drawing", told
    for view in shown:
        yield view.name, view.png(inches, dpi)


def views(solved: Solved) -> list[View]:
    """Return the pictures of a result: its mesh, and its displacement, stresses or modes.

    The stresses are those that are wanted as a number or a picture, and the von Mises stress.

    Raises:
        ValueError: If the mesh is of elements that cannot be drawn, has too many, or no size.
    """
    elements = solved.solution.fields.elements
    if elements > MOST_ELEMENTS:
        raise ValueError(f"a mesh of {elements:,} elements is too large to be drawn")
    points, u = solved.solution.fields.points, solved.solution.fields.displacement
    reach = max(float(np.abs(points).max()), float(np.abs(u).max()))
    if reach > FARTHEST or np.ptp(points, axis=0).max() < 1 / FARTHEST:
        raise ValueError("a mesh without a size, or one that reaches too far, cannot be drawn")
    mesh = drawable(solved.solution)
    found = _Views(solved, mesh)
    fields = chain(found.displacements(), found.stresses()) if solved.loaded else iter(())
    return [found.of_mesh(), *fields, *found.modes()]


@dataclass(frozen=True, eq=False)
class _Views:
    solved: Solved
    mesh: Mesh

    @property
    def _axes(self) -> str:
        return "rz" if self.solved.formulation.idealisation == "axisymmetric" else "xy"

    def _titles(self) -> dict[str, str]:
        round_axis = self._axes == "rz"
        return {**TITLES, **_PRINCIPAL, **(AXISYMMETRIC_TITLES if round_axis else {})}

    def _view(
        self, name: str, title: str, caption: str, values: FloatArray | None, unit: str = "",
        displacement: FloatArray | None = None,
    ) -> View:  # fmt: skip
        elements = self.solved.solution.fields.elements
        return View(
            name, title, caption, self.mesh, elements, values, unit, displacement, self._axes
        )

    def of_mesh(self) -> View:
        fields = self.solved.solution.fields
        kinds = ", ".join(f"{len(block):,} {_elements(block.kind)}" for block in fields.blocks)
        told = f"Mesh: {kinds}; {len(fields.points):,} nodes"
        return self._view("mesh", told, f"{told}.", None)

    def displacements(self) -> Iterator[View]:
        """Yield the size of the displacement, and the components whose pictures are wanted."""
        pictures = self.solved.formulation.pictures
        wanted = [one.field for one in pictures if one.mode is None]
        u = self.solved.solution.fields.displacement
        for name in dict.fromkeys(["displacement", *wanted]):
            if name.startswith("displacement"):
                part = name.removeprefix("displacement").lstrip("_") or "magnitude"
                title = self._titles()[name]
                yield self._view(name, title, self._caption(title), component(u, part), "m", u)

    def stresses(self) -> Iterator[View]:
        """Yield the stresses that are wanted as a picture or a number, and von Mises."""
        f = self.solved.formulation
        pictures = [one.field for one in f.pictures if one.mode is None]
        located = [one for one in f.wanted if isinstance(one, WantedStress)]
        numbers = [_stress_name(one.component) for one in located]
        names = dict.fromkeys([*pictures, *numbers, "von_mises"])
        stress, u = drawable_stress(self.solved), self.solved.solution.fields.displacement
        for name in names:
            if not name.startswith("displacement"):
                title, values = (
                    self._titles()[name],
                    component(stress, name.removeprefix("stress_")),
                )
                yield self._view(name, title, self._caption(title), values, "Pa", u)

    def modes(self) -> Iterator[View]:
        fields = self.solved.solution.fields
        for number, mode in enumerate(fields.modes, start=1):
            shape = mode / max(float(np.linalg.norm(mode, axis=1).max()), 1e-300)
            moved = FRACTION * fields.size * shape
            title = f"Mode {number}: displacement magnitude"
            told = f"Mode {number}, its largest displacement taken as 1."
            values = component(shape, "magnitude")
            yield self._view(f"mode_{number}", title, told, values, "", moved)

    def _caption(self, title: str) -> str:
        f = self.solved.formulation
        told = _plain(title)
        if f.analysis == "transient":
            told += f", at the end ({f.end_time:g} s)"
        if title.startswith("Displacement") or "displacement" in title:
            dashed = "" if f.dimension == 3 else "; dashed: before"
            return f"{told}, on the deformed body{dashed}."
        return f"{told}: what the material's law makes of the checked displacement."


def _stress_name(part: str) -> str:
    return f"stress_{part}" if len(part) == 2 else part


def _elements(kind: ElementKind) -> str:
    """Return elements as words: ``triangle6`` becomes 6-node triangles."""
    names = {"triangle": "triangles", "quad": "quadrilaterals", "tetra": "tetrahedra",
             "hexahedron": "hexahedra", "wedge": "wedges"}  # fmt: skip
    return f"{len(reference_nodes(kind))}-node {names[kind.rstrip('0123456789')]}"


def _plain(title: str) -> str:
    r"""Return a title without its formula's marks: ``$\sigma_{xx}$`` becomes σ_xx."""
    greek = {r"\sigma": "σ", r"\tau": "τ", r"\theta": "θ"}
    for name, letter in greek.items():
        title = title.replace(name, letter)
    return title.translate({ord(c): None for c in "${}"})
