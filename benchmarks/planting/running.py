"""Runs a program the usual way: in the sandbox, on up to three meshes, then the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Evidence, Execution, Program, Settings
from mechagents.models.handbook.coder import program_text
from mechagents.sandbox import Limits, Sandbox, open_sandbox, run_program
from mechagents.verification import judge
from mechagents.verification.reference.compare import compare
from mechagents.verification.reference.process import find_references
from mechagents.verification.reference.values import ReferenceSolution
from planting.bodies import Body

__all__ = ["Verdict", "open_sandbox", "program_for", "program_text", "references", "run_and_judge"]

Edit = Callable[[Path, Settings], None]
"""Changes what a program left in a folder, after it ran with some settings."""
LIMITS = Limits(wall_seconds=60)


@dataclass(frozen=True)
class Verdict:
    """What verification said of a program."""

    evidence: Evidence
    before: Evidence
    """Without the reference."""
    folders: tuple[Path, ...]
    """Of each run."""

    @property
    def accepted(self) -> bool:
        """Whether a user would be given this answer."""
        return _accepted(self.evidence)

    @property
    def accepted_before(self) -> bool:
        """Whether that would be so without the reference."""
        return _accepted(self.before)


def _accepted(evidence: Evidence) -> bool:
    return evidence.passed and evidence.claim_level in ("converged", "verified")


def program_for(formulation: Formulation) -> str:
    """Return the handbook's program for a problem."""
    return program_text(formulation.analysis, formulation.dimension)


async def references(bodies: Sequence[Body]) -> dict[str, ReferenceSolution]:
    """Return the independent reference of each problem, by name."""
    found = await find_references([body.formulation for body in bodies], seconds=600)
    return {body.name: solution for body, solution in zip(bodies, found, strict=True)}


async def run_and_judge(
    sandbox: Sandbox,
    body: Body,
    source: str,
    folder: Path,
    reference: ReferenceSolution,
    *,
    told: Formulation | None = None,
    edit: Edit | None = None,
) -> Verdict:
    """Run a program as often as verification asks for, and return its verdict.

    Args:
        sandbox: Where programs run.
        body: The problem that is meant.
        source: The program.
        folder: The run's folder.
        reference: Of the problem that is meant.
        told: The problem that the program reads instead, if another.
        edit: What is changed in each folder after the run.
    """
    runs: list[tuple[Execution, Path]] = []
    settings: Settings | None = body.settings
    program = Program(attempt=1, source=source, settings=body.settings)
    evidence: Evidence | None = None
    while settings is not None:
        name = f"mesh{len(runs) + 1}"
        execution = await run_program(
            sandbox, program, told or body.formulation, folder, name, settings, LIMITS, cold=False
        )
        if edit is not None and execution.status == "ok":
            await anyio.to_thread.run_sync(edit, folder / name, settings)
        runs.append((execution, folder / name))
        evidence = await anyio.to_thread.run_sync(_judge, body, list(runs))
        settings = evidence.run_next
    assert evidence is not None
    final = evidence
    if evidence.claim_level == "converged":
        final = compare(body.formulation, evidence, reference, body.tolerance)
    return Verdict(final, evidence, tuple(where for _, where in runs))


def _judge(body: Body, runs: list[tuple[Execution, Path]]) -> Evidence:
    return judge(body.formulation, runs, level="verified", tolerance=body.tolerance)
