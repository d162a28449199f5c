"""The six plates, answered by the full team without a language model.

The references in ``data/plate_references.json`` were computed by another library, with other
elements, from the words of the problems: see ``benchmarks/plate_references.py``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mechagents.log import read_log
from mechagents.messages import Answer, Critique, Evidence, Program
from mechagents.problems import load_problem
from mechagents.run import solve
from mechagents.team import full_team

PLATES = json.loads((Path(__file__).parent / "data" / "plate_references.json").read_text())
NAMES = list(PLATES["problems"])
MENDED = {"plate-hole-shear", "plate-inclusion-shear", "copper-plate"}
"""Plates whose first program does not bound its error well enough."""


@pytest.mark.parametrize("name", NAMES)
async def test_a_plate_is_answered_with_every_check_passed(name: str, tmp_path: Path) -> None:
    answer = await solve(load_problem(name), full_team(), folder=tmp_path / "run")

    assert isinstance(answer, Answer), answer
    assert answer.model == "handbook"
    assert answer.claim_level == "verified"
    assert [check.name for check in answer.checks if not check.passed] == []
    chosen = {one.about: one.value for one in answer.assumptions}
    reading = f"{chosen['idealisation']}/{chosen['right_edge_transverse']}"
    references = PLATES["problems"][name][reading]
    assert {quantity.name for quantity in answer.quantities} == set(references)
    for quantity in answer.quantities:
        reference = references[quantity.name]["value"]
        assert quantity.value == pytest.approx(reference, rel=0.015)
        assert quantity.error_bound is not None
        assert abs(quantity.value - reference) <= quantity.error_bound, "the bound is too small"
    if name in MENDED:
        _mended_from_evidence(tmp_path / "run")


def _mended_from_evidence(run: Path) -> None:
    log = read_log(run)
    first, last = log.of(Program)[0], log.of(Program)[-1]
    failed = next(evidence for evidence in log.of(Evidence) if not evidence.passed)
    assert failed.attempt == first.attempt
    assert all(check.name.startswith("convergence:") for check in failed.failed)
    critique = log.of(Critique)[0]
    assert critique.verdict == "revise"
    assert {finding.check for finding in critique.findings} == {c.name for c in failed.failed}
    assert last.settings != first.settings
    assert failed.failed[0].name in log.of(Program)[1].why
