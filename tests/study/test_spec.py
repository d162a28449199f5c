"""What a study file may say, and how its faults are named."""

from __future__ import annotations

from pathlib import Path

import pytest
from studies import MODULUS, study

from mechagents.errors import ProblemError
from mechagents.study import load_study
from mechagents.study.expressions import value_of

GOOD = """
problem: plate-tension
parameters:
  modulus: {path: materials.plate.youngs_modulus, low: 1 GPa, high: 2 GPa}
sampling: {method: sobol, samples: 8}
"""


def test_a_file_is_named_after_itself(tmp_path: Path) -> None:
    path = tmp_path / "Stiff_plates.yaml"
    path.write_text(GOOD)

    assert load_study(path).name == "stiff-plates"


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ("method: sobol", "method: dice", r"5: sampling: .*dice"),
        ("samples: 8", "samples: 0", r"5: sampling.samples: should be greater than or equal to 1"),
        (", high: 2 GPa", "", r"4: parameters.modulus.low: a range needs both"),
        ("samples: 8", "sample: 8", r"sampling.sample: there is no such field; did you mean"),
        ("low: 1 GPa, high: 2 GPa", "count: 3", r"parameters.modulus: needs low and high"),
        ("modulus:", "status:", r"parameters.status: is the name of something else"),
    ],
)
def test_every_fault_is_named_with_its_line(
    tmp_path: Path, wrong: str, right: str, told: str
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(GOOD.replace(wrong, right))

    with pytest.raises(ProblemError, match=told):
        load_study(path)


def test_a_study_samples_or_searches_not_both() -> None:
    with pytest.raises(ValueError, match="give either sampling or optimize"):
        study(sampling=None)
    with pytest.raises(ValueError, match="give either sampling or optimize"):
        study(optimize={"minimize": "reaction_right"})


def test_a_base_of_indices_that_is_no_power_of_two_is_refused() -> None:
    with pytest.raises(ValueError, match="100 is no power of two; take 128"):
        study(sampling={"method": "sobol_indices", "base": 100})


def test_a_grid_needs_to_know_how_many() -> None:
    with pytest.raises(ValueError, match=r"parameters.modulus: a grid needs values"):
        study(sampling={"method": "grid"}, parameters={"modulus": MODULUS})


def test_an_expression_with_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"set.materials.plate.poisson_ratio: 'nu' is not known"):
        study(set={"materials.plate.poisson_ratio": "nu / 2"})


def test_an_expression_runs_no_code() -> None:
    with pytest.raises(ValueError, match="not allowed"):
        value_of("__import__('os').getpid()", {})


def test_an_expression_without_a_value_is_not_a_number() -> None:
    assert value_of("1 / (a - a)", {"a": 1.0}) != value_of("1 / (a - a)", {"a": 1.0})
    assert value_of("sqrt(a) * 2", {"a": 9.0}) == 6.0
