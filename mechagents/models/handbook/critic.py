"""The critic's rules: accept when every check passed, else name cause and remedy."""

from __future__ import annotations

from mechagents.brief import Brief
from mechagents.errors import ModelError
from mechagents.messages import Check, Evidence, Execution
from mechagents.models.handbook.catalogue import explain_check, explain_error
from mechagents.models.handbook.wording import sentence


def critique(brief: Brief) -> dict[str, object]:
    """Return the fields of a critique of the evidence.

    Raises:
        ModelError: If something else than evidence is to be judged.
    """
    evidence = brief.act_on.message
    if not isinstance(evidence, Evidence):
        raise ModelError(
            f"the handbook judges evidence only, not a {evidence.kind!r}. Give the role "
            f"{brief.role} a model (--model provider/name)"
        )
    if evidence.passed:
        return {"verdict": "accept", "findings": [], "summary": _accepted(evidence)}
    execution = _execution(brief, evidence)
    findings = [_finding(check, execution) for check in evidence.failed]
    names = ", ".join(check.name for check in evidence.failed)
    return {
        "verdict": "revise",
        "findings": findings,
        "summary": f"{len(evidence.failed)} of {len(evidence.checks)} checks failed: {names}.",
    }


def _accepted(evidence: Evidence) -> str:
    return f"All {len(evidence.checks)} checks passed; the claim level is {evidence.claim_level}."


def _execution(brief: Brief, evidence: Evidence) -> Execution | None:
    for attempt in brief.attempts:
        if attempt.program.attempt == evidence.attempt:
            return attempt.execution
    return None


def _finding(check: Check, execution: Execution | None) -> dict[str, str]:
    entry = explain_check(check)
    why = f"Likely cause: {entry.cause} {entry.remedy}"
    if execution is not None and execution.status != "ok":
        why = explain_error(execution.stderr) or why
    return {"to": entry.to, "text": f"{sentence(check.message)} {why}", "check": check.name}
