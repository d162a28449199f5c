"""What a planted fault is, and the ways to make one: in a program, its input, or its files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import meshio

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Settings
from mechagents.verification.reference.values import ReferenceSolution
from planting.bodies import Body
from planting.running import Edit, program_for

Tree = dict[str, Any]
Change = Callable[[Tree], bool]
"""Changes a formulation as data; says whether that made a fault."""

LINEAR = frozenset({"static_linear"})
NONLINEAR = frozenset({"static_finite", "static_plastic"})
STATIC = LINEAR | NONLINEAR
MODES = frozenset({"modal", "buckling"})
DISPLACED = STATIC | {"buckling"}
"""Analyses with a displacement under loads."""
EVERY = STATIC | MODES

MESH = "mesh = make_mesh(problem.geometry, settings.mesh_size, settings.element_order or 1)"
RESULTS = "results = quantities(problem, solution)"
WRITE = "write_fields(solution)"
"""Lines of the handbook's programs."""


@dataclass(frozen=True)
class Wrong:
    """A wrong program, and what else is wrong with what it reads or leaves."""

    source: str
    told: Formulation | None = None
    """What it reads in place of the problem."""
    edit: Edit | None = None
    """What is changed in its files after each run."""


@dataclass(frozen=True)
class Known:
    """What a cheater may know of a problem: its right numbers, and a right program's files."""

    body: Body
    reference: ReferenceSolution
    values: dict[str, float]
    """What a right program reports on the finest of the three meshes."""
    folders: tuple[Path, ...] = ()
    """That program's files on each mesh, finest first."""

    @property
    def program(self) -> str:
        """The handbook's program for the problem's analysis."""
        return program_for(self.body.formulation)


Maker = Callable[[Known], Wrong | None]


@dataclass(frozen=True)
class Fault:
    """One kind of fault."""

    name: str
    make: Maker
    refuse: bool = False
    """Whether it must be refused whatever its numbers are: made up, or not those asked for."""
    later: bool = False
    """Whether it only shows on the coarser meshes."""
    unseen: str = ""
    """Why it is known not to be seen: no number that was asked for is wrong."""
    analyses: frozenset[str] = field(default=LINEAR)
    """In whose programs it is planted."""


def mutated(source: str, *changes: tuple[str, str]) -> str:
    """Return a program with pieces of its text replaced; each has to be there."""
    for old, new in changes:
        if source.count(old) < 1:
            raise ValueError(f"the handbook's program has no {old!r}")
        source = source.replace(old, new)
    return source


def text(known: Known, *changes: tuple[str, str]) -> Wrong:
    """Return the problem's program with pieces of its text replaced."""
    return Wrong(mutated(known.program, *changes))


def where(condition: Callable[[Formulation], bool], *changes: tuple[str, str]) -> Maker:
    """Return a fault in the text of a program, for problems that meet a condition."""
    return lambda known: text(known, *changes) if condition(known.body.formulation) else None


def told(change: Change) -> Maker:
    """Return a fault in what a program reads; the change says whether it made one."""

    def make(known: Known) -> Wrong | None:
        data = known.body.formulation.model_dump(mode="json")
        if not change(data):
            return None
        try:
            return Wrong(known.program, told=Formulation.model_validate(data))
        except ValueError:  # a body that can move freely, for instance
            return None

    return make


def stress_line(source: str) -> str:
    """Return the line of a program that ends with the stress at the nodes."""
    found = re.search(r"^sigma = node_means\(.*$", source, re.MULTILINE)
    if found is None:
        raise ValueError("the handbook's program has no stress at the nodes")
    return found[0]


def stress(condition: Callable[[Formulation], bool], more: str) -> Maker:
    """Return a fault that is put behind the line with the stress at the nodes."""

    def make(known: Known) -> Wrong | None:
        if not condition(known.body.formulation):
            return None
        line = stress_line(known.program)
        return text(known, (line, line + more))

    return make


def rewritten(results: Callable[[dict[str, float], Formulation], dict[str, float]]) -> Maker:
    """Return a fault in the numbers alone."""

    def make(known: Known) -> Wrong | None:
        f = known.body.formulation

        def edit(folder: Path, settings: Settings) -> None:
            write_numbers(folder, results(numbers(folder), f))

        return Wrong(known.program, edit=edit)

    return make


def numbers(folder: Path) -> dict[str, float]:
    """Return the reported numbers by name."""
    content = json.loads((folder / "results.json").read_text())
    return {entry["name"]: entry["value"] for entry in content["quantities"]}


def write_numbers(folder: Path, values: dict[str, float]) -> None:
    """Report other numbers."""
    content = json.loads((folder / "results.json").read_text())
    for entry in content["quantities"]:
        entry["value"] = values[entry["name"]]
    (folder / "results.json").write_text(json.dumps(content))


def right_numbers(make: Maker) -> Maker:
    """Return another fault with the reference's own numbers reported."""

    def made(known: Known) -> Wrong | None:
        wrong = make(known)
        if wrong is None:
            return None
        found = known.reference.quantities
        values = known.values | {name: value.values[0] for name, value in found.items()}

        def edit(folder: Path, settings: Settings) -> None:
            if wrong.edit is not None:
                wrong.edit(folder, settings)
            write_numbers(folder, values)

        return Wrong(wrong.source, wrong.told, edit)

    return made


def in_fields(change: Callable[[meshio.Mesh], bool]) -> Maker:
    """Return a fault in ``fields.vtu`` alone."""

    def make(known: Known) -> Wrong | None:
        def edit(folder: Path, settings: Settings) -> None:
            vtu = meshio.read(folder / "fields.vtu")
            change(vtu)
            vtu.write(folder / "fields.vtu")

        return Wrong(known.program, edit=edit)

    return make


# Which problems a fault makes sense for.


def every(formulation: Formulation) -> bool:
    """Return True."""
    return True


def of_revolution(f: Formulation) -> bool:
    """Return whether a body is axisymmetric."""
    return f.idealisation == "axisymmetric"


def in_plane_stress(f: Formulation) -> bool:
    """Return whether a body is in plane stress."""
    return f.idealisation == "plane_stress"


def thick(f: Formulation) -> bool:
    """Return whether a thickness is stated."""
    return f.thickness is not None


def stressed(f: Formulation) -> bool:
    """Return whether a stress is asked for."""
    return any(w.kind == "stress" for w in f.wanted)


def energetic(f: Formulation) -> bool:
    """Return whether a strain energy is asked for."""
    return any(w.kind == "strain_energy" for w in f.wanted)


def heated(f: Formulation) -> bool:
    """Return whether the temperature changes."""
    return any(load.kind == "temperature" for load in f.loads)


def pulled(f: Formulation) -> bool:
    """Return whether there are tractions."""
    return any(load.kind == "traction" for load in f.loads)


def pressed(f: Formulation) -> bool:
    """Return whether a pressure acts."""
    return any(load.kind == "pressure" for load in f.loads)


def mechanical(f: Formulation) -> bool:
    """Return whether forces act on edges."""
    return any(load.kind in ("traction", "pressure") for load in f.loads)


def several(f: Formulation) -> bool:
    """Return whether a body has several regions."""
    return len(f.geometry.regions) > 1


def on_grid(f: Formulation) -> bool:
    """Return whether a body gets a grid of quads."""
    shapes = list(f.geometry.regions.values())
    return len(shapes) == 1 and shapes[0].kind == "rectangle"


def straight(f: Formulation) -> bool:
    """Return whether a body has no curved edge."""
    return all(shape.kind in ("rectangle", "polygon") for shape in f.geometry.regions.values())
