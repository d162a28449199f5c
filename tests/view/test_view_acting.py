"""What a person does from the page of a run, in a real browser, with no reload."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path

import pytest
from engineer import code
from playwright.sync_api import Page, expect
from replayed import ACCEPT, STATED, WAITING, WORDS, begun_by, recording
from viewing import Serve

from mechagents import Budget, full_team, read_log, solve_sync
from mechagents.messages import Failure, Plan, Problem, Reply
from mechagents.problems import load_problem
from mechagents.view.status import is_written

LONG_MS = 60_000


def opened(page: Page, serve: Serve, run: Path) -> None:
    page.goto(serve(run.parent).at(f"/runs/{run.name}"))
    page.evaluate("window.here = true")


def ends(page: Page, status: str) -> None:
    """Wait until the page, which was never loaded again, tells how the run ended."""
    expect(page.locator(f"header .pill[data-status={status}]")).to_be_visible(timeout=LONG_MS)
    assert page.evaluate("window.here")


def is_there(path: Path) -> None:
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"no {path}")


@pytest.fixture
def asks(tmp_path: Path) -> Path:
    """Return a run whose formulator asks the person something."""
    model = begun_by(
        recording(tmp_path / "said.jsonl"),
        formulation=lambda _: '{"question": "Plane stress or plane strain?"}',
    )
    run = tmp_path / "runs" / "asks"
    assert isinstance(solve_sync(WORDS, full_team(model=model), folder=run), Failure)
    return run


def test_a_question_of_the_team_is_answered(asks: Path, serve: Serve, browser_page: Page) -> None:
    page = browser_page
    opened(page, serve, asks)
    expect(page.get_by_role("heading", name="formulator asks")).to_be_visible()
    expect(page.get_by_text("Plane stress or plane strain?")).to_be_visible()
    page.get_by_label("Your answer").fill("Stress: it is thin.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    ends(page, "answered")
    expect(page.get_by_label("Your answer")).to_have_count(0)
    assert read_log(asks).of(Reply) == [Reply(text="Stress: it is thin.")]


@pytest.fixture
def planned(tmp_path: Path) -> Path:
    """Return a run whose plan waits to be approved, and will be written again."""
    better = '{"steps": ["halve the plate", "solve"], "method": "symmetry"}'
    model = begun_by(recording(tmp_path / "said.jsonl", plan=(better,)))
    run = tmp_path / "runs" / "planned"
    solve_sync(STATED, full_team(model=model, approve=("plan",)), folder=run)
    return run


def test_a_plan_is_sent_back_with_words_and_the_next_one_approved(
    planned: Path, serve: Serve, browser_page: Page
) -> None:
    page = browser_page
    opened(page, serve, planned)
    page.get_by_text("Or send it back").click()
    page.get_by_role("button", name="Send back").click()
    expect(page.get_by_role("alert").filter(has_text="Say what to change")).to_be_visible()
    page.get_by_label("What to change").fill("Use symmetry.")
    page.get_by_role("button", name="Send back").click()
    expect(page.get_by_text("halve the plate").first).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="Approve").click(timeout=LONG_MS)
    ends(page, "answered")
    log = read_log(planned)
    assert [reply.text for reply in log.of(Reply)] == ["Use symmetry.", "approve"]
    assert [plan.method for plan in log.of(Plan)] == ["bilinear quads", "symmetry"]


def test_a_plan_is_declined_for_good(planned: Path, serve: Serve, browser_page: Page) -> None:
    page = browser_page
    opened(page, serve, planned)
    page.get_by_text("Or send it back").click()
    page.get_by_role("button", name="End the run").click()
    ends(page, "failed")


@pytest.fixture
def at_work(tmp_path: Path) -> Path:
    """Return a run whose plan waits; its program, once it runs, waits for a file ``go``."""
    model = begun_by(recording(tmp_path / "said.jsonl", program=(code(WAITING),) * 2))
    run = tmp_path / "runs" / "working"
    solve_sync(STATED, full_team(model=model, approve=("plan",)), folder=run)
    return run


def test_a_run_at_work_is_stopped_and_gone_on_with(
    at_work: Path, serve: Serve, browser_page: Page
) -> None:
    page, program = browser_page, at_work / "attempts" / "1" / "program.py"
    opened(page, serve, at_work)
    page.get_by_role("button", name="Approve").click()
    is_there(program)
    page.get_by_role("button", name="Stop the run").click()
    ends(page, "stopped")
    assert not is_written(at_work)
    before = len(read_log(at_work))
    program.unlink()
    page.get_by_role("button", name="Go on").click()
    ends(page, "running")
    is_there(program)
    (program.parent / "go").touch()
    ends(page, "answered")
    log = read_log(at_work)
    assert len(log) > before
    assert len(log.envelopes_of("program")) == 1  # what was logged is not asked for again


def test_runs_that_are_at_work_when_the_viewer_ends_are_named_and_stop(
    at_work: Path, serve: Serve, browser_page: Page
) -> None:
    page, served = browser_page, serve(at_work.parent)
    page.goto(served.at("/runs/working"))
    page.get_by_role("button", name="Approve").click()
    is_there(at_work / "attempts" / "1" / "program.py")
    served.process.send_signal(signal.SIGINT)
    _, said = served.process.communicate(timeout=30)
    assert served.process.returncode == 0
    assert "1 run is at work and stops with the viewer" in said
    assert f"Go on with: mechagents resume {at_work}" in said
    assert not is_written(at_work)
    expect(page.get_by_text("The viewer does not answer")).to_be_visible()


@pytest.fixture
def spent(tmp_path: Path) -> Path:
    """Return a run that may ask a model once, and so has no answer."""
    problem = load_problem("plate-tension").model_copy(update={"level": "computed"})
    run = tmp_path / "runs" / "spent"
    outcome = solve_sync(problem, full_team(stop=Budget(model_calls=1)), folder=run)
    assert isinstance(outcome, Failure)
    return run


def test_a_run_whose_budget_is_spent_goes_on_with_a_larger_one(
    spent: Path, serve: Serve, browser_page: Page
) -> None:
    page = browser_page
    opened(page, serve, spent)
    calls = page.get_by_role("spinbutton", name="Model calls")
    expect(calls).to_have_value("2")
    calls.fill("0")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert").filter(has_text="model_calls: ")).to_be_visible()
    calls.fill("20")
    page.get_by_role("button", name="Go on").click()
    ends(page, "answered")


@pytest.fixture
def tried_once(tmp_path: Path) -> Path:
    """Return a run whose only program was not fine enough, so its answer is not accepted."""
    run = tmp_path / "runs" / "tried"
    solve_sync(load_problem("copper-plate"), full_team(stop=Budget(attempts=1)), folder=run)
    return run


def test_an_answer_that_was_not_accepted_is_tried_again_with_more_attempts(
    tried_once: Path, serve: Serve, browser_page: Page
) -> None:
    page = browser_page
    opened(page, serve, tried_once)
    ends(page, "unaccepted")
    page.get_by_role("spinbutton", name="Attempts").fill("6")
    page.get_by_role("button", name="Go on").click()
    ends(page, "answered")
    assert json.loads((tried_once / "answer.json").read_text())["attempts"] == 2


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """Return a run that was answered by a model that can be asked further."""
    model = begun_by(recording(tmp_path / "said.jsonl", critique=(ACCEPT, ACCEPT)))
    run = tmp_path / "runs" / "finished"
    solve_sync(STATED, full_team(model=model), folder=run)
    return run


def test_a_finished_run_is_followed_up(finished: Path, serve: Serve, browser_page: Page) -> None:
    page = browser_page
    opened(page, serve, finished)
    page.get_by_label("What is asked now").fill("And twice as far?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_url(re.compile(r"/runs/\d{8}-"), timeout=LONG_MS)
    ends(page, "answered")
    expect(page.get_by_text("And twice as far?").first).to_be_visible()
    (new,) = [folder for folder in finished.parent.iterdir() if folder != finished]
    assert read_log(new).of(Problem)[-1].follows == str(finished)
