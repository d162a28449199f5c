"""Right programs: the handbook's on other meshes, elements, and forms of files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mechagents.mechanics.formulation import Formulation
from planting.running import program_text
from planting.snippets import SPLIT, WRITE

_MESH = "mesh = make_mesh(problem.geometry, settings.mesh_size, settings.element_order or 1)"


@dataclass(frozen=True)
class Variant:
    """One way to solve a problem rightly."""

    name: str
    order: int
    size: float
    """Mesh size over that with which the problem is answered [-]."""
    source: str
    fits: Callable[[Formulation], bool]


def _any(formulation: Formulation) -> bool:
    return True


def _grid(formulation: Formulation) -> bool:
    shapes = list(formulation.geometry.regions.values())
    return len(shapes) == 1 and shapes[0].kind == "rectangle"


def _written(cells: bool, binary: bool) -> str:
    write = WRITE.replace("CELLS", str(cells)).replace("BINARY", str(binary))
    return program_text().replace("write_fields(solution)", write)


def _split() -> str:
    return program_text().replace(_MESH, _MESH + SPLIT)


VARIANTS: tuple[Variant, ...] = (
    Variant("order 2", 2, 1.0, program_text(), _any),
    Variant("order 2, finer, stress in cells, text", 2, 0.7, _written(True, False), _any),
    Variant("order 2, coarser, stress at points", 2, 1.4, _written(False, True), _any),
    Variant("order 1, fine", 1, 0.5, program_text(), _any),
    Variant("order 1, stress in cells", 1, 1.0, _written(True, True), _any),
    Variant("order 1, stress at points, text", 1, 0.8, _written(False, False), _any),
    Variant("order 1, split into triangles", 1, 0.6, _split(), _grid),
    Variant("order 2, split into triangles", 2, 1.2, _split(), _grid),
)
