"""Fields in a real browser: turned, cut, and read at a place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fields_seen import WITHIN, bent, in_file, middle, opened, reading, squeezed, turn
from meshes import block_of, write
from playwright.sync_api import Page, expect
from viewing import Serve

from mechagents.view.returned import Returned, read_returned


@pytest.fixture
def solid(runs: Path) -> Returned:
    """Return a block of curved elements, as the only attempt of the run ``plate``."""
    attempts = runs / "plate" / "attempts"
    for file in attempts.glob("*/fields.vtu"):
        file.unlink()
    points, _ = block_of("hexahedron27", 4)
    (attempts / "2" / "formulation.json").unlink()
    return write(
        attempts / "2", "hexahedron27", 4, displacement=bent(points), stress=squeezed(points)
    )


def test_a_solid_is_turned_and_read_within_a_thousandth_of_the_file(
    solid: Returned, serve: Serve, runs: Path, browser_page: Page
) -> None:
    opened(browser_page, serve(runs))
    before = browser_page.locator(".field-canvas").screenshot()
    turn(browser_page, 150, -60)
    assert browser_page.locator(".field-canvas").screenshot() != before
    browser_page.mouse.click(*middle(browser_page))
    value, x = reading(browser_page)
    assert value == pytest.approx(np.linalg.norm(bent(x[None])), rel=WITHIN)
    # The place is on the surface: one of its coordinates is 0 or 1.
    assert np.minimum(np.abs(x), np.abs(x - 1)).min() < 1e-6
    browser_page.get_by_label("Field", exact=True).select_option(label="stress von Mises")
    expect(browser_page.locator(".field-value")).to_contain_text("von Mises")
    value, again = reading(browser_page)
    assert again == pytest.approx(x)
    assert value == pytest.approx(in_file(solid, "von_mises", x), rel=WITHIN)


def test_a_cut_shows_the_inside_and_is_read_there(
    solid: Returned, serve: Serve, runs: Path, browser_page: Page
) -> None:
    opened(browser_page, serve(runs))
    browser_page.locator("summary", has_text="Cut").click()
    with browser_page.expect_response(lambda answer: "/section" in answer.url):
        browser_page.get_by_label("Cut", exact=True).select_option(label="Across y")
    browser_page.wait_for_timeout(500)
    browser_page.mouse.click(*middle(browser_page))
    value, x = reading(browser_page)
    assert x[1] == pytest.approx(0.5, abs=1e-6)
    assert value == pytest.approx(np.linalg.norm(bent(x[None])), rel=WITHIN)


def test_the_keyboard_turns_the_body_and_reads_at_the_cross(
    solid: Returned, serve: Serve, runs: Path, browser_page: Page
) -> None:
    opened(browser_page, serve(runs))
    canvas = browser_page.locator(".field-canvas")
    canvas.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "+", "Enter"):
        browser_page.keyboard.press(key)
    value, x = reading(browser_page)
    assert value == pytest.approx(np.linalg.norm(bent(x[None])), rel=WITHIN)
    browser_page.keyboard.press("Escape")
    expect(browser_page.locator(".field-value")).to_have_count(0)


def test_the_plate_is_shown_flat_and_its_largest_stress_is_found(
    serve: Serve, runs: Path, browser_page: Page
) -> None:
    opened(browser_page, serve(runs))
    returned = read_returned(runs / "plate" / "attempts" / "2")
    browser_page.locator("summary", has_text="The field in words").click()
    browser_page.get_by_label("Show where stress xx is largest").click()
    expect(browser_page.locator(".field-value")).to_contain_text("stress xx")
    value, x = reading(browser_page)
    assert value == pytest.approx(returned.steps[0].points["stress"][:, 0].max(), rel=WITHIN)
    assert x[2] == 0
    code = browser_page.locator(".field-reading dl code")
    assert float(code.get_attribute("data-value") or "nan") == pytest.approx(value)


def test_without_webgl_the_extremes_are_told_in_words(
    serve: Serve, runs: Path, browser_page: Page
) -> None:
    browser_page.add_init_script(
        "HTMLCanvasElement.prototype.getContext = function () { return null; };"
    )
    served = serve(runs)
    browser_page.goto(served.at("/runs/plate") + "#fields")
    expect(browser_page.get_by_role("alert").filter(has_text="no WebGL2")).to_be_visible()
    expect(browser_page.get_by_text("Smallest and largest of each field")).to_be_visible()
