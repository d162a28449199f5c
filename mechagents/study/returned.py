"""A sample that failed a check goes back to the team once."""

from __future__ import annotations

import anyio

from mechagents.answer import Outcome
from mechagents.errors import MechagentsError
from mechagents.messages import Answer, Problem
from mechagents.run import resume, solve
from mechagents.study.base import base_of, has_begun, team_of
from mechagents.study.folder import Base, StudyFolder
from mechagents.study.sample import FIELDS, Order, Ran, meant
from mechagents.team import Team


def solve_again(
    base: Base, order: Order, failed: Ran, folder: StudyFolder, team: Team | None = None
) -> Ran:
    """Return what the team made of a sample: its accepted answer, or why there is none.

    Args:
        base: The study's first answer, whose team it goes back to.
        order: The sample.
        failed: What became of it.
        folder: The study's, where the team's run and the fields are kept.
        team: Who solves it; None: those who answered first, as their run's log names them.
    """
    where = folder.returned(order.sample)
    try:
        outcome = anyio.run(_solved, base, order, folder, team or team_of(base))
        if isinstance(outcome, Answer) and outcome.accepted:
            again = base_of(where)
            made = [where / name for name in outcome.artifacts if name.endswith(FIELDS)]
            if order.keep_fields and made:
                folder.keep_fields(order.sample, made[0].read_bytes())
            return Ran(
                sample=order.sample,
                status="passed",
                reason=f"sent back to the team, which mended it; before: {failed.reason}",
                quantities=outcome.quantities,
                claim_level=outcome.claim_level,
                checks=len(outcome.checks),
                seconds=round(failed.seconds + outcome.usage.seconds, 4),
                returned=True,
                program=again.program_hash,
            )
        told = outcome.note if isinstance(outcome, Answer) else outcome.message
    except MechagentsError as error:
        told = str(error)
    reason = f"{failed.reason}; sent back to the team, which has no accepted answer: {told}"
    return failed.model_copy(update={"reason": reason, "returned": True})


async def _solved(base: Base, order: Order, folder: StudyFolder, team: Team) -> Outcome:
    where = folder.returned(order.sample)
    if has_begun(where):
        return await resume(where, team)
    formulation = meant(order)
    problem = Problem(
        statement=f"{formulation.title}: sample {order.sample} of a study, whose program failed "
        "a check with these values",
        name=f"sample-{order.sample}",
        formulation=formulation,
        settings=order.settings,
        tolerance=order.tolerance,
        level=base.level,
    )
    return await solve(problem, team, folder=where)
