"""A result as the pictures of a report: the mesh, the body deformed, the stress that is wanted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np

from mechagents.errors import UsageError
from mechagents.files.drawable import drawable, drawable_tensor
from mechagents.files.drawing_picture import drawing_png
from mechagents.files.mesh_picture import ONE_AT_A_TIME, draw_mesh
from mechagents.files.over_time import Curves, curves
from mechagents.files.solved import Solved
from mechagents.kit.evaluate import component
from mechagents.kit.pictures import AXISYMMETRIC_TITLES, FRACTION, TITLES, Mark, deformed, draw
from mechagents.mechanics.formulation import WantedStrain, WantedStress
from mechagents.mechanics.meshing import Mesh
from mechagents.report.drawing import draw as draw_body
from mechagents.report.text import one_line
from mechagents.verification.assembly import small_strains
from mechagents.verification.elements import ElementKind, FloatArray, reference_nodes
from mechagents.verification.locate import locate

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
MOST_MARKS = 12
"""More wanted points are not marked."""
LONGEST_NAME = 32


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
    marks: tuple[Mark, ...] = ()
    """Wanted points, where they are drawn."""

    def png(self, width: float, dpi: int) -> bytes:
        """Return it as a PNG that says how many points it has to an inch.

        Args:
            width: [inch].
            dpi: Points per inch.
        """
        file = BytesIO()
        with ONE_AT_A_TIME:
            if self.values is None:
                draw_mesh(self.mesh, file, self.title, self.axes, width=width, dpi=dpi,
                          marks=self.marks)  # fmt: skip
            else:
                draw(
                    self.mesh, self.values, file, title=self.title, unit=self.unit,
                    displacement=self.displacement, axes=self.axes, width=width, dpi=dpi,
                    marks=self.marks,
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
        with ONE_AT_A_TIME:
            told = drawing_png(drawn, inches, dpi)
        yield "drawing", told
    for view in shown:
        yield view.name, view.png(inches, dpi)


def views(solved: Solved) -> list[View | Curves]:
    """Return the pictures of a result: its mesh, its displacement, stresses or modes, its history.

    The stresses and strains are those that are wanted as a number or a picture, and the von Mises
    stress.

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
    if not solved.loaded:
        return [found.of_mesh(), *found.modes()]
    history = curves(solved)
    fields = [*found.displacements(), *found.stresses(), *found.strains()]
    return [found.of_mesh(), *fields, *found.modes(), *([history] if history else [])]


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
        displacement: FloatArray | None = None, marks: tuple[Mark, ...] = (),
    ) -> View:  # fmt: skip
        elements = self.solved.solution.fields.elements
        return View(
            name, title, caption, self.mesh, elements, values, unit, displacement, self._axes, marks
        )

    def _marks(
        self, kinds: tuple[str, ...], part: str = "", *, moved: bool = True
    ) -> tuple[Mark, ...]:
        """Return the points at which some kinds of quantities are wanted, as they are drawn."""
        fields = self.solved.solution.fields
        exaggeration = deformed(self.mesh, fields.displacement)[1] if moved else 0.0
        names: dict[tuple[float, ...], list[str]] = {}
        for one in self.solved.formulation.wanted:
            at = getattr(one, "at", None)
            if at is not None and one.kind in kinds and part in ("", getattr(one, "component", "")):
                names.setdefault(at, []).append(one.name)
        found: list[Mark] = []
        for at, several in list(names.items())[:MOST_MARKS]:
            spots = locate(fields, at)
            if spots:
                nodes = fields.blocks[spots[0].block].nodes[spots[0].element]
                u = spots[0].N @ fields.displacement[nodes]
                told = one_line(", ".join(several), LONGEST_NAME)
                found.append((told, np.array(at) + exaggeration * u))
        return tuple(found)

    def of_mesh(self) -> View:
        fields = self.solved.solution.fields
        kinds = ", ".join(f"{len(block):,} {_elements(block.kind)}" for block in fields.blocks)
        told = f"Mesh: {kinds}; {len(fields.points):,} nodes"
        marks = self._marks(("displacement", "velocity", "stress", "strain"), moved=False)
        return self._view("mesh", told, f"{told}.", None, marks=marks)

    def displacements(self) -> Iterator[View]:
        """Yield the size of the displacement, and the components whose pictures are wanted."""
        pictures = self.solved.formulation.pictures
        wanted = [one.field for one in pictures if one.mode is None]
        u = self.solved.solution.fields.displacement
        for name in dict.fromkeys(["displacement", *wanted]):
            if name.startswith("displacement"):
                part = name.removeprefix("displacement").lstrip("_") or "magnitude"
                title, marks = self._titles()[name], self._marks(("displacement", "velocity"))
                values = component(u, part)
                yield self._view(name, title, self._caption(title), values, "m", u, marks)

    def stresses(self) -> Iterator[View]:
        """Yield the stresses that are wanted as a picture or a number, and von Mises."""
        f = self.solved.formulation
        pictures = [one.field for one in f.pictures if one.mode is None]
        located = [one for one in f.wanted if isinstance(one, WantedStress)]
        numbers = [_stress_name(one.component) for one in located]
        names = dict.fromkeys([*pictures, *numbers, "von_mises"])
        u = self.solved.solution.fields.displacement
        stress = drawable_tensor(self.solved.solution, self.solved.stresses)
        for name in names:
            if not name.startswith("displacement"):
                part = name.removeprefix("stress_")
                title, values = self._titles()[name], component(stress, part)
                marks = self._marks(("stress",), part)
                yield self._view(name, title, self._caption(title), values, "Pa", u, marks)

    def strains(self) -> Iterator[View]:
        """Yield the strains that are wanted as a number."""
        solution = self.solved.solution
        wanted = [w for w in self.solved.formulation.wanted if isinstance(w, WantedStrain)]
        if not wanted:
            return
        strain = drawable_tensor(solution, small_strains(solution))
        for part in dict.fromkeys(one.component for one in wanted):
            title = _strain_title(part, self._axes)
            told = f"{_plain(title)}{self._when()}: of the checked displacement."
            yield self._view(
                f"strain_{part}", title, told, component(strain, part), "m/m",
                solution.fields.displacement, self._marks(("strain",), part),
            )  # fmt: skip

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
        told = _plain(title) + self._when()
        if title.startswith("Displacement") or "displacement" in title:
            dashed = "" if f.dimension == 3 else "; dashed: before"
            return f"{told}, on the deformed body{dashed}."
        return f"{told}: what the material's law makes of the checked displacement."

    def _when(self) -> str:
        f = self.solved.formulation
        return f", at the end ({f.end_time:g} s)" if f.analysis == "transient" else ""


