"""The report of a run: one page of HTML that needs nothing from outside and runs no script."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from mechagents.messages import Envelope
from mechagents.report.sheet import Figures, Sheet, gather
from mechagents.report.text import visible

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

FILE = "report.html"


def write_report(
    folder: Path,
    envelopes: Sequence[Envelope],
    *,
    chain: str = "",
    figures: Figures | None = None,
) -> Path:
    """Write ``report.html`` into a run's folder and return its path.

    Args:
        folder: The run's folder; it must exist.
        envelopes: The conversation from its start, in order.
        chain: The last hash of its log, which names the run.
        figures: The fields, as ``mechagents.files.report.figures_of`` draws them; None shows
            the pictures that the program left.

    Raises:
        OSError: If the page cannot be written.
    """
    text = render(gather(folder, envelopes, chain=chain, figures=figures))
    path = folder / FILE
    partial = folder / f".{FILE}.partial"
    partial.write_text(text, encoding="utf-8", newline="\n")
    return partial.replace(path)


def report_page(
    folder: Path,
    envelopes: Sequence[Envelope],
    *,
    chain: str = "",
    figures: Figures | None = None,
) -> str:
    """Return the page of a run; its arguments are those of ``write_report``."""
    return render(gather(folder, envelopes, chain=chain, figures=figures))


def render(sheet: Sheet) -> str:
    """Return a report as a page. Whatever it says is escaped."""
    from markupsafe import Markup

    return (
        _environment()
        .from_string(_resource("report.html.j2"))
        .render(
            sheet=sheet.plain(),
            css=Markup(stylesheet() + _foot(sheet.identity)),
            shown={name: _shown(name, data) for name, data in sheet.files.items()},
            sizes={
                name: _size(data) for name, data in sheet.files.items() if name.endswith(".png")
            },
        )
    )


def _foot(identity: str) -> str:
    """Return the style that puts what names the run at the foot of every printed page."""
    # As numbers, no character can end the string, or the element that the style stands in.
    written = "".join(f"\\{ord(letter):x} " for letter in visible(identity))
    return f'@media print {{ @page {{ @bottom-left {{ content: "{written}"; }} }} }}\n'


def stylesheet() -> str:
    """Return the style of the page and its drawings, dark where the reader's screen is."""
    return "".join(map(_resource, ("report.css", "drawing.css", "print.css")))


def _resource(name: str) -> str:
    return files("mechagents.report").joinpath(name).read_text(encoding="utf-8")


def _shown(name: str, data: bytes) -> str | Markup:
    """Return a drawing as an element of the page, and a picture as its address."""
    from markupsafe import Markup

    if name.endswith(".svg"):
        # Drawings escape whatever they are given; see svg.Canvas.
        return Markup(data.decode())
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")


def _size(data: bytes) -> tuple[int, int]:
    from mechagents.report.pictures import png_size

    return png_size(data)


def _environment() -> Environment:
    from jinja2 import Environment, StrictUndefined

    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
