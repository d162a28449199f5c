"""Planner, formulator, coder, executor and critic find the force on the copper plate.

python examples/full_team.py
"""

from __future__ import annotations

from pathlib import Path

from mechagents import Answer, Budget, Failure, full_team, load_problem, solve_sync
from mechagents.report import print_summary
from mechagents.run import new_folder


def main(folder: Path | None = None) -> Answer | Failure:
    """Solve the problem within a budget, and print the answer as a table."""
    folder = folder or new_folder(Path("runs"), "copper-plate")
    team = full_team(stop=Budget(attempts=5, seconds=600))
    outcome = solve_sync(load_problem("copper-plate"), team, folder=folder)
    print_summary(outcome, folder)
    return outcome


if __name__ == "__main__":
    main()