def _strain_title(part: str, axes: str) -> str:
    """Return the name of a component of the strain, as a formula where it is one."""
    if len(part) > 2:
        return f"{'Largest' if part.startswith('max') else 'Smallest'} principal strain"
    names = {"xx": "rr", "yy": "zz", "zz": r"\theta\theta", "xy": "rz"} if axes == "rz" else {}
    return rf"Strain $\varepsilon_{{{names.get(part, part)}}}$"


def _stress_name(part: str) -> str:
    return f"stress_{part}" if len(part) == 2 else part


def _elements(kind: ElementKind) -> str:
    """Return elements as words: ``triangle6`` becomes 6-node triangles."""
    names = {"triangle": "triangles", "quad": "quadrilaterals", "tetra": "tetrahedra",
             "hexahedron": "hexahedra", "wedge": "wedges"}  # fmt: skip
    return f"{len(reference_nodes(kind))}-node {names[kind.rstrip('0123456789')]}"


def _plain(title: str) -> str:
    r"""Return a title without its formula's marks: ``$\sigma_{xx}$`` becomes σ_xx."""
    greek = {r"\sigma": "σ", r"\tau": "τ", r"\theta": "θ", r"\varepsilon": "ε"}
    for name, letter in greek.items():
        title = title.replace(name, letter)
    return title.translate({ord(c): None for c in "${}"})
