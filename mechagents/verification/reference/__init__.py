"""The independent reference: the formulation solved again by another library, and its readings."""

from mechagents.verification.reference.compare import compare
from mechagents.verification.reference.process import find_references
from mechagents.verification.reference.readings import refer
from mechagents.verification.reference.values import ReferenceSolution, ReferenceValue

__all__ = ["ReferenceSolution", "ReferenceValue", "compare", "find_references", "refer"]
