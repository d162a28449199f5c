"""A search for a design in the viewer: while it goes on, and when it has ended."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from viewed_studies import base, study
from viewing import Serve, make_client

from mechagents.messages import Check, Quantity
from mechagents.study import StudyFolder, begin
from mechagents.study.base import hash_of
from mechagents.study.sample import Ran
from mechagents.study.search import Best

PROGRAM = (Path(__file__).parents[1] / "programs" / "numpy_plate.py").read_text()
SLOW = "import time; time.sleep(1.5)\n"
"""Before a program: there is time to look while it runs."""
LEAST = 6e7
"""What the plate has to hold [N/m]."""
LONG_MS = 120_000
expect.set_options(timeout=20_000)


def asked() -> Any:
    """Return a search for the softest plate, stretched by least, that holds its load."""
    data = study(4).model_dump(mode="json", exclude={"sampling"})
    data["outputs"] = {"cost": "modulus / 1e9 + stretch * 10"}
    data["optimize"] = {
        "minimize": "cost",
        "constraints": {"reaction_right": {"at_least": LEAST}},
        "evaluations": 12,
        "population": 5,
    }
    return type(study(4)).model_validate(data)


def begun(folder: Path, program: str = PROGRAM) -> StudyFolder:
    """Return a search whose problem is solved, with a program in plain numpy."""
    answered = base().model_copy(update={"program": program, "program_hash": hash_of(program)})
    kept = begin(asked(), folder)
    kept.write("base.json", answered.model_dump_json())
    kept.journal()
    return kept


def tried(kept: StudyFolder, designs: list[tuple[float, float]]) -> None:
    """Write the designs that are run, as a search at work does."""
    kept.write("samples.json", json.dumps(designs))


def record(kept: StudyFolder, sample: int, force: float | None, error: float | None = None) -> None:
    """Record what came of a design; None for one that failed a check."""
    if force is None:
        check = Check(name="equilibrium:residual", passed=False, value=0.3, tolerance=1e-6,
                      message="The forces do not balance.")  # fmt: skip
        ran = Ran(sample=sample, status="failed", reason="it does not balance", failed=(check,))
    else:
        level = "consistent" if error is None else "converged"
        found = Quantity(name="reaction_right", value=force, unit="N/m", error_bound=error,
                         claim_level=level)  # fmt: skip
        ran = Ran(sample=sample, status="passed", quantities=(found,), claim_level=level)
    kept.record(ran.model_dump(mode="json"))


@pytest.fixture
def kept(tmp_path: Path) -> StudyFolder:
    """Return a search of which four designs are done, and one is not."""
    kept = begun(tmp_path / "studies" / "softest")
    designs = [(1.5e9, 0.05), (1.2e9, 0.04), (1.1e9, 0.06), (1.0e9, 0.01), (1.9e9, 0.09)]
    tried(kept, designs)
    for sample, (modulus, stretch) in enumerate(designs[:4]):
        record(kept, sample, None if sample == 3 else modulus * stretch)
    return kept


def told(kept: StudyFolder) -> dict[str, Any]:
    answer = make_client(kept.path.parent).get("/api/studies/softest/search")
    assert answer.status_code == 200
    return answer.json()


def test_each_design_is_told_by_its_bounds_and_the_best_so_far_breaks_none(
    kept: StudyFolder,
) -> None:
    found = told(kept)
    assert [one["keeps"] for one in found["designs"]] == ["open", "broken", "open", "failed"]
    assert found["designs"][1]["objective"] == pytest.approx(1.6)  # better, but it breaks the bound
    best = found["best"]
    assert (best["sample"], best["objective"]) == (2, pytest.approx(1.7))
    assert best["bounds"] == [{"value": pytest.approx(6.6e7), "error": None, "keeps": "open"}]
    assert [(p["name"], p["low"], p["high"]) for p in best["parameters"]] == [
        ("modulus", 1e9, 2e9), ("stretch", 0.01, 0.1),
    ]  # fmt: skip


@pytest.mark.parametrize(("error", "keeps", "best"), [(1e6, "kept", 2), (1e7, "uncertain", 0)])
def test_a_design_that_was_verified_stands_by_its_error_bound(
    kept: StudyFolder, error: float, keeps: str, best: int
) -> None:
    again = json.loads((kept.path / "samples.json").read_text())
    tried(kept, [*again, again[2]])
    record(kept, 5, 6.6e7, error)
    found = told(kept)
    stands = {one["sample"]: one["keeps"] for one in found["designs"]}
    assert (stands[2], stands[5]) == (keeps, keeps)
    assert found["best"]["sample"] == best


def test_a_design_that_fails_when_it_is_verified_is_not_the_best(kept: StudyFolder) -> None:
    again = json.loads((kept.path / "samples.json").read_text())
    tried(kept, [*again, again[2]])
    record(kept, 5, None)
    found = told(kept)
    assert [one["keeps"] for one in found["designs"]][2] == "failed"
    assert [one["full"] for one in found["designs"]] == [False, False, False, False, True]
    assert found["best"]["sample"] == 0


def test_a_study_that_searches_for_nothing_has_no_search(tmp_path: Path) -> None:
    kept = begun(tmp_path / "studies" / "softest")
    client = make_client(tmp_path / "studies")
    assert client.get("/api/studies/softest/search").status_code == 404
    assert client.get("/api/studies/nowhere/search").status_code == 404
    assert client.get("/api/studies/nowhere/events").status_code == 404
    listed = client.get("/api/runs").json()["studies"][0]
    assert (listed["status"], listed["samples"], listed["done"]) == ("stopped", 12, 0)
    tried(kept, [(1e9, 0.05)])
    record(kept, 0, 5e7)
    assert client.get("/api/studies/softest/search").json()["best"] is None
    # One that was left is not answered because all that it has begun is done.
    assert client.get("/api/runs").json()["studies"][0]["status"] == "stopped"


def test_the_news_of_a_study_end_when_it_is_left(kept: StudyFolder) -> None:
    client = make_client(kept.path.parent)
    text = client.get("/api/studies/softest/events").text
    kinds = [line for line in text.splitlines() if line.startswith("event")]
    assert kinds == ["event: study", "event: end"]
    head = json.loads(text.split("data: ")[1].split("\n")[0])
    assert (head["done"], head["total"], head["status"]) == (4, 12, "stopped")


@contextmanager
def at_work(kept: StudyFolder) -> Iterator[subprocess.Popen[bytes]]:
    """Go on with a study in a process of its own."""
    words = ["study", "--resume", str(kept.path), "--workers", "1", "--quiet"]
    process = subprocess.Popen([sys.executable, "-m", "mechagents", *words])
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_a_search_is_followed_to_its_end_without_a_reload(
    tmp_path: Path, serve: Serve, browser_page: Page
) -> None:
    """The designs are run by their program and checked, while the page is open."""
    kept = begun(tmp_path / "studies" / "softest", SLOW + PROGRAM)
    page, served = browser_page, serve(tmp_path / "studies")
    page.goto(served.at("/studies/softest"))
    page.evaluate("window.here = true")
    card = page.locator(".card.search")
    expect(page.locator("#page")).to_contain_text("There are no samples here.")
    with at_work(kept) as process:
        expect(page.locator("header .pill[data-status=running]")).to_be_visible()
        expect(card).to_be_visible()
        seen = page.evaluate(
            """async () => {
              const card = document.querySelector(".card.search");
              const seen = [];
              while (document.querySelector("header .pill").dataset.status === "running") {
                const now = [Number(card.dataset.designs), Number(card.dataset.best || NaN)];
                if (now[0] !== seen.at(-1)?.[0]) seen.push(now);
                await new Promise((done) => setTimeout(done, 50));
              }
              return seen;
            }"""
        )
        expect(page.locator("header .pill[data-status=answered]")).to_be_visible(timeout=LONG_MS)
        assert process.wait(timeout=60) == 0
    counts, bests = np.array(seen).T
    assert counts[-1] > counts[0]  # it grew while we looked
    assert (np.diff(counts) > 0).all()
    assert (np.diff(bests[np.isfinite(bests)]) <= 1e-12).all()
    summary = json.loads((kept.path / "study-summary.json").read_text())
    best = Best.model_validate(summary["best"])
    expect(card.get_by_role("heading", name="The best design")).to_be_visible()
    value = card.locator(".claim b").get_attribute("data-value")
    assert float(value or "nan") == pytest.approx(best.objective)
    expect(card.locator(".bounds li")).to_have_attribute("data-keeps", "kept")
    assert page.evaluate("window.here")
    # The keyboard goes to a design and opens its sample.
    card.locator("canvas").press("End")
    expect(card.locator("[role=status]")).to_contain_text(f"sample {best.sample}")
    card.locator("canvas").press("Enter")
    expect(page.locator(".card.opened")).to_contain_text(f"Sample {best.sample}")
