"""A solved run, a viewer that serves a folder, and a page in a real browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.testclient import TestClient
from viewing import TOKEN, Serve, Served, make_client

from mechagents import full_team, solve_sync
from mechagents.problems import load_problem

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
VERY_LONG = 15_000
"""How long a page may take to show what a test waits for [ms]."""


@pytest.fixture(scope="session")
def solved(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a run of the copper plate that the handbook solved, once for all workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    run = shared / "solved" / "plate"
    with FileLock(shared / "solved.lock"):
        if not (run / "answer.json").exists():
            solve_sync(load_problem("copper-plate"), full_team(), folder=run)
    return run


@pytest.fixture
def runs(solved: Path, tmp_path: Path) -> Path:
    """Return a folder with a copy of the solved run, ``plate``, that a test may change."""
    folder = tmp_path / "runs"
    shutil.copytree(solved, folder / "plate")
    return folder


@pytest.fixture
def client(runs: Path) -> Iterator[TestClient]:
    """Return a client that has the token and asks for what is in ``runs``."""
    with make_client(runs) as client:
        yield client


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that serves a folder by ``mechagents view``, until the test ends."""
    begun: list[Served] = []

    def start(folder: Path, *, port: int = 0, token: str = TOKEN) -> Served:
        words = ["view", str(folder), "--json", "--port", str(port)]
        process = subprocess.Popen(
            [sys.executable, "-m", "mechagents", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "MECHAGENTS_VIEW_TOKEN": token},
        )
        assert process.stdout is not None
        begun.append(Served(json.loads(process.stdout.readline())["address"], process))
        return begun[-1]

    yield start
    for one in begun:
        one.stop()


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Return Debian's chromium; where there is none, the test is skipped.

    One a test: while it is there, playwright's event loop keeps others out of this thread. What a
    test has to await comes in fixtures that it names before this one.
    """
    if CHROMIUM is None:
        pytest.skip("there is no chromium here")
    with sync_playwright() as playwright:
        # Programs of models are never run in it, and root has no other choice. Without a graphics
        # card it draws by SwiftShader.
        flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """Return an empty page; an error in its script fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(VERY_LONG)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not errors
