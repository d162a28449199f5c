"""What browser tests of fields share: what is drawn, where to click, and what was read there."""

from __future__ import annotations

import json
from io import BytesIO

import numpy as np
from matplotlib.image import imread
from playwright.sync_api import Page, expect
from viewing import Served

from mechagents.view.probe import probe
from mechagents.view.returned import Returned

WITHIN = 1e-3


def bent(x: np.ndarray) -> np.ndarray:
    """Return a displacement that quadratic elements hold exactly [m]."""
    return np.stack([-1e-3 * x[:, 0] * x[:, 2], 0 * x[:, 1], 5e-4 * x[:, 0] ** 2], axis=1)


def squeezed(x: np.ndarray) -> np.ndarray:
    """Return a stress that varies over the body [Pa]."""
    one = 1e6 * (1 + x[:, 0] + x[:, 1] ** 2)
    return np.stack([one, 0.5 * one, 0 * one, 0.2 * one, 0.1 * one, 0 * one], axis=1)


def opened(page: Page, served: Served) -> None:
    page.goto(served.at("/runs/plate") + "#fields")
    expect(page.locator(".field[data-state=ready]")).to_be_visible()


def middle(page: Page) -> tuple[float, float]:
    canvas = page.locator(".field-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
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


def drawn(page: Page) -> np.ndarray:
    """Return the picture at rest, without what lies over it, as shares of red, green and blue."""
    page.evaluate(
        """() => {
          document.activeElement.blur();
          const over = ".field-triad, .field-status, .field-marker";
          for (const part of document.querySelectorAll(over)) part.style.visibility = "hidden";
        }"""
    )
    before, now = None, picture_now(page)
    while before is None or not np.array_equal(before, now):
        page.wait_for_timeout(350)  # a body that was moved is drawn sharp again after 250 ms
        before, now = now, picture_now(page)
    return now


def picture_now(page: Page) -> np.ndarray:
    """Return the picture as it is drawn now, shape (height, width, 3)."""
    png = page.locator(".field-canvas").screenshot()
    return np.asarray(imread(BytesIO(png)))[..., :3]


def background(picture: np.ndarray) -> np.ndarray:
    """Return the colour beside the body."""
    return picture[6, 6]


def extent(picture: np.ndarray) -> tuple[float, float]:
    """Return how wide and how high the body is drawn [px]."""
    inner = picture[4:-4, 4:-4]
    body = (np.abs(inner - background(picture)) > 0.05).any(axis=2)
    across, down = np.flatnonzero(body.any(axis=0)), np.flatnonzero(body.any(axis=1))
    return float(np.ptp(across) + 1), float(np.ptp(down) + 1)


def read_at(page: Page, x: float, y: float) -> tuple[float, np.ndarray]:
    """Click at a place of the picture [px] and return what is read there, and forget it."""
    box = page.locator(".field-canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + x, box["y"] + y)
    found = reading(page)
    page.keyboard.press("Escape")
    expect(page.locator(".field-value")).to_have_count(0)
    return found
