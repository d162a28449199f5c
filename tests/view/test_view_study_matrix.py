"""The matrix of pairs in a real browser: brushed by pointer and keys, and told in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from scipy.stats import spearmanr
from viewed_studies import FAILED, ended
from viewing import Serve

from mechagents.study import StudyState

expect.set_options(timeout=20_000)  # the first look at a dataset loads numerical libraries

SAMPLES = 40
COLUMNS = ["modulus", "stretch", "reaction_right", "stiffness"]
GAP, INNER, DOT = 3, 0.06, 5


@pytest.fixture
def state(tmp_path: Path) -> StudyState:
    return ended(tmp_path / "studies" / "plates", SAMPLES)


@pytest.fixture
def shown(state: StudyState, serve: Serve, browser_page: Page) -> Locator:
    """Return the matrix of a study of which no sample is selected."""
    browser_page.goto(serve(state.folder.path.parent).at("/studies/plates"))
    matrix = browser_page.locator("canvas.matrix[data-drawn]")
    expect(matrix).to_have_attribute("data-columns", " ".join(COLUMNS))
    matrix.scroll_into_view_if_needed()
    return matrix


def cell(matrix: Locator, row: int, column: int) -> tuple[float, float, float, float]:
    """Return left, top, width and height of a plot, from the matrix's corner [px]."""
    box = matrix.bounding_box()
    assert box is not None
    wide, tall = box["width"] / len(COLUMNS), box["height"] / len(COLUMNS)
    return column * wide + GAP, row * tall + GAP, wide - 2 * GAP, tall - 2 * GAP


def drag(page: Page, matrix: Locator, row: int, column: int, ends: tuple[float, ...]) -> None:
    """Drag in a plot from one place to another, given as shares of its sides from the corner."""
    box = matrix.bounding_box()
    assert box is not None
    left, top, wide, tall = cell(matrix, row, column)
    x, y = box["x"] + left, box["y"] + top
    page.mouse.move(x + ends[0] * wide, y + ends[1] * tall)
    page.mouse.down()
    page.mouse.move(x + ends[2] * wide, y + ends[3] * tall, steps=4)
    page.mouse.up()


def wait_until_drawn(page: Page) -> None:
    """Wait for the pictures of what was selected: each is drawn with the next frame."""
    twice = "done => requestAnimationFrame(() => requestAnimationFrame(done))"
    page.evaluate(f"() => new Promise({twice})")


def shares(values: np.ndarray) -> np.ndarray:
    low, high = np.nanmin(values), np.nanmax(values)
    return (values - low + INNER * (high - low)) / ((high - low) * (1 + 2 * INNER))


def values(state: StudyState) -> dict[str, np.ndarray]:
    modulus, stretch = state.samples.T
    force = modulus * stretch
    force[FAILED] = np.nan
    return dict(zip(COLUMNS, (modulus, stretch, force, force / stretch), strict=True))


def colours(matrix: Locator, at: list[tuple[float, float]]) -> list[tuple[int, ...]]:
    """Return the colours of pixels of the matrix."""
    found = matrix.evaluate(
        """(canvas, at) => {
          const context = canvas.getContext("2d");
          const sharp = devicePixelRatio;
          return at.map(([x, y]) =>
            [...context.getImageData(Math.round(x * sharp), Math.round(y * sharp), 1, 1).data]);
        }""",
        at,
    )
    return [tuple(colour) for colour in found]


def dots(matrix: Locator, x: np.ndarray, y: np.ndarray, row: int, column: int) -> np.ndarray:
    """Return where the dots of samples are drawn in a plot, their middles [px]."""
    left, top, wide, tall = cell(matrix, row, column)
    across = left + shares(x) * (wide - DOT) + DOT / 2
    return np.stack([across, top + (1 - shares(y)) * (tall - DOT) + DOT / 2], axis=1)


