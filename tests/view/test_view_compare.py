"""Two runs side by side: what they share, and where they differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient
from viewing import Serve

from mechagents import fork_run, read_log, resume
from mechagents.messages import Formulated
from mechagents.view.compare import differences


def number_of(run: Path, kind: str) -> int:
    return read_log(run).envelopes_of(kind)[0].seq


@pytest.fixture
def forked(runs: Path) -> Path:
    """Return a folder with the run ``plate`` and a fork of it whose modulus is doubled."""
    at = number_of(runs / "plate", "formulation")
    stated = read_log(runs / "plate").at(at).message
    assert isinstance(stated, Formulated)
    f = stated.formulation
    (region,) = f.materials
    changed = f.amended({f"materials.{region}.youngs_modulus": 2 * 129.8e9})
    other = stated.model_copy(update={"formulation": changed})
    fork_run(runs / "plate", at, folder=runs / "stiffer", instead=other)
    return runs


def compare(client: TestClient, a: str, b: str) -> Any:
    return client.get("/api/compare", params={"a": a, "b": b}).json()


def test_a_fork_is_compared_field_by_field(forked: Path, client: TestClient) -> None:
    told = compare(client, "plate", "stiffer")
    at = number_of(forked / "plate", "formulation")
    assert told["same_until"] == at - 1
    (field,) = told["formulation"]
    assert field["field"].endswith(".youngs_modulus")
    assert float(field["values"][1]) == 2 * float(field["values"][0])
    assert told["problem"][0] == told["problem"][1]
    assert [run["status"] for run in told["runs"]] == ["answered", "stopped"]
    assert all(one["sides"][1] is None for one in told["quantities"])
    assert told["programs"]["attempts"][1] is None


def test_a_run_is_the_same_as_itself(client: TestClient) -> None:
    told = compare(client, "plate", "plate")
    assert told["formulation"] == []
    assert {one["relative"] for one in told["quantities"]} == {0.0}
    assert all(one["within"] in (True, None) for one in told["quantities"])
    assert all(mark == " " for mark, _, _ in told["programs"]["lines"])
    assert all(one["sides"][0] == one["sides"][1] for one in told["checks"])


def test_another_budget_gives_the_same_numbers(runs: Path, client: TestClient) -> None:
    fork_run(runs / "plate", number_of(runs / "plate", "answer") - 1, folder=runs / "again")
    anyio.run(resume, runs / "again")
    told = compare(client, "plate", "again")
    assert {one["relative"] for one in told["quantities"]} == {0.0}
    assert [run["claim_level"] for run in told["runs"]] == ["verified", "verified"]


def test_fields_that_only_one_has_are_told() -> None:
    found = differences(
        {"a": {"b": 1.0, "c": []}, "x": [1, 2]}, {"a": {"b": 1.0}, "x": [1], "y": "z"}
    )
    assert found == [{"field": "x.1", "values": ["2", None]}, {"field": "y", "values": [None, "z"]}]


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 400), ("?a=plate", 400), ("?a=plate&b=none", 404), ("?a=plate&b=..", 404)],
)
def test_what_cannot_be_compared_is_told(query: str, status: int, client: TestClient) -> None:
    assert client.get(f"/api/compare{query}").status_code == status


def test_the_page_shows_both_and_says_what_differs(
    forked: Path, serve: Serve, browser_page: Page
) -> None:
    page = browser_page
    served = serve(forked)
    page.goto(served.at("/"))
    page.goto(f"{served.origin}/compare?a=plate&b=stiffer")
    main = page.locator("#page")
    expect(main).to_contain_text("youngs_modulus", timeout=20_000)
    expect(main).to_contain_text("Both say the same up to message")
    expect(page.locator("select[name=a]")).to_have_value("plate")
    page.get_by_role("button", name="Exchange").click()
    expect(page.locator("select[name=a]")).to_have_value("stiffer")
