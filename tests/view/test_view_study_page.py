"""A study's page in a real browser: what is selected in one plot is selected in all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from viewed_studies import FAILED, begun, ended, record
from viewing import Serve

expect.set_options(timeout=20_000)  # the first look at a dataset loads numerical libraries


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "studies"
    folder.mkdir()
    return folder


def test_what_is_brushed_in_one_plot_is_selected_in_the_table_and_in_all(
    place: Path, serve: Serve, browser_page: Page
) -> None:
    state = ended(place / "plates", 40)
    page = browser_page
    page.goto(serve(place).at("/studies/plates"))
    many, rows = page.locator(".many"), page.locator(".samples")
    expect(many).to_have_text("All 40 samples")
    scatter = page.locator("canvas.plot").first
    box = scatter.bounding_box()
    assert box is not None
    # The left half of the plot, from above to below its frame.
    page.mouse.move(box["x"] + 66, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 66 + (box["width"] - 80) / 2, box["y"] + box["height"] - 61, steps=4)
    page.mouse.up()
    low = [row for row, (modulus, _) in enumerate(state.samples) if modulus < 1.5e9]
    low = [row for row in low if row != FAILED]  # without a value it is in no range
    expect(many).to_have_text(f"{len(low)} of 40 samples selected")
    expect(rows).to_have_attribute("aria-rowcount", str(len(low) + 1))
    page.get_by_role("button", name=re.compile("Remove reaction_right")).click()
    page.get_by_role("button", name=re.compile("Remove modulus")).click()
    expect(many).to_have_text("All 40 samples")
    # The same by typing, without a pointer.
    page.get_by_text("Ranges, to type").press("Enter")
    page.get_by_label("stretch to").fill("0.05")
    page.get_by_label("stretch to").press("Enter")
    short = sum(stretch <= 0.05 for _, stretch in state.samples)
    expect(many).to_have_text(f"{short} of 40 samples selected")


def test_a_row_opens_its_sample_and_one_that_failed_says_why(
    place: Path, serve: Serve, browser_page: Page
) -> None:
    ended(place / "plates")
    page = browser_page
    page.goto(serve(place).at("/studies/plates"))
    page.get_by_role("button", name="only failed").click()
    expect(page.locator(".many")).to_have_text("1 of 12 samples selected")
    page.locator(".samples").press("ArrowDown")
    opened = page.locator(".card.opened")
    expect(opened).to_contain_text(f"Sample {FAILED}")
    expect(opened).to_contain_text("The forces do not balance.")
    expect(opened.locator("tr.failed")).to_contain_text("equilibrium:residual")


def test_a_study_at_work_grows_on_the_page(place: Path, serve: Serve, browser_page: Page) -> None:
    state = begun(place / "plates", done=0)
    page = browser_page
    with state.folder.held():
        page.goto(serve(place).at("/studies/plates"))
        expect(page.locator("#page")).to_contain_text("No sample is done yet.")
        for sample in range(6):
            record(state, sample)
        expect(page.locator(".many")).to_have_text("All 6 samples")
        expect(page.locator("progress.whole")).to_have_attribute("value", "6")
        record(state, 6)
        expect(page.locator(".many")).to_have_text("All 7 samples")
