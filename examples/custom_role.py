"""Two roles of one's own in the full team: one a class, one a Markdown file.

    python examples/custom_role.py

The class checks the force by hand: a plate whose edges are partly held is stiffer than one that
is free to contract, and softer than one that cannot contract at all. The file is a second
critic. Both see the evidence, and the team goes on only when every reviewer accepts.
"""

from __future__ import annotations

from pathlib import Path

from mechagents import Agent, Answer, Context, Failure, Role, full_team, load_problem, solve_sync
from mechagents.messages import Critique, Evidence, Finding

STRAIN = 0.1
SKEPTIC = Path(__file__).parent / "roles" / "skeptic.md"


class HandCheck(Agent):
    """Compares the force with bounds that need no finite elements."""

    role = Role(
        name="hand_check",
        description="Compares the force on the right edge with closed-form bounds.",
        receives=("evidence",),
        sends=("critique",),
    )

    async def handle(self, context: Context) -> Critique | None:
        """Return a verdict on the force that the evidence reports."""
        evidence, formulation = context.act_on.message, context.brief.formulation
        if not isinstance(evidence, Evidence) or formulation is None:
            return None
        plate = formulation.materials["plate"]
        if plate.kind != "isotropic":
            return None
        low = plate.youngs_modulus * STRAIN
        high = low / (1 - plate.poisson_ratio**2)
        told = f"the force per metre must lie between {low:.4g} and {high:.4g} N/m"
        if any(low <= q.value <= high for q in evidence.quantities if q.name == "reaction_right"):
            return Critique(verdict="accept", summary=told)
        return Critique(verdict="revise", findings=(Finding(to="coder", text=told),))


def main(folder: Path | None = None) -> Answer | Failure:
    """Solve the plate in tension with both roles in the team."""
    team = full_team(extra=[HandCheck, SKEPTIC])
    return solve_sync(load_problem("plate-tension"), team, folder=folder)


if __name__ == "__main__":
    print(main().model_dump_json(indent=2))
