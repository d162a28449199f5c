"""Teams of language-model agents that solve mechanics problems, checked by physics.

    from mechagents import full_team, load_problem, solve_sync

    answer = solve_sync(load_problem("copper-plate"), full_team())

Names are loaded when they are first used, so importing the package stays cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mechagents.agents.base import Agent, Context
    from mechagents.budget import Budget
    from mechagents.errors import MechagentsError, RunError, UsageError
    from mechagents.flow import Dataflow
    from mechagents.follow import follow_up
    from mechagents.fork import fork_run
    from mechagents.log import read_log
    from mechagents.mechanics.formulation import Formulation
    from mechagents.messages import Answer, Failure, Message, Problem
    from mechagents.models.base import Model
    from mechagents.models.select import open_model
    from mechagents.problems import load_problem, packaged_problems
    from mechagents.role import Role
    from mechagents.run import resume, solve, solve_sync
    from mechagents.sandbox import Limits
    from mechagents.team import Team, full_team, two_agent

_HOMES = {
    "Agent": "agents.base",
    "Answer": "messages",
    "Budget": "budget",
    "Context": "agents.base",
    "Dataflow": "flow",
    "Failure": "messages",
    "Formulation": "mechanics.formulation",
    "Limits": "sandbox",
    "MechagentsError": "errors",
    "Message": "messages",
    "Model": "models.base",
    "Problem": "messages",
    "Role": "role",
    "RunError": "errors",
    "Team": "team",
    "UsageError": "errors",
    "follow_up": "follow",
    "fork_run": "fork",
    "full_team": "team",
    "load_problem": "problems",
    "open_model": "models.select",
    "packaged_problems": "problems",
    "read_log": "log",
    "resume": "run",
    "solve": "run",
    "solve_sync": "run",
    "two_agent": "team",
}

__all__ = [
    "Agent",
    "Answer",
    "Budget",
    "Context",
    "Dataflow",
    "Failure",
    "Formulation",
    "Limits",
    "MechagentsError",
    "Message",
    "Model",
    "Problem",
    "Role",
    "RunError",
    "Team",
    "UsageError",
    "follow_up",
    "fork_run",
    "full_team",
    "load_problem",
    "open_model",
    "packaged_problems",
    "read_log",
    "resume",
    "solve",
    "solve_sync",
    "two_agent",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
