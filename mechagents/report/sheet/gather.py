"""What the report of a run says, gathered from its conversation; the renderers add no words."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from mechagents.messages import Answer, Envelope
from mechagents.report.convergence import Grid, convergence
from mechagents.report.convergence_plot import plot
from mechagents.report.digest import Digest, digest
from mechagents.report.pictures import Embedded, embed
from mechagents.report.sheet import found, front, made, stated, tried
from mechagents.report.sheet.found import Figures, Undrawn
from mechagents.report.sheet.parts import Sheet


def gather(
    folder: Path,
    envelopes: Sequence[Envelope],
    *,
    chain: str = "",
    figures: Figures | None = None,
) -> Sheet:
    """Return the report of a run, whether it has an answer, failed, or has not ended.

    Everything comes from the conversation, apart from the values on coarser meshes, the
    pictures, and the versions of the machine that writes it.

    Args:
        folder: The run's folder.
        envelopes: The conversation from its start, in order.
        chain: The last hash of its log, which names the run.
        figures: The fields, drawn from what the checks were made on, or why they are not; then,
            and for None, the pictures that the program left are shown.
    """
    state = digest(envelopes)
    answer = state.end if isinstance(state.end, Answer) else None
    by = state.answered_by
    grid = convergence(by, folder) if by is not None else None
    files = _drawings(state, grid, answer)
    drawn = () if figures is None or isinstance(figures, Undrawn) else figures
    left = () if drawn else _left(folder, answer)
    files |= {one.name: one.data for one in drawn}
    files |= {name: _data(one) for name, one in left if one.uri}
    identity = made.identity(state, envelopes, folder, chain)
    why = figures if isinstance(figures, Undrawn) else Undrawn()
    f = state.formulation
    sections = (
        front.question(state),
        front.outcome(state),
        front.readings(state),
        front.signatures(state, identity),
        stated.formulation(f, drawn=stated.DRAWING in files) if f is not None else None,
        stated.choices(state),
        found.fields(drawn, state) if drawn else found.pictures(f, left, why),
        found.results(answer, grid, plotted=found.PLOT in files),
        tried.checks(state),
        tried.attempts(state),
        tried.plan(state),
        tried.talk(state),
        made.program(state),
        made.making(state, envelopes),
    )
    return Sheet(
        title=_title(state),
        subtitle=", ".join(_subtitle(state, envelopes)),
        identity=_short(state, envelopes, chain),
        chain=chain,
        whole=figures is not None,
        sections=tuple(one for one in sections if one is not None),
        files=files,
    )


def _title(state: Digest) -> str:
    if state.formulation is not None and state.formulation.title:
        return state.formulation.title
    return state.problem.name if state.problem is not None else "Run"


def _subtitle(state: Digest, envelopes: Sequence[Envelope]) -> list[str]:
    if not envelopes:
        return []
    return [made.run_name(state, envelopes), f"{envelopes[0].time:%d %B %Y}"]


def _short(state: Digest, envelopes: Sequence[Envelope], chain: str) -> str:
    name = made.run_name(state, envelopes).rsplit("/", maxsplit=1)[-1]
    return f"{name}, log {chain[:16]}" if chain else name


def _drawings(state: Digest, grid: Grid | None, answer: Answer | None) -> dict[str, bytes]:
    from mechagents.report.drawing import draw

    f = state.formulation
    drawn = {
        stated.DRAWING: draw(f) if f is not None else "",
        found.PLOT: plot(grid, answer.quantities if answer else ()) if grid is not None else "",
    }
    return {name: text.encode() for name, text in drawn.items() if text}


def _left(folder: Path, answer: Answer | None) -> tuple[tuple[str, Embedded], ...]:
    """Return the pictures of the answer, each with a name of ours."""
    shown = embed(folder, answer.artifacts) if answer is not None else ()
    return tuple((f"picture-{number}.png", one) for number, one in enumerate(shown, start=1))


def _data(picture: Embedded) -> bytes:
    return base64.b64decode(picture.uri.partition(",")[2])
