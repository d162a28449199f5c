"""The report of a run: one page of HTML that needs nothing from outside and runs no script."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from mechagents.messages import Answer, Envelope
from mechagents.report import page
from mechagents.report.convergence import convergence
from mechagents.report.digest import Digest, digest
from mechagents.report.numbers import ratio
from mechagents.report.page import Section
from mechagents.report.pictures import Embedded, embed
from mechagents.report.summary import open_words
from mechagents.report.text import visible
from mechagents.report.words import (
    CLAIM_MEANING,
    CLAIM_TONE,
    LIMIT_OF_VERIFICATION,
    settings_words,
    spaced,
)

if TYPE_CHECKING:
    from jinja2 import Environment

FILE = "report.html"
_WORDS: dict[str, object] = {
    "page": page,
    "ratio": ratio,
    "settings_words": settings_words,
    "claim_meaning": CLAIM_MEANING,
    "open_words": open_words,
    "claim_tone": CLAIM_TONE,
    "limit_of_verification": LIMIT_OF_VERIFICATION,
}
"""What the template calls to put things in words."""


def write_report(folder: Path, envelopes: Sequence[Envelope]) -> Path:
    """Write ``report.html`` into a run's folder and return its path.

    Args:
        folder: The run's folder; it must exist.
        envelopes: The conversation from its start, in order.

    Raises:
        OSError: If the page cannot be written.
    """
    text = report_page(folder, envelopes)
    path = folder / FILE
    partial = folder / f".{FILE}.partial"
    partial.write_text(text, encoding="utf-8", newline="\n")
    return partial.replace(path)


def report_page(folder: Path, envelopes: Sequence[Envelope]) -> str:
    """Return the page of a run.

    Everything on the page comes from the conversation, apart from the pictures that the
    answer lists and the versions of the machine that writes it. A run that failed, or has
    not ended, gets a page too.

    Args:
        folder: The run's folder.
        envelopes: The conversation from its start, in order.
    """
    state = digest(envelopes)
    shown = state.end.artifacts if isinstance(state.end, Answer) else ()
    by = state.answered_by
    meshes = convergence(by, folder) if by is not None else None
    return render(state, envelopes, embed(folder, shown), meshes)


def render(
    state: Digest,
    envelopes: Sequence[Envelope],
    pictures: tuple[Embedded, ...] = (),
    meshes: Section | None = None,
) -> str:
    """Return the page for what came of a run.

    Args:
        state: What came of the run.
        envelopes: Its conversation.
        pictures: Pictures to embed.
        meshes: Values by mesh size, if there is more than one.
    """
    from markupsafe import Markup

    from mechagents.report.drawing import draw

    environment = _environment()
    f = state.formulation
    return environment.from_string(_resource("report.html.j2")).render(
        state=state,
        envelopes=envelopes,
        pictures=pictures,
        mesh_table=meshes,
        **_WORDS,
        css=Markup(stylesheet()),
        # The drawing escapes whatever it is given; see svg.Canvas.
        drawing=Markup(draw(f)) if f is not None else "",
    )


def stylesheet() -> str:
    """Return the style of the page and its drawing, dark where the reader's screen is."""
    return _resource("report.css")


def _resource(name: str) -> str:
    return files("mechagents.report").joinpath(name).read_text(encoding="utf-8")


def _environment() -> Environment:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["spaced"] = spaced
    return environment


def _finalize(value: object) -> object:
    """Make hidden characters visible in whatever the page shows, on its way to be escaped."""
    from markupsafe import Markup

    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
