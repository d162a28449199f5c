"""What a role is shown of the run that its problem follows."""

from __future__ import annotations

from textwrap import shorten

from mechagents.agents.view import Section
from mechagents.brief import Brief

STATEMENT_CHARACTERS = 1500
SHORT_STATEMENT = 200
BEFORE = "The formulation of the run before, which holds but for what the question changes"
AMEND = (
    'Instead of a whole formulation you may send what changes: {"amend": {"supports.1.y": 0.0}, '
    '"note": "…"}: new values by path from the formulation\'s root, list indices from 0. A path '
    "may add a key to a mapping, and the index after the last one adds to a list; to take "
    "something away, give the whole list or mapping. Amend the title and the assumptions too "
    "where they no longer hold."
)
KEPT = (
    " What was wanted before stays wanted, pictures too, unless the question puts something else "
    "in its place; add what it asks for, under new names and in new files."
)


def asked_before(brief: Brief) -> Section:
    """Return one line for each question of the runs before, so that a chain may be long."""
    forms = (_asked(brief, STATEMENT_CHARACTERS), _asked(brief, SHORT_STATEMENT))
    return Section("What was asked before, oldest first", forms, 4)


def formulation_before(brief: Brief) -> Section:
    """Return what is amended, until there is a formulation for the question itself."""
    stated = brief.formulation or brief.problem.formulation
    if brief.follows is None or stated is not None:
        return Section(BEFORE, ("",))
    return Section(BEFORE, (brief.follows.formulation.model_dump_json(exclude_none=True),))


def may_amend(brief: Brief, want: str) -> Section:
    """Return how to reply with an amendment, where there is a formulation to amend."""
    can = want == "formulation" and brief.amendable is not None
    kept = KEPT if brief.follows is not None and brief.formulation is None else ""
    return Section("An amendment will do", (f"{AMEND}{kept}" if can else "",))


def _asked(brief: Brief, most: int) -> str:
    if brief.follows is None:
        return ""
    lines = [f"- {shorten(one, most, placeholder=' …')}" for one in brief.follows.statements]
    if not brief.follows.accepted:
        lines.append("(the last of them has no accepted answer)")
    return "\n".join(lines)
