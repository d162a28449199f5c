"""Every page of the viewer can be read and used: contrast, names, width, and the keyboard."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from viewed_studies import ended
from viewing import Serve, Served

from mechagents import Budget, full_team, read_log, solve_sync
from mechagents.problems import load_problem

AUDIT = (Path(__file__).parent / "readable.js").read_text(encoding="utf-8")
WIDE, PHONE = (1280, 900), (390, 844)
MOST_STOPS = 150


@pytest.fixture
def place(runs: Path) -> Path:
    """Return a folder with an answered run, one that waits, one without an answer and a study."""
    shutil.copytree(runs / "plate", runs / "other")
    ended(runs / "plates", 12)
    held = load_problem("plate-tension").model_copy(update={"level": "computed"})
    solve_sync(held, full_team(approve=("plan",)), folder=runs / "asks")
    solve_sync(held, full_team(stop=Budget(model_calls=1)), folder=runs / "spent")
    return runs


def pages(place: Path) -> dict[str, str | None]:
    """Return the addresses of all pages, and what to open in them."""
    at = read_log(place / "plate").envelopes_of("formulation")[0].seq
    tabs = ("overview", "programs", "checks", "fields", "files", "conversation")
    return {
        "/": None,
        **{f"/runs/plate#{tab}": None for tab in tabs},
        f"/runs/plate#conversation/{at}": "Fork from here",
        "/runs/asks": "Or send it back",
        "/runs/spent": "Other limits",
        "/studies/plates": "Ranges, to type",
        "/compare?a=plate&b=other": None,
    }


def show(page: Page, served: Served, address: str, opens: str | None) -> None:
    page.goto("about:blank")
    page.goto(f"{served.origin}{address}")
    page.locator("#page > .page:not([aria-busy])").wait_for()
    page.wait_for_load_state("networkidle") if "fields" not in address else page.locator(
        ".field-side"
    ).wait_for()
    if opens:
        page.get_by_text(opens).first.click()
        if opens.startswith("Fork"):
            page.get_by_label("Edit it").check()
            page.locator(".edits textarea").first.wait_for()
    page.evaluate("document.fonts.ready")


def entered(browser: Browser, served: Served, **options: Any) -> Page:
    page = browser.new_context(**options).new_page()
    page.goto(served.at("/"))
    return page


PLANTED = """<main><p style="color: #888">pale</p><button></button><input>
<p style="width: 2000px">wide</p><p style="color: #767676">dark enough</p>
<p style="background: #000; color: #666">pale, too</p></main>"""


def test_what_cannot_be_read_is_found(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(PLANTED)
    found = " ".join(page.evaluate(AUDIT))
    assert found.count("contrast 3.5") == 1
    assert found.count("contrast") == 2
    assert found.count("no name") == 2
    assert "px wide on 1280" in found


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_text_can_be_read_and_every_control_has_a_name(
    place: Path, serve: Serve, size: tuple[int, int], browser: Browser
) -> None:
    """Contrast of at least 4.5 from the computed styles; nothing wider than the screen."""
    served = serve(place)
    viewport: Any = {"width": size[0], "height": size[1]}
    page = entered(browser, served, viewport=viewport)
    wrong: dict[str, list[str]] = {}
    for address, opens in pages(place).items():
        show(page, served, address, opens)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = page.evaluate(AUDIT)
            if found:
                wrong[f"{address}, {scheme}"] = found
    assert wrong == {}


STOP = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const style = getComputedStyle(at);
  const box = at.getBoundingClientRect();
  const order = [...document.querySelectorAll("*")].indexOf(at);
  return {
    order, what: at.outerHTML.slice(0, 100),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""  # noqa: E501
STOPS = """() => {
  const groups = new Set();
  const all = [...document.querySelectorAll("*")];
  return all.filter((one) => {
    if (one.tabIndex < 0 || one.disabled || !one.checkVisibility({ visibilityProperty: true })) return false;
    if (!one.matches("a[href], button, input, select, textarea, summary, [tabindex]")) return false;
    if (one.type !== "radio") return true;
    if (groups.has(one.name) || !one.checked) return false;
    return groups.add(one.name);
  }).map((one) => all.indexOf(one));
}"""  # noqa: E501


def test_the_keyboard_reaches_every_control_in_the_order_of_reading(
    place: Path, serve: Serve, browser: Browser
) -> None:
    """Each has a focus that is seen, and Tab leads through all of them and out again."""
    served = serve(place)
    page = entered(browser, served, viewport={"width": 1280, "height": 900})
    wrong: list[str] = []
    for address, opens in pages(place).items():
        # On a busy machine a part may come while Tab is on its way; a fault is there twice.
        for _ in range(2):
            show(page, served, address, opens)
            faults = faults_of_focus(page)
            if not faults:
                break
        wrong += [f"{address}: {fault}" for fault in faults]
    assert wrong == []


def faults_of_focus(page: Page) -> list[str]:
    """Return what is wrong where Tab leads, from the top of a page to its end."""
    page.locator(".skip").focus()
    for key in ("Tab", "Shift+Tab"):  # come by keyboard, so that the focus is shown
        page.keyboard.press(key)
    wrong: list[str] = []
    wanted = set(page.evaluate(STOPS))
    met: list[int] = []
    for _ in range(MOST_STOPS):
        stop = page.evaluate(STOP)
        if stop is None or stop["order"] in met:
            break
        met.append(stop["order"])
        wrong += [
            f"not {fault}: {stop['what']}" for fault in ("outlined", "seen") if not stop[fault]
        ]
        page.keyboard.press("Tab")
    if met != sorted(met):
        wrong.append(f"out of order: {met}")
    told = "(order) => document.querySelectorAll('*')[order].outerHTML.slice(0, 100)"
    return wrong + [f"not reached: {page.evaluate(told, one)}" for one in wanted - set(met)]
