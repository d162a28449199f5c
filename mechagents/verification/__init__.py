"""Deterministic checks of what a program returned; plain numpy, no finite-element library.

In order of cost: contract, geometry, supports, equilibrium, quantities, convergence, and the
independent reference, which another library solves.
"""

from mechagents.verification.checked_run import RunChecks
from mechagents.verification.convergence import Estimate, estimate
from mechagents.verification.fields import Block, Fields, read_fields
from mechagents.verification.files import Result, read_results
from mechagents.verification.judge import judge, read_formulation, verify_folder
from mechagents.verification.reference import refer

__all__ = [
    "Block",
    "Estimate",
    "Fields",
    "Result",
    "RunChecks",
    "estimate",
    "judge",
    "read_fields",
    "read_formulation",
    "read_results",
    "refer",
    "verify_folder",
]