def test_what_is_brushed_in_one_plot_is_selected_in_every_other(
    state: StudyState, shown: Locator, browser_page: Page
) -> None:
    page, known = browser_page, values(state)
    lines = page.locator("canvas.plot.sideways")
    wait_until_drawn(page)
    before = lines.evaluate("canvas => canvas.toDataURL()")
    # The lower left quarter of stretch over modulus.
    drag(page, shown, 1, 0, (0.0, 0.5, 0.5, 1.0))
    kept = (shares(known["modulus"]) < 0.5) & (shares(known["stretch"]) < 0.5)
    assert 3 < kept.sum() < SAMPLES / 2
    expect(page.locator(".many")).to_have_text(f"{kept.sum()} of {SAMPLES} samples selected")
    expect(page.locator(".samples")).to_have_attribute("aria-rowcount", str(kept.sum() + 1))
    wait_until_drawn(page)
    assert lines.evaluate("canvas => canvas.toDataURL()") != before
    # Of stiffness over force, the dots of the selected samples alone are strong.
    at = dots(shown, known["reaction_right"], known["stiffness"], 3, 2)
    there = np.isfinite(at).all(axis=1)
    found = colours(shown, at[there].tolist())
    strong = {c for c, k in zip(found, kept[there], strict=True) if k}
    apart = np.linalg.norm(at[:, None] - at[kept & there][None], axis=2).min(axis=1) > 2 * DOT
    weak = {c for c, k, far in zip(found, kept[there], apart[there], strict=True) if not k and far}
    assert strong
    assert weak
    assert not strong & weak


def test_a_stretch_of_the_diagonal_selects_by_one_column_alone(
    state: StudyState, shown: Locator, browser_page: Page
) -> None:
    drag(browser_page, shown, 1, 1, (0.0, 0.4, 0.5, 0.8))
    kept = (shares(values(state)["stretch"]) < 0.5).sum()
    expect(browser_page.locator(".many")).to_have_text(f"{kept} of {SAMPLES} samples selected")
    assert browser_page.locator(".chosen .chip").filter(has_text="modulus").count() == 0


def test_the_keyboard_brushes_and_shows_a_pair_large(
    state: StudyState, shown: Locator, browser_page: Page
) -> None:
    page, known = browser_page, values(state)
    shown.focus()
    for key in ("ArrowDown", "ArrowRight", " "):
        page.keyboard.press(key)
    x, y = shares(known["stretch"]), shares(known["reaction_right"])
    inner = (abs(x - 0.5) <= 0.25) & (abs(y - 0.5) <= 0.25)
    many = page.locator(".many")
    expect(many).to_have_text(f"{inner.sum()} of {SAMPLES} samples selected")
    spoken = page.locator("section[aria-label='Every pair'] [role=status]")
    expect(spoken).to_contain_text(f"reaction_right over stretch: {inner.sum()} of {SAMPLES}")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("+")
    moved = (abs(x - 0.6) <= 0.3) & (abs(y - 0.5) <= 0.3)
    expect(many).to_have_text(f"{moved.sum()} of {SAMPLES} samples selected")
    page.keyboard.press("Enter")
    expect(page.locator("select[name=x]")).to_have_value("stretch")
    expect(page.locator("select[name=y]")).to_have_value("reaction_right")
    page.keyboard.press("Escape")
    expect(many).to_have_text(f"All {SAMPLES} samples")


def test_the_pairs_are_told_in_words_of_the_columns_that_are_chosen(
    state: StudyState, shown: Locator, browser_page: Page
) -> None:
    page, known = browser_page, values(state)
    page.get_by_text("The pairs in words").press("Enter")
    rows = page.locator("table.pairs-table tbody tr")
    expect(rows).to_have_count(6)
    there = np.isfinite(known["reaction_right"])
    expected = spearmanr(known["modulus"][there], known["reaction_right"][there]).statistic
    told = rows.filter(has_text="reaction_right").filter(has_text="modulus").locator("td").last
    assert float(told.text_content() or "nan") == pytest.approx(expected, abs=6e-4)
    page.get_by_text("Columns, up to 8").press("Enter")
    page.get_by_role("checkbox", name="stretch").uncheck()
    expect(shown).to_have_attribute("data-columns", "modulus reaction_right stiffness")
    expect(rows).to_have_count(3)
