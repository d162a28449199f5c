"""The PDF says what the page says, and what others wrote is never read as markup."""

from __future__ import annotations

import io
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import report_conversations as made
from pypdf import PdfReader
from test_report_html import EVIL, Page, hostile

from mechagents.errors import UsageError
from mechagents.messages import Envelope
from mechagents.report.html import render
from mechagents.report.pdf import LONGEST_LINE, breakable, require_typst, typeset
from mechagents.report.sheet import Figure, Sheet, gather
from mechagents.report.sheet.parts import Listing, Section, Words

WHEN = datetime(2026, 3, 2, 9, 31, tzinfo=UTC)
MARKUP = (
    '#import "@preview/x:1.0.0"\n]] #panic() $x^2$ *bold* _it_ @ref <label> #read("/etc/passwd") '
    "\\u{41} // gone /* gone */ `raw` ```raw``` \x1b[31m\x00\u202e"
)


def pages(sheet: Sheet) -> list[str]:
    reader = PdfReader(io.BytesIO(typeset(sheet, WHEN)))
    return [page.extract_text() for page in reader.pages]


def squeezed(text: str) -> str:
    """Return text without blanks and places to break, which set lines differ in."""
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def sheet_of(envelopes: list[Envelope], folder: Path, **more: object) -> Sheet:
    return gather(folder, envelopes, chain="ab" * 32, **more)  # type: ignore[arg-type]


def one_section(*parts: object) -> Sheet:
    return Sheet("Title", "run", "run", (Section("Section", tuple(parts)),))  # type: ignore[arg-type]


def cells(sheet: Sheet) -> list[str]:
    """Return every line of every cell of every table."""
    tables = [p for s in sheet.sections for p in s.parts if p.kind == "table"]
    return [line for t in tables for row in t.rows for cell in row for line in cell if line]


@pytest.mark.parametrize("make", [made.success, made.failure])
def test_both_renderings_have_every_cell_of_every_table(tmp_path: Path, make):
    sheet = sheet_of(make(), made.with_picture(tmp_path))
    page, paper = squeezed(Page(render(sheet)).words), squeezed("".join(pages(sheet)))
    assert len(cells(sheet)) > 20
    for cell in cells(sheet):
        assert squeezed(cell) in page
        assert squeezed(cell) in paper


def test_the_first_page_has_question_answer_readings_and_signatures(tmp_path: Path):
    first = squeezed(pages(sheet_of(made.success(), tmp_path))[0])
    for expected in (
        "A copper plate with a hole is stretched by 20 mm: what force?",
        "Claim level: converged", "1.8421 GN/m", "± 0.0085 GN/m (0.46 %)",
        "plane stress, per metre of thickness", "plane strain", "reaction_right 2.010 GN/m, +9.1%",
        "Prepared", "Checked", "Approved", "signature", "ab" * 32,
    ):  # fmt: skip
        assert squeezed(expected) in first


def test_every_page_names_the_run(tmp_path: Path):
    every = pages(sheet_of(made.success(), tmp_path))
    assert len(every) > 1
    for number, text in enumerate(every, start=1):
        assert f"{number} / {len(every)}" in text
        assert "copper-1, log abababab" in text


def test_a_failed_run_is_typeset_with_nothing_to_sign(tmp_path: Path):
    text = "".join(pages(sheet_of(made.failure(), tmp_path)))
    assert "The run ended without an answer: budget" in text
    assert "Approved" not in text


@pytest.mark.parametrize("length", [0, 1, 3, 5, 9, 22])
def test_any_beginning_of_a_conversation_is_typeset(tmp_path: Path, length: int):
    assert pages(sheet_of(made.success()[:length], tmp_path))


def test_markup_of_others_is_set_as_it_is(tmp_path: Path):
    text = squeezed("".join(pages(one_section(Words(MARKUP), Listing((MARKUP,), "output")))))
    for shown in (
        "#import",
        "]]",
        "#panic()",
        "$x^2$",
        "*bold*",
        "<label>",
        "//gone",
        "⟨U+001B⟩[31m",
    ):
        assert text.count(squeezed(shown)) >= 1
    assert '#read("/etc/passwd")' in text
    assert "root:" not in text


def test_a_hostile_run_is_typeset(tmp_path: Path):
    text = squeezed("".join(pages(sheet_of(hostile(), tmp_path))))
    assert "<script>alert(1)</script>" in text
    assert squeezed(EVIL[:20]) in text


def test_long_words_and_lines_stay_on_the_page(tmp_path: Path):
    word, line = "x" * 3000, "y" * 5000
    sheet = one_section(Words(word), Listing((line,), "program"))
    reader = PdfReader(io.BytesIO(typeset(sheet, WHEN)))
    width = float(reader.pages[0].mediabox.width)
    reached: list[float] = []
    for page in reader.pages:
        page.extract_text(
            visitor_text=lambda text, cm, tm, *_: reached.append(
                tm[4] + len(text.strip()) * 4.0 if text.strip() else 0.0
            )
        )
    text = squeezed("".join(page.extract_text() for page in reader.pages))
    assert text.count("x") >= 3000
    assert text.count("y") >= 5000
    assert max(reached) < width


def test_a_listing_keeps_its_lines_apart_from_those_it_is_set_in():
    told = breakable({"kind": "listing", "lines": ["a" * (LONGEST_LINE + 1), "b"]})
    assert told == {"kind": "listing", "lines": [["a" * LONGEST_LINE, "↪ a"], ["b"]]}


def test_the_same_run_gives_the_same_file(tmp_path: Path):
    sheet = sheet_of(made.success(), made.with_picture(tmp_path))
    assert typeset(sheet, WHEN) == typeset(sheet, WHEN)


def test_figures_take_the_place_of_the_programs_pictures(tmp_path: Path):
    figure = Figure("mesh.png", "Mesh: 189 triangles.", made.png(40, 30))
    sheet = sheet_of(made.success(), made.with_picture(tmp_path), figures=(figure,))
    assert {name for name in sheet.files if name.endswith(".png")} == {"mesh.png"}
    assert "Mesh: 189 triangles." in "".join(pages(sheet))


def test_without_typst_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "typst", raising=False)
    monkeypatch.setattr(sys, "path_importer_cache", {})
    with pytest.raises(UsageError, match=r"mechagents\[pdf\]"):
        require_typst()
