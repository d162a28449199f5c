"""Forking a run at a message of its page: the new run is begun, and its page opened."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient
from viewing import HOST, TOKEN, Serve

from mechagents import read_log
from mechagents.messages import Forked, Setup
from mechagents.view.app import make_app
from mechagents.view.edits import edited_message, fields_of
from mechagents.view.place import Place

IN_STRAIN = '"idealisation": "plane_strain"'


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
        ({"at": 4, "edited": "steps"}, 400, "edited: give the text of each field"),
        ({"at": 4, "edited": {"steps": 3}}, 400, "edited: give the text of each field"),
        ({"at": 4, "edited": {"steps": "[]"}}, 400, "steps: at least 1 needed"),
        ({"at": 4, "edited": {"steps": '["mesh",'}}, 400, "steps: is no JSON in line 1, column 9"),
        ({"at": 4, "edited": {"steps": '["mesh"]', "method": "x", "of": "1"}}, 400, "of: Extra"),
        ({"at": 8, "edited": {"attempt": "2"}}, 409, "what was computed"),
    ],
)
def test_a_fork_that_cannot_be_is_told_and_leaves_nothing(
    told: Any, status: int, words: str, place: Place
) -> None:
    found = fork(place, told)
    assert found[0] == status, found
    assert words in " ".join(found[1]["error"].split())
    assert [folder.name for folder in place.folder.iterdir()] == ["plate"]


@pytest.mark.parametrize("kind", ["problem", "plan", "formulation", "program", "critique"])
def test_a_message_is_the_same_after_it_was_taken_apart_for_editing(runs: Path, kind: str) -> None:
    message = read_log(runs / "plate").envelopes_of(kind)[0].message
    fields = {str(field["name"]): field for field in fields_of(message)}
    assert not {"kind", "attempt", "lane", "follows"} & set(fields)
    texts = {name: str(field["text"]) for name, field in fields.items()}
    with pytest.raises(HTTPException, match="nothing is changed"):
        edited_message(texts, message)
    if kind == "formulation":
        texts["formulation"] = texts["formulation"].replace("0.343", "0.7")
        with pytest.raises(HTTPException, match=r"formulation\.materials\.plate.*poisson_ratio"):
            edited_message(texts, message)
    if kind == "program":
        texts["source"] += "\n# ours\n"
        edited = edited_message(texts, message)
        assert edited.model_dump(exclude={"source"}) == message.model_dump(exclude={"source"})


def test_what_was_computed_has_no_fields_to_edit(place: Place) -> None:
    client = TestClient(make_app(place.folder, TOKEN, place=place), base_url=HOST)
    client.cookies.set("mechagents-view-8000", TOKEN)
    at = number_of(place.folder / "plate", "execution")
    told = client.get(f"/api/runs/plate/messages/{at}/fields")
    assert (told.status_code, "edit the program" in told.json()["error"]) == (409, True)
    assert client.get("/api/runs/plate/messages/9999/fields").status_code == 404


def test_a_formulation_is_edited_from_the_page_and_the_fork_followed_to_its_end(
    runs: Path, serve: Serve, browser_page: Page
) -> None:
    """By keyboard alone; what was typed stays when the server finds fault with it."""
    at = number_of(runs / "plate", "formulation")
    page, served = browser_page, serve(runs)
    page.goto(served.at("/"))
    page.goto(f"{served.origin}/runs/plate#conversation/{at}")
    page.evaluate("window.here = true")
    page.get_by_text("Fork from here").press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Go on from it anew")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Edit it")).to_be_focused()
    text = page.get_by_label("formulation (JSON)")
    expect(text).to_have_value(re.compile('"idealisation": "plane_stress"'))
    page.keyboard.press("Tab")
    expect(text).to_be_focused()
    strain = text.input_value().replace('"idealisation": "plane_stress"', IN_STRAIN)
    for wrong, told in (
        (strain.replace("0.343", "0.7"), "formulation.materials.plate"),
        (strain.replace("{", "", 1), "formulation: is no JSON in line"),
    ):
        text.fill(wrong)
        page.get_by_role("button", name="Fork", exact=True).press("Enter")
        expect(page.get_by_role("alert").filter(has_text=told)).to_be_in_viewport()
        expect(text).to_be_focused()
        assert text.input_value() == wrong
        assert text.get_attribute("aria-invalid") == "true"
    assert [folder.name for folder in runs.iterdir()] == ["plate"]
    text.fill(strain)
    page.locator(f"#message-{at - 1}").click()
    page.get_by_role("tab", name="Checks").click()
    expect(text).to_be_hidden()
    page.get_by_role("tab", name="Conversation").click()
    page.locator(f"#message-{at}").click()
    assert text.input_value() == strain, "what was typed is kept while something else is read"
    page.get_by_role("button", name="Fork", exact=True).press("Enter")
    page.wait_for_url(re.compile(r"/runs/\d{8}-"), timeout=60_000)
    expect(page.locator('[data-status="answered"]')).to_be_visible(timeout=60_000)
    assert page.evaluate("window.here")
    (new,) = [folder for folder in runs.iterdir() if folder.name != "plate"]
    forked = read_log(new).of(Forked)[0]
    assert (forked.seq, forked.edited) == (at, True)
    stiffer, before = (force(folder) for folder in (new, runs / "plate"))
    assert stiffer > 1.05 * before


def force(run: Path) -> float:
    return json.loads((run / "answer.json").read_text())["quantities"][0]["value"]


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
