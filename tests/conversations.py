"""What tests say in a conversation, each part with the fields that matter to them."""

from __future__ import annotations

from datetime import UTC, datetime

from mechagents.log import Conversation
from mechagents.mechanics.formulation import Formulation
from mechagents.messages import (
    Check,
    ClaimLevel,
    Critique,
    Envelope,
    Evidence,
    Execution,
    Finding,
    Formulated,
    Message,
    ModelCall,
    Plan,
    Problem,
    Program,
    Quantity,
    Settings,
)

Turn = tuple[str, Message, int | None]
"""Who says what, and the number of the message that it answers."""

FORMULATION = Formulation.model_validate(
    {
        "title": "Plate",
        "idealisation": "plane_stress",
        "geometry": {
            "regions": {"plate": {"kind": "rectangle", "size": [1, 1]}},
            "boundaries": {
                "left": {"kind": "line", "axis": "x", "at": 0},
                "right": {"kind": "line", "axis": "x", "at": 1},
            },
        },
        "materials": {"plate": {"youngs_modulus": 1e9, "poisson_ratio": 0.3}},
        "supports": [{"boundary": "left", "x": 0, "y": 0}, {"boundary": "right", "x": 0.1}],
        "wanted": [
            {"name": "force", "kind": "reaction", "boundary": "right", "component": "x"},
        ],
        "assumptions": [
            {
                "about": "idealisation",
                "value": "plane_stress",
                "source": "inferred",
                "why": "A thin plate.",
                "alternatives": [
                    {"value": "plane_strain", "amend": {"idealisation": "plane_strain"}}
                ],
            }
        ],
    }
)
PROBLEM = Problem(statement="What force?", name="plate")
PLAN = Plan(steps=("solve",), method="bilinear quads")
FORMULATED = Formulated(formulation=FORMULATION)
ACCEPT = Critique(verdict="accept")
HELD = Check(name="supports:left", passed=True, message="held")
LOOSE = Check(name="convergence:force", passed=False, message="the bound is 30 % of the value")
WRONG = Check(name="equilibrium:balance", passed=False, message="12 % of the force is missing")


def said(*turns: Turn) -> Conversation:
    """Return a conversation; the first turn is number 1."""
    return more(Conversation(), *turns)


def more(conversation: Conversation, *turns: Turn) -> Conversation:
    """Return a conversation that went on."""
    further = [
        Envelope("a-run", seq, sender, (), cause, datetime.now(UTC), message)
        for seq, (sender, message, cause) in enumerate(turns, len(conversation) + 1)
    ]
    return Conversation([*conversation, *further])


def program(attempt: int = 1, *, changed: str = "", source: str = "pass\n") -> Program:
    return Program(source=source, attempt=attempt, changed=changed)


def execution(attempt: int = 1, **fields: object) -> Execution:
    usual = {"folder": f"attempts/{attempt}", "settings": Settings(), "status": "ok"}
    return Execution.model_validate({"attempt": attempt, **usual, **fields})


def evidence(
    attempt: int = 1,
    level: ClaimLevel = "converged",
    *checks: Check,
    force: float = 1.0,
    run_next: Settings | None = None,
) -> Evidence:
    return Evidence(
        attempt=attempt,
        checks=checks or (HELD,),
        claim_level=level,
        quantities=(Quantity(name="force", value=force, unit="N/m", claim_level=level),),
        run_next=run_next,
    )


def revise(*to: str, text: str = "mend it") -> Critique:
    return Critique(verdict="revise", findings=tuple(Finding(to=name, text=text) for name in to))


def call(role: str = "coder", *, tokens: int = 0, cost: float = 0.0) -> ModelCall:
    return ModelCall(role=role, model="m", text="", prompt_tokens=tokens, cost=cost)
