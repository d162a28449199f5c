"""Forking a run at a message of its page: the new run is begun, and its page opened."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient
from viewing import HOST, TOKEN, Serve

from mechagents import read_log
from mechagents.messages import Forked, Setup
from mechagents.view.app import make_app
from mechagents.view.place import Place


def number_of(run: Path, kind: str, which: int = 0) -> int:
    return read_log(run).envelopes_of(kind)[which].seq


@pytest.fixture
def place(runs: Path) -> Iterator[Place]:
    place = Place(runs)
    yield place
    place.children.stop_all()


def fork(place: Place, told: Any, run: str = "plate") -> tuple[int, Any]:
    client = TestClient(make_app(place.folder, TOKEN, place=place), base_url=HOST)
    client.cookies.set("mechagents-view-8000", TOKEN)
    answered = client.post(f"/api/runs/{run}/fork", json=told, headers={"origin": HOST})
    return answered.status_code, answered.json()


def test_a_run_is_forked_in_a_process_of_its_own(place: Place) -> None:
    at = number_of(place.folder / "plate", "critique", -1)
    status, told = fork(place, {"at": at, "attempts": 12})
    assert status == 200, told
    folder = place.run(told["run"])
    for _ in range(600):
        if not place.children.is_alive(folder):
            break
        time.sleep(0.1)
    log = read_log(folder)
    assert [forked.seq for forked in log.of(Forked)] == [at]
    assert log.of(Setup)[-1].budget["attempts"] == 12
    assert log.envelopes_of("answer")


@pytest.mark.parametrize(
    ("told", "status", "words"),
    [
        ({}, 400, "at: give the number of a message"),
        ({"at": "5"}, 400, "at: give the number of a message"),
        ({"at": 9999}, 409, "they go from 1 to"),
        ({"at": 1}, 409, "the problem comes later"),
        ({"at": 4, "attempts": 0}, 400, "attempts: give a number above 0"),
        ({"at": 3, "say": "no"}, 409, "fork at a question, plan"),
        ({"at": 4, "model": "-x"}, 409, "no model '-x'"),
    ],
)
def test_a_fork_that_cannot_be_is_told_and_leaves_nothing(
    told: Any, status: int, words: str, place: Place
) -> None:
    found = fork(place, told)
    assert found[0] == status, found
    assert words in " ".join(found[1]["error"].split())
    assert [folder.name for folder in place.folder.iterdir()] == ["plate"]


def test_a_run_is_forked_from_its_page(runs: Path, serve: Serve, browser_page: Page) -> None:
    at = number_of(runs / "plate", "critique", -1)
    page = browser_page
    served = serve(runs)
    page.goto(served.at("/"))
    page.goto(f"{served.origin}/runs/plate#conversation/{at}")
    page.get_by_text("Fork from here").click(timeout=20_000)
    page.get_by_role("button", name="Fork", exact=True).click()
    page.wait_for_url(re.compile(r"/runs/\d{8}-"), timeout=60_000)
    expect(page.locator('[data-status="answered"]')).to_be_visible(timeout=60_000)
    (new,) = [folder for folder in runs.iterdir() if folder.name != "plate"]
    assert read_log(new).of(Forked)[0].seq == at
