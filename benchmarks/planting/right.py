"""Right programs: the handbook's on other meshes, elements, load steps, and forms of files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mechagents.mechanics.formulation import Formulation
from planting.making import MESH, MODES, mutated, on_grid
from planting.running import program_for
from planting.snippets import LUMPED, SPLIT, WRITE, WRITE_MODES, WRITE_SOLID

Source = Callable[[Formulation], str]
"""From a problem to a program."""


@dataclass(frozen=True)
class Variant:
    """One way to solve a problem rightly."""

    name: str
    order: int
    size: float
    """Mesh size over that with which the problem is answered [-]."""
    source: Source = program_for
    fits: Callable[[Formulation], bool] = lambda f: True
    steps: float = 1.0
    """Load steps over those with which the problem is answered [-]."""


def _of(*analyses: str) -> Callable[[Formulation], bool]:
    return lambda f: f.analysis in analyses


def _follows_loads(f: Formulation) -> bool:
    return f.analysis != "transient"


def _nonlinear(f: Formulation) -> bool:
    return f.analysis in ("static_finite", "static_plastic")


def _written(cells: bool, binary: bool) -> Source:
    def source(f: Formulation) -> str:
        analysis = f.analysis
        if analysis in MODES:
            write = WRITE_MODES.replace("BINARY", str(binary))
            old = "write_modes(modes)" if analysis == "modal" else "write_modes(modes, solution)"
            return mutated(program_for(f), (old, write))
        write = (
            (WRITE if f.dimension == 2 else WRITE_SOLID)
            .replace("CELLS", str(cells))
            .replace("BINARY", str(binary))
        )
        return mutated(program_for(f), ("write_fields(solution)", write))

    return source


def _split(f: Formulation) -> str:
    return mutated(program_for(f), (MESH, MESH + SPLIT))


def _lumped(f: Formulation) -> str:
    return mutated(
        program_for(f),
        (MESH, "from scipy.sparse import diags_array\n" + MESH),
        ("mass.assemble(V), fixed", LUMPED),
    )


VARIANTS: tuple[Variant, ...] = (
    Variant("order 2", 2, 1.0),
    Variant("order 2, finer, stress in cells, text", 2, 0.7, _written(True, False), _follows_loads),
    Variant("order 2, coarser, stress at points", 2, 1.4, _written(False, True), _follows_loads),
    Variant("order 1, fine", 1, 0.5),
    Variant("order 1, stress in cells", 1, 1.0, _written(True, True), _follows_loads),
    Variant("order 1, stress at points, text", 1, 0.8, _written(False, False), _follows_loads),
    Variant("order 1, split into triangles", 1, 0.6, _split, on_grid),
    Variant("order 2, split into triangles", 2, 1.2, _split, on_grid),
    Variant("order 2, half the load steps", 2, 1.0, fits=_nonlinear, steps=0.5),
    Variant("order 1, twice the load steps", 1, 0.7, fits=_nonlinear, steps=2.0),
    Variant("order 1, lumped mass", 1, 0.5, _lumped, _of("modal")),
)
