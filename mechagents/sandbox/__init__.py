"""Where programs run: limits, jobs, outcomes, and the sandboxes that hold them."""

from mechagents.sandbox.base import Job, Limits, Outcome, Sandbox, open_sandbox
from mechagents.sandbox.programs import run_program

__all__ = ["Job", "Limits", "Outcome", "Sandbox", "open_sandbox", "run_program"]
