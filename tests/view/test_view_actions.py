"""Approving, answering, going on and asking further from the page of a run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from viewing import HOST, TOKEN

from mechagents import full_team, solve_sync
from mechagents.log import ConversationLog
from mechagents.problems import load_problem
from mechagents.view.app import make_app
from mechagents.view.place import Place

ORIGIN = {"origin": HOST}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Return a folder with the run ``asks``, which waits for the approval of its plan."""
    team = full_team()
    team.hold(("plan",))
    problem = load_problem("plate-tension").model_copy(update={"level": "computed"})
    solve_sync(problem, team, folder=tmp_path / "asks")
    place = Place(tmp_path)
    yield place
    place.children.stop_all()


@pytest.fixture
def posts(place: Place) -> TestClient:
    """Return a client of that folder."""
    client = TestClient(make_app(place.folder, TOKEN, place=place), base_url=HOST)
    client.cookies.set("mechagents-view-8000", TOKEN)
    return client


def post(client: TestClient, action: str, told: Any, run: str = "asks") -> tuple[int, Any]:
    answered = client.post(f"/api/runs/{run}/{action}", json=told, headers=ORIGIN)
    return answered.status_code, answered.json()


def glance(client: TestClient, run: str = "asks") -> Any:
    return client.get(f"/api/runs/{run}").json()


def wait_until_at_rest(client: TestClient, run: str = "asks") -> Any:
    for _ in range(600):
        told = glance(client, run)
        if not told["at_work"]:
            return told
        time.sleep(0.1)
    raise AssertionError("the run goes on and on")


def test_a_run_says_what_it_waits_for_and_goes_on_when_it_is_approved(posts: TestClient) -> None:
    told = glance(posts)
    assert told["status"] == "waiting"
    asked = told["question"]
    assert asked["about"]["kind"] == "plan"
    assert "Approve the plan of planner?" in asked["text"]
    assert post(posts, "reply", {"text": "approve", "question": asked["seq"]})[0] == 200
    assert glance(posts)["at_work"]
    assert post(posts, "reply", {"text": "approve", "question": asked["seq"]})[0] == 409
    ended = wait_until_at_rest(posts)
    assert ended["trouble"] == ""
    assert ended["status"] == "answered"
    assert ended["question"] is None


def test_only_the_question_that_waits_is_answered(posts: TestClient) -> None:
    for told in ({"text": "approve", "question": 3}, {"text": "approve"}):
        code, answered = post(posts, "reply", told)
        assert code == 409
        assert "no such question waits" in answered["error"]
    for told in ({"text": "", "question": 4}, {"text": 3}, {"text": "a\0b"}, [], "x"):
        assert post(posts, "reply", told)[0] == 400
    assert not glance(posts)["at_work"]


def test_a_run_that_another_process_writes_is_left_alone(place: Place, posts: TestClient) -> None:
    asked = glance(posts)["question"]
    with ConversationLog(place.folder / "asks", "asks"):
        for action, told in (("reply", {"text": "yes", "question": asked["seq"]}), ("resume", {})):
            code, answered = post(posts, action, told)
            assert code == 409
            assert "another process works on this run" in answered["error"]
        assert post(posts, "stop", {})[0] == 409
        assert glance(posts)["at_work"]


def test_a_run_that_cannot_begin_says_why(posts: TestClient) -> None:
    code, answered = post(posts, "follow", {"statement": "now in shear", "model": "handbook"})
    assert code == 409
    assert "these are plain words" in answered["error"]


@pytest.mark.parametrize("action", ["reply", "resume", "stop", "follow"])
def test_nothing_is_changed_by_a_link_or_a_foreign_page(posts: TestClient, action: str) -> None:
    at = f"/api/runs/asks/{action}"
    assert posts.get(at).status_code == 405
    assert posts.post(at, json={"text": "x"}).status_code == 403
    evil = posts.post(at, json={"text": "x"}, headers={"origin": "http://evil.example"})
    assert evil.status_code == 403
    posts.cookies.clear()
    assert posts.post(at, json={}, headers=ORIGIN).status_code == 401


def test_a_run_that_was_begun_here_is_stopped_with_the_viewer(
    place: Place, posts: TestClient
) -> None:
    asked = glance(posts)["question"]
    post(posts, "reply", {"text": "approve", "question": asked["seq"]})
    assert place.children.stop_all() == [place.folder / "asks"]
    assert not glance(posts)["at_work"]
