"""A study for tests of its page: its samples are recorded, not run."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from meshes import Array, write

from mechagents.messages import Check, Quantity, Settings
from mechagents.problems import load_problem
from mechagents.study import Parameter, Study, StudyState, begin
from mechagents.study.base import hash_of
from mechagents.study.folder import Base
from mechagents.study.outcome import write_outcome
from mechagents.study.run import drawn
from mechagents.study.sample import Ran
from mechagents.study.space import axes_of, lay_out
from mechagents.study.spec import LatinHypercube
from mechagents.team import full_team
from mechagents.verification.elements import ElementKind
from mechagents.view.returned import FILE, Returned

PROGRAM = "print('a plate')\n"
PROBLEM = load_problem("plate-tension")
FAILED = 3
"""The sample that failed a check."""


def study(samples: int) -> Study:
    """Return a study of the plate in tension: its modulus and how far it is stretched."""
    return Study(
        name="plates",
        problem="plate-tension",
        parameters={
            "modulus": Parameter(path="materials.plate.youngs_modulus", low=1e9, high=2e9),
            "stretch": Parameter(path="supports.1.x", low=0.01, high=0.1),
        },
        sampling=LatinHypercube(samples=samples, seed=3),
        full=0.2,
        outputs={"stiffness": "reaction_right / stretch"},
    )


def base() -> Base:
    """Return what a team answered."""
    assert PROBLEM.formulation is not None
    return Base(
        run="",
        formulation=PROBLEM.formulation,
        program=PROGRAM,
        program_hash=hash_of(PROGRAM),
        settings=Settings(mesh_size=0.1, element_order=1),
        level="converged",
        tolerance=0.02,
        quantities=(),
        claim_level="converged",
        sandbox="none",
        setup=full_team(sandbox="none").setup("0"),
    )


def begun(folder: Path, samples: int = 12, *, done: int | None = None) -> StudyState:
    """Return a study in a folder of which so many samples are done; None means all."""
    asked, answered = study(samples), base()
    kept = begin(asked, folder)
    kept.write("base.json", answered.model_dump_json())
    axes = axes_of(asked, answered.formulation)
    values = lay_out(asked, axes, folder)
    kept.write("samples.json", json.dumps(values.tolist()))
    kept.journal()
    state = StudyState(asked, kept, answered, axes, values, drawn(samples, asked), {})
    for sample in range(samples if done is None else done):
        record(state, sample)
    return state


def ended(folder: Path, samples: int = 12) -> StudyState:
    """Return a study that is done, with its dataset."""
    state = begun(folder, samples)
    write_outcome(state)
    return state


def keep_fields(state: StudyState, sample: int, kind: ElementKind, **arrays: Array) -> Returned:
    """Keep a mesh with arrays at its points as a sample's fields, and return what is read of it."""
    with TemporaryDirectory() as folder:
        found = write(Path(folder), kind, 4, **arrays)
        state.folder.keep_fields(sample, (Path(folder) / FILE).read_bytes())
    return found


def record(state: StudyState, sample: int) -> None:
    """Record what became of a sample."""
    state.done[sample] = state.folder.record(_result(state, sample))


def _result(state: StudyState, sample: int) -> dict[str, object]:
    modulus, stretch = state.samples[sample]
    force = float(modulus * stretch)
    if sample == FAILED:
        check = Check(name="equilibrium:residual", passed=False, value=0.3, tolerance=1e-6,
                      message="The forces do not balance.")  # fmt: skip
        told = "equilibrium:residual: The forces do not balance."
        ran = Ran(sample=sample, status="failed", reason=told, checks=12, failed=(check,))
        return ran.model_dump(mode="json")
    full = sample in state.full
    level = "converged" if full else "consistent"
    found = Quantity(name="reaction_right", value=force, unit="N/m",
                     error_bound=0.01 * force if full else None, claim_level=level)  # fmt: skip
    ran = Ran(sample=sample, status="passed", quantities=(found,), claim_level=level, checks=18)
    content = base64.b64encode(b"<VTKFile/>").decode()
    return {**ran.model_dump(mode="json"), **({"fields": content} if full else {})}
