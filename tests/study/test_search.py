"""A search finds the design that is known to be best, and none that does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from studies import begun, study

from mechagents.study import StudyFolder, StudyState, run_study
from mechagents.study.sample import Order

STRETCHED = "supports.1.x"
MODULUS = "materials.plate.youngs_modulus"


class FormulaPool:
    """Answers what a bar of the plate's size does, without a program."""

    width = 2

    def __init__(self, spoilt: float = 0.0, error: float | None = None) -> None:
        self.ran: list[int] = []
        self.levels: list[str] = []
        self.spoilt = spoilt
        """Samples with a lower modulus fail a check."""
        self.error = error
        """Error bound of the force, where it is verified in full."""

    def run(self, orders: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Return results as they come."""
        for data in orders:
            order = Order.model_validate(data)
            self.ran.append(order.sample)
            self.levels.append(order.level)
            modulus, stretch = order.changes[MODULUS], order.changes[STRETCHED]
            force: dict[str, Any] = {
                "name": "reaction_right",
                "value": modulus * stretch,
                "unit": "N/m",
            }
            if order.level != "consistent" and self.error is not None:
                force["error_bound"] = self.error
            failed = modulus < self.spoilt
            yield {
                "sample": order.sample,
                "status": "failed" if failed else "passed",
                "claim_level": "computed" if failed else order.level,
                "quantities": [] if failed else [force],
            }

    def close(self) -> None:
        """Do nothing."""


def searched(folder: Path, pool: FormulaPool, **changes: Any) -> StudyState:
    """Return a search for the softest plate that holds 60 MN/m, which is stretched by least."""
    wanted = {
        "minimize": "cost",
        "constraints": {"reaction_right": {"at_least": 6e7}},
        "evaluations": 400,
        **changes,
    }
    outputs = {"cost": "modulus / 1e9 + stretch * 10"}
    asked = study(sampling=None, optimize=wanted, outputs=outputs)
    return run_study(begun(folder, asked), pool=pool)


def test_the_best_design_is_found_and_verified_in_full(tmp_path: Path) -> None:
    state = searched(tmp_path / "s", FormulaPool())

    # modulus / 1e9 = a and 10 * stretch = b with a * b = 0.6 and a >= 1: the least a + b is 1.6.
    assert state.best is not None
    assert state.best.objective == pytest.approx(1.6, rel=0.01)
    assert state.best.parameters["modulus"] == pytest.approx(1e9, rel=0.02)
    assert state.best.constraints["reaction_right"] >= 6e7
    assert state.best.evaluations <= 400
    assert state.done[state.best.sample].claim_level == "converged"
    card = (tmp_path / "s" / "card.md").read_text()
    assert "The best design" in card
    assert "the best as they were found" in card
    assert "at random" not in card
    assert "95 % confidence" not in card


def test_the_best_keeps_to_its_bound_with_its_error_bound_too(tmp_path: Path) -> None:
    state = searched(tmp_path / "s", FormulaPool(error=3e6))

    # Now a * b >= 0.63, so that the least a + b is 1.63.
    assert state.best is not None
    assert state.best.constraints["reaction_right"] >= 6.3e7
    assert state.best.objective == pytest.approx(1.63, rel=0.02)
    assert state.best.uncertain == ()


def test_a_best_whose_error_bound_reaches_past_its_bound_says_so(tmp_path: Path) -> None:
    state = searched(tmp_path / "s", FormulaPool(error=1e9))

    assert state.best is not None
    assert state.best.constraints["reaction_right"] >= 6e7
    assert state.best.uncertain == ("reaction_right",)
    card = (tmp_path / "s" / "card.md").read_text()
    assert "its error bound reaches past that" in card


def test_a_design_that_fails_a_check_is_never_the_best(tmp_path: Path) -> None:
    state = searched(tmp_path / "s", FormulaPool(spoilt=1.2e9))

    # Now a >= 1.2, so that the least a + b is 1.2 + 0.5.
    assert state.best is not None
    assert state.best.parameters["modulus"] >= 1.2e9
    assert state.best.objective == pytest.approx(1.7, rel=0.01)


def test_where_no_design_keeps_to_the_bounds_there_is_none(tmp_path: Path) -> None:
    bounds = {"reaction_right": {"at_least": 1e9}}
    state = searched(tmp_path / "s", FormulaPool(), constraints=bounds, evaluations=48)

    assert state.best is None
    assert "No design" in (tmp_path / "s" / "card.md").read_text()


def test_a_resumed_search_takes_the_same_way(tmp_path: Path) -> None:
    pool = FormulaPool()
    state = searched(tmp_path / "s", pool, evaluations=64)
    journal = state.folder.path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:30]))
    again = FormulaPool()
    resumed = run_study(StudyFolder(state.folder.path), pool=again)

    assert again.ran == pool.ran[30:]
    assert resumed.best == state.best
    assert journal.read_bytes() == b"".join(lines)


class LookingPool(FormulaPool):
    """Looks at the designs that are written whenever one is to be run."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = StudyFolder(folder)
        self.written: list[int] = []

    def run(self, orders: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Return results as they come."""
        for data in orders:
            order = Order.model_validate(data)
            designs = self.folder.samples()
            assert designs is not None
            assert designs[order.sample].tolist() == [
                order.changes[MODULUS], order.changes[STRETCHED],
            ]  # fmt: skip
            self.written.append(len(designs))
            yield from super().run([data])


def test_designs_are_written_before_they_are_run(tmp_path: Path) -> None:
    pool = LookingPool(tmp_path / "s")
    state = searched(tmp_path / "s", pool, evaluations=64)

    assert pool.written == sorted(pool.written)
    assert pool.written[0] < len(state.samples) == pool.written[-1]
    journal = state.folder.path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:30]))
    again = LookingPool(tmp_path / "s")
    run_study(StudyFolder(tmp_path / "s"), pool=again)

    # What was written before stays: a resumed search takes the same way.
    assert set(again.written) == {len(state.samples)}


def test_only_the_best_are_verified_in_full(tmp_path: Path) -> None:
    pool = FormulaPool()
    searched(tmp_path / "s", pool, evaluations=64)

    assert pool.levels.count("converged") == 1
    assert pool.levels[-1] == "converged"
