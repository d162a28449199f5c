"""A run is forked with another reading of its question, and both answers stand side by side.

    python examples/other_reading.py

The words of the copper plate do not say whether it is thin. The team takes plane stress; the
fork goes on from its formulation in plane strain, with programs and checks of its own.
"""

from __future__ import annotations

from pathlib import Path

import anyio

from mechagents import Answer, Failure, fork_run, full_team, load_problem, read_log, resume, solve
from mechagents.begin import new_folder
from mechagents.messages import Formulated
from mechagents.report import format_quantity


async def both(folder: Path) -> dict[str, Answer | Failure]:
    """Return the answers by the idealisation that each rests on; the fork lies beside the run."""
    answer = await solve(load_problem("copper-plate"), full_team(), folder=folder)
    said = read_log(folder).envelopes_of("formulation")[-1]
    assert isinstance(said.message, Formulated)
    taken = said.message.formulation
    strain = Formulated(formulation=taken.read_as("idealisation", "plane_strain"))
    fork = fork_run(folder, said.seq, instead=strain, team=full_team())
    return {taken.idealisation: answer, "plane_strain": await resume(fork)}


def table(answers: dict[str, Answer | Failure]) -> str:
    """Return the quantities of each answer side by side, or why there is none."""
    lines: list[str] = []
    for reading, answer in answers.items():
        if isinstance(answer, Failure):
            lines.append(f"{reading:15} {answer.message}")
            continue
        for q in answer.quantities:
            value = format_quantity(q.value, q.unit, q.error_bound)
            lines.append(f"{reading:15} {q.name:15} {value:30} {q.claim_level}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(anyio.run(both, new_folder(Path("runs"), "copper-plate"))))
