"""The report of a run with its fields drawn, as a page and as a PDF."""

from __future__ import annotations

from pathlib import Path

from mechagents.diagnostics import get_logger
from mechagents.errors import MechagentsError, UsageError
from mechagents.log import LogReader
from mechagents.report import write_report
from mechagents.report.digest import Tried, digest
from mechagents.report.html import render
from mechagents.report.sheet import Figure, Figures, Sheet, Undrawn, gather
from mechagents.report.text import one_line

DPI = 200
WIDTH, SOLID_WIDTH = 6.4, 8.0
"""Of a figure [inch]; it is shrunk to the page, so letters come out at about 10 pt."""
FIELDS_BYTES = 256 * 2**20
"""The largest ``fields.vtu`` that is drawn; one of the most elements that are takes less."""
logger = get_logger()


def full_sheet(folder: Path, log: LogReader) -> Sheet:
    """Return what the report of a run says, its fields drawn anew from what was checked.

    Args:
        folder: The run's folder.
        log: Its conversation.
    """
    figures = figures_of(folder, log)
    return gather(folder, list(log), chain=log.chain, figures=figures)


def full_page(folder: Path, log: LogReader) -> str:
    """Return the report of a run, its fields drawn, as a page of HTML."""
    return render(full_sheet(folder, log))


def write_full_report(folder: Path, log: LogReader, *, pdf: bool = False) -> list[Path]:
    """Write the report of a run with its fields drawn; return the files that were written.

    Args:
        folder: The run's folder.
        log: Its conversation.
        pdf: Whether to write ``report.pdf`` beside ``report.html``.

    Raises:
        UsageError: If a PDF is asked for and typst is not installed; nothing is written then.
        OSError: If a file cannot be written.
    """
    from mechagents.report.pdf import require_typst, write_pdf

    if pdf:
        require_typst()
    figures = figures_of(folder, log)
    envelopes = list(log)
    page = write_report(folder, envelopes, chain=log.chain, figures=figures)
    if not pdf:
        return [page]
    sheet = gather(folder, envelopes, chain=log.chain, figures=figures)
    return [page, write_pdf(folder, sheet, envelopes[-1].time)]


def figures_of(folder: Path, log: LogReader) -> Figures:
    """Return the mesh and the fields of the attempt that answers, drawn from its files.

    Args:
        folder: The run's folder.
        log: Its conversation.

    Returns:
        Why they are not drawn, where they cannot be.
    """
    by = digest(list(log)).answered_by
    if by is None or by.formulation is None or not by.trials:
        return Undrawn()
    try:
        return _drawn(folder, by)
    except UsageError as error:
        return _undrawn(folder, error.message)
    except (MechagentsError, ValueError, OSError) as error:
        return _undrawn(folder, str(error))
    except Exception as error:  # noqa: BLE001  (a program can make fields that libraries fail on)
        return _undrawn(folder, f"{type(error).__name__}: {error}")


def _undrawn(folder: Path, reason: str) -> Undrawn:
    logger.info("figures_left_out", folder=str(folder), reason=reason)
    return Undrawn(one_line(reason))


def _drawn(folder: Path, by: Tried) -> tuple[Figure, ...]:
    from mechagents.files.solved import read_solved
    from mechagents.files.views import views

    assert by.formulation is not None
    attempt = folder / by.trials[0].execution.folder
    solved = read_solved(by.formulation, attempt, most=FIELDS_BYTES)
    width = SOLID_WIDTH if by.formulation.dimension == 3 else WIDTH
    return tuple(
        Figure(f"{view.name}.png", view.caption, view.png(width, DPI)) for view in views(solved)
    )
