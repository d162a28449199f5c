"""The viewer in a real browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from viewing import Serve

from mechagents import full_team, solve_sync
from mechagents.log import FILE_NAME
from mechagents.problems import load_problem

LONG_MS = 40_000


def test_a_finished_run_is_opened_from_the_list(
    runs: Path, serve: Serve, browser_page: Page
) -> None:
    served, page = serve(runs), browser_page
    page.goto(served.at("/"))
    page.get_by_label("Problem").select_option("copper-plate")
    page.get_by_label("Search").fill("no such words")
    expect(page.get_by_text("No run fits.")).to_be_visible()
    page.get_by_label("Search").fill("circular hole")
    page.get_by_role("link", name="copper-plate").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Copper plate with a hole in tension")
    assert "token" not in page.url
    kept = json.loads((runs / "plate" / "answer.json").read_text())["quantities"][0]
    expect(page.get_by_text(f"{kept['value'] / 1e9:.3f} GN/m", exact=True)).to_be_visible()
    readings = page.locator(".assumption").filter(has_text="right_edge_transverse: free")
    expect(readings).to_contain_text("instead fixed: reaction_right 1.856 GN/m, +0.6%")
    drawing = page.get_by_alt_text("The body with its supports")
    assert drawing.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.get_by_role("tab", name="Overview").press("ArrowRight")
    expect(page.get_by_role("tab", name="Conversation")).to_be_focused()
    page.get_by_role("option").filter(has_text="1 check failed").first.click()
    expect(page.locator(".open")).to_contain_text("convergence:reaction_right")
    page.get_by_role("tab", name="Programs").click()
    expect(page.get_by_text("Changed: Quadratic elements")).to_be_visible()
    page.get_by_role("tab", name="Checks").click()
    expect(page.locator("table.checks tbody tr")).to_have_count(len(_checks(runs)))
    page.get_by_role("link", name="All runs").click()
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()


def test_a_live_run_is_followed_through_a_restart_of_the_server_without_a_reload(
    runs: Path, serve: Serve, browser_page: Page
) -> None:
    """The log grows line by line; between two lines the server ends and begins again."""
    lines = (runs / "plate" / FILE_NAME).read_bytes().splitlines(keepends=True)
    live = runs / "live"
    live.mkdir()
    log = live / FILE_NAME
    log.write_bytes(b"".join(lines[:8]))
    with _lock_held(live):
        served, page = serve(runs), browser_page
        page.goto(served.at("/runs/live"))
        page.evaluate("window.here = true")
        page.get_by_role("tab", name="Conversation").click()
        page.get_by_label("model calls").check()
        page.locator(".list").evaluate("list => { list.scrollTop = list.scrollHeight; }")
        _grow(log, lines[8:12])
        expect(page.locator("#message-12")).to_be_visible()
        assert served.stop() == 0
        _grow(log, lines[12:17])
        expect(page.get_by_text("The viewer does not answer")).to_be_visible()
        again = serve(runs, port=served.port)
        expect(page.locator("#message-17")).to_be_visible()
        expect(page.get_by_text("The viewer does not answer")).to_have_count(0)
        _grow(log, lines[17:])
        expect(page.locator("#message-26")).to_be_visible()
    expect(page.locator("header .pill[data-status=answered]")).to_be_visible()
    sizes = page.get_by_role("option").first.get_attribute("aria-setsize")
    assert sizes == "26"
    expect(page.get_by_role("tab", name="Conversation 26")).to_be_visible()
    page.locator(".list").evaluate("list => { list.scrollTop = 0; }")
    expect(page.locator("#message-1")).to_be_visible()
    seen = page.locator(".list .line").evaluate_all("all => all.map(one => one.id)")
    assert len(seen) == len(set(seen))
    assert page.evaluate("window.here")
    again.stop()


@pytest.fixture
def asks(tmp_path: Path) -> Path:
    """Return a folder with a run that waits for the approval of its plan."""
    team = full_team()
    team.hold(("plan",))
    problem = load_problem("plate-tension").model_copy(update={"level": "computed"})
    solve_sync(problem, team, folder=tmp_path / "runs" / "asks")
    return tmp_path / "runs"


def test_a_plan_is_approved_from_the_page_and_the_run_followed_to_its_end(
    asks: Path, serve: Serve, browser_page: Page
) -> None:
    served, page = serve(asks), browser_page
    page.goto(served.at("/runs/asks"))
    expect(page.get_by_text("Approve the plan of planner?")).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("header .pill[data-status=running]")).to_be_visible()
    status = page.locator("header .pill[data-status=answered]")
    expect(status).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("Claim level: consistent")).to_be_visible()
    served.stop()
    assert json.loads((asks / "asks" / "answer.json").read_text())["accepted"]


def _checks(runs: Path) -> list[object]:
    return json.loads((runs / "plate" / "answer.json").read_text())["checks"]


def _grow(log: Path, lines: list[bytes]) -> None:
    with log.open("ab") as file:
        for line in lines:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


class _lock_held:  # noqa: N801
    """Holds the lock of a run's writer in a process of its own, as a run at work does."""

    def __init__(self, folder: Path) -> None:
        code = (
            "import sys; from filelock import FileLock\n"
            f"with FileLock({str(folder / '.writer.lock')!r}): print('held', flush=True); "
            "sys.stdin.read()"
        )
        self._code = code

    def __enter__(self) -> None:
        self._holder = subprocess.Popen(
            [sys.executable, "-c", self._code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == "held\n"

    def __exit__(self, *_: object) -> None:
        self._holder.communicate(timeout=20)
