"""Planner, formulator, coder, executor and critic find the force on the copper plate.

    python examples/full_team.py

The first mesh is too coarse for the error bound asked for; the evidence says so, the critic
sends it back, and the coder's second program is accepted.
"""

from __future__ import annotations

from pathlib import Path

from mechagents import Answer, Budget, Failure, full_team, load_problem, solve_sync
from mechagents.begin import new_folder
from mechagents.report import print_summary


def main(folder: Path) -> Answer | Failure:
    """Solve the problem within a budget of five programs and ten minutes."""
    team = full_team(stop=Budget(attempts=5, seconds=600))
    return solve_sync(load_problem("copper-plate"), team, folder=folder)


if __name__ == "__main__":
    where = new_folder(Path("runs"), "copper-plate")
    print_summary(main(where), where)
