"""The small team: a coder and an executor solve the square plate in tension.

    python examples/two_agent.py

Each message is printed as it is said, and the answer after the last.
"""

from __future__ import annotations

from pathlib import Path

from mechagents import Answer, Failure, load_problem, solve_sync, two_agent
from mechagents.begin import new_folder
from mechagents.report import LiveView, print_summary


def main(folder: Path) -> Answer | Failure:
    """Solve the problem in a folder, which keeps the conversation and every file."""
    # The handbook, a rule-based engineer, speaks for both roles. For a language model:
    # two_agent(model="openai/gpt-5"), or any other name that litellm knows.
    team = two_agent()
    return solve_sync(load_problem("plate-tension"), team, folder=folder, observe=LiveView())


if __name__ == "__main__":
    where = new_folder(Path("runs"), "plate-tension")
    print_summary(main(where), where)
