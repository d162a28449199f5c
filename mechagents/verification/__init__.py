"""Deterministic checks of what a program returned; plain numpy, no finite-element library.

In order of cost: contract, geometry, supports, equilibrium, quantities, convergence. Checks by
an independent reference solution and by closed forms take their place beside these.
"""

from mechagents.verification.convergence import Estimate, estimate
from mechagents.verification.fields import Block, Fields, read_fields
from mechagents.verification.files import Result, read_results
from mechagents.verification.judge import judge, verify_folder

__all__ = [
    "Block",
    "Estimate",
    "Fields",
    "Result",
    "estimate",
    "judge",
    "read_fields",
    "read_results",
    "verify_folder",
]
