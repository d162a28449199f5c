"""Fields in a real browser: turned, cut, and read at a place."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from meshes import block_of, write
from playwright.sync_api import Page, expect
from viewing import Serve, Served

from mechagents.view.probe import probe
from mechagents.view.returned import Returned, read_returned

WITHIN = 1e-3


def bent(x: np.ndarray) -> np.ndarray:
    """Return a displacement that quadratic elements hold exactly [m]."""
    return np.stack([-1e-3 * x[:, 0] * x[:, 2], 0 * x[:, 1], 5e-4 * x[:, 0] ** 2], axis=1)


def squeezed(x: np.ndarray) -> np.ndarray:
    """Return a stress that varies over the body [Pa]."""
    one = 1e6 * (1 + x[:, 0] + x[:, 1] ** 2)
    return np.stack([one, 0.5 * one, 0 * one, 0.2 * one, 0.1 * one, 0 * one], axis=1)


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


def opened(page: Page, served: Served) -> None:
    page.goto(served.at("/runs/plate") + "#fields")
    expect(page.locator(".field[data-state=ready]")).to_be_visible()


def middle(page: Page) -> tuple[float, float]:
    box = page.locator(".field-canvas").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def turn(page: Page, right: float, down: float) -> None:
    """Drag over the picture by pixels."""
    x, y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=5)
    page.mouse.up()


def reading(page: Page) -> tuple[float, np.ndarray]:
    """Return the value that is read, and where, in the undeformed body."""
    value = page.locator(".field-value")
    expect(value).to_be_visible()
    number, x = value.get_attribute("data-value"), value.get_attribute("data-x")
    assert number is not None
    assert x is not None
    return float(number), np.array(json.loads(x))


def in_file(returned: Returned, name: str, x: np.ndarray) -> float:
    """Return a component of the file's field at a place, in whatever element that lies."""
    for element in range(len(returned.cell)):
        corners = returned.x[returned.blocks[0].nodes[element]]
        margin = 1e-6
        if (corners.min(axis=0) - margin <= x).all() and (x <= corners.max(axis=0) + margin).all():
            found = probe(returned, returned.steps[-1], element, x)
            return next(r.value for r in found.readings if r.component.name == name)
    raise AssertionError(f"{x} lies in no element")


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
