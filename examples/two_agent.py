"""The small team: a coder and an executor solve the square plate in tension.

python examples/two_agent.py
"""

from __future__ import annotations

from pathlib import Path

from mechagents import Answer, Failure, load_problem, solve_sync, two_agent
from mechagents.report import LiveView


def main(folder: Path | None = None) -> Answer | Failure:
    """Solve the problem, printing each message as it is said."""
    problem = load_problem("plate-tension")
    # The handbook, a rule-based engineer, speaks for both. For a language model:
    # two_agent(model="openai/gpt-5"), or any other name that litellm knows.
    return solve_sync(problem, two_agent(), folder=folder, observe=LiveView())


if __name__ == "__main__":
    print(main().model_dump_json(indent=2))
