"""Page, PDF and terminal have the numbers of the answer: in their row, their column, their unit."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
import report_conversations as made
from pypdf import PdfReader
from test_report_pdf import WHEN, sheet_of

from mechagents.messages import Answer, Check, Quantity
from mechagents.report import print_summary
from mechagents.report.html import render
from mechagents.report.pdf import typeset
from mechagents.report.sheet import Sheet

Row = tuple[str, ...]
QUANTITIES = (
    Quantity(name="reaction_right", value=1.842137e9, unit="N/m", error_bound=8.4321e6,
             claim_level="verified"),
    Quantity(name="sag", value=-3.7194862e-3, unit="m", error_bound=4.444e-5,
             claim_level="converged"),
    Quantity(name="peak", value=21.5910662e6, unit="Pa", claim_level="consistent"),
    Quantity(name="share", value=0.123456789, unit="1", error_bound=2.15e-3,
             claim_level="verified"),
)  # fmt: skip
CHECKS = (
    Check(name="equilibrium:forces", passed=True, value=3.92e-7, tolerance=1e-5, message="one"),
    Check(name="convergence:sag", passed=False, value=0.0119, tolerance=0.02, message="two"),
)
PREFIXES = {"": 0, "k": 3, "M": 6, "G": 9, "T": 12, "m": -3, "µ": -6, "n": -9}


def answered() -> Answer:
    return made.answer(quantities=QUANTITIES, checks=CHECKS)


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    *before, last = made.success()
    return sheet_of([*before, replace(last, message=answered())], tmp_path)


class Tables(HTMLParser):
    """The rows of every table of a page, by the titles of their columns."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[dict[str, str]] = []
        self._heads: list[str] = []
        self._cells: list[str] = []
        self._at = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._heads = []
        elif tag == "tr":
            self._cells = []
        elif tag in ("th", "td"):
            self._at = tag
            (self._heads if tag == "th" else self._cells).append("")
        elif tag == "br":
            self._at = ""  # what explains a cell

    def handle_endtag(self, tag: str) -> None:
        # Where one signs, rows have heads of their own.
        if tag == "tr" and self._cells and len(self._cells) == len(self._heads):
            self.rows.append(dict(zip(self._heads, self._cells, strict=True)))
        if tag in ("th", "td"):
            self._at = ""

    def handle_data(self, data: str) -> None:
        if self._at == "th":
            self._heads[-1] += data
        elif self._at == "td":
            self._cells[-1] += data


def page_rows(sheet: Sheet, *columns: str) -> list[Row]:
    """Return some columns of every table of the page that has them all."""
    every = Tables(render(sheet).split("<main>")[1]).rows
    return [tuple(row[c].strip() for c in columns) for row in every if set(columns) <= set(row)]


def paper_lines(sheet: Sheet) -> list[str]:
    """Return the lines of the PDF as they stand, columns apart."""
    reader = PdfReader(io.BytesIO(typeset(sheet, WHEN)))
    texts = [page.extract_text(extraction_mode="layout") for page in reader.pages]
    return "\n".join(texts).replace("\u200b", "").splitlines()


def paper_rows(sheet: Sheet, first: str, columns: int) -> list[Row]:
    """Return the lines of the PDF that begin with a word and have so many columns."""
    cells = [tuple(re.split(r"\s{2,}", line.strip())) for line in paper_lines(sheet)]
    return [row for row in cells if row[0] == first and len(row) == columns]


def terminal_rows() -> list[Row]:
    file = io.StringIO()
    print_summary(answered(), Path("runs/one"), file=file, width=120)
    lines = file.getvalue().splitlines()
    cells = [tuple(re.split(r"\s{2,}", line.strip())) for line in lines]
    names = {q.name for q in QUANTITIES}
    return [row for row in cells if row[0] in names and len(row) == 4]


def number(text: str, unit: str) -> tuple[Decimal, Decimal]:
    """Return a number with its unit as it is printed, and what its last digit stands for."""
    unit = "" if unit == "1" else unit
    found = re.fullmatch(rf"(-?\d+)(?:\.(\d+))?\s*([kMGTmµn]?){re.escape(unit)}", text)
    assert found, f"{text!r} is no number of {unit!r}"
    whole, decimals, prefix = found.groups()
    assert unit or not prefix
    place = Decimal(1).scaleb(PREFIXES[prefix] - len(decimals or ""))
    return Decimal(whole + (decimals or "")) * place, place


def check_printed(value: str, bound: str, level: str, q: Quantity) -> None:
    """Hold a printed quantity to the answer's: rounded to its last digit, its bound upwards."""
    shown, place = number(value, q.unit)
    assert abs(shown - Decimal(repr(q.value))) <= place / 2
    assert level == q.claim_level
    if q.error_bound is None:
        assert bound == "not known"
        return
    found = re.fullmatch(r"± (.*?)(?: \(([\d.e+-]+) %\))?", bound)
    assert found
    wide, step = number(found.group(1), q.unit)
    assert 0 <= wide - Decimal(repr(q.error_bound)) < step
    if found.group(2):
        share = 100 * q.error_bound / abs(q.value)
        assert float(found.group(2)) == pytest.approx(share, rel=0.05)


def test_the_page_has_each_quantity_in_its_columns(sheet: Sheet) -> None:
    rows = page_rows(sheet, "quantity", "value", "error bound", "claim level")
    assert [row[0] for row in rows] == [q.name for q in QUANTITIES]
    for row, q in zip(rows, QUANTITIES, strict=True):
        check_printed(*row[1:], q)


def test_the_paper_has_each_quantity_in_its_columns(sheet: Sheet) -> None:
    for q in QUANTITIES:
        row = paper_rows(sheet, q.name, 4)[0]  # the front page comes first
        check_printed(*row[1:], q)


def test_the_terminal_has_each_quantity_in_its_columns() -> None:
    rows = terminal_rows()
    assert [row[0] for row in rows] == [q.name for q in QUANTITIES]
    for row, q in zip(rows, QUANTITIES, strict=True):
        check_printed(*row[1:], q)


def test_page_and_paper_record_each_number_without_rounding(sheet: Sheet) -> None:
    columns = ("quantity", "recorded value", "error bound", "unit", "claim level")
    bounds = ["" if q.error_bound is None else repr(q.error_bound) for q in QUANTITIES]
    expected = [
        (q.name, repr(q.value), bound, q.unit, q.claim_level)
        for q, bound in zip(QUANTITIES, bounds, strict=True)
    ]
    assert page_rows(sheet, *columns) == expected
    for row in expected:
        filled = tuple(cell for cell in row if cell)
        assert filled in paper_rows(sheet, row[0], len(filled))


def test_page_and_paper_have_each_check_in_its_columns(sheet: Sheet) -> None:
    expected = [
        (c.name, "passed" if c.passed else "failed", f"{c.value:.3g}", f"{c.tolerance:.3g}",
         c.message)
        for c in CHECKS
    ]  # fmt: skip
    rows = page_rows(sheet, "check", "result", "value", "tolerance", "meaning")
    assert [row for row in rows if row[-1] in ("one", "two")] == expected
    for row in expected:
        assert row in paper_rows(sheet, row[0], 5)


def test_page_and_paper_have_each_reading_with_its_value(sheet: Sheet) -> None:
    rows = page_rows(sheet, "choice", "chosen", "other reading", "would give")
    expected = ("idealisation", "plane stress", "plane strain", "reaction_right 2.010 GN/m, +9.1%")
    assert expected in rows
    assert expected in paper_rows(sheet, "idealisation", 4)
