"""The report as plain data, gathered once and rendered twice: as a page and as a PDF."""

from mechagents.report.sheet.found import Figure, Figures, Undrawn
from mechagents.report.sheet.gather import gather
from mechagents.report.sheet.parts import Sheet

__all__ = ["Figure", "Figures", "Sheet", "Undrawn", "gather"]
