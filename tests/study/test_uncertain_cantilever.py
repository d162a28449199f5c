"""The Sobol indices of a cantilever's deflection are those that beam theory gives."""

from __future__ import annotations

import json
from pathlib import Path

from studies import base

from mechagents.messages import Settings
from mechagents.models.handbook.coder import program_text
from mechagents.problems import load_problem
from mechagents.study import LocalPool, begin, load_study, run_study
from mechagents.study.base import hash_of
from mechagents.study.indices import Index
from mechagents.study.spec import SobolIndices

EXAMPLE = Path(__file__).parents[2] / "examples" / "studies" / "uncertain-cantilever.yaml"


def indices_of(folder: Path) -> list[Index]:
    told = json.loads((folder / "study-summary.json").read_text())
    return [Index.model_validate(one) for one in told["sobol_indices"]]


def spread_of(deviation: float, power: int) -> float:
    """Return the squared coefficient of variation of a power of a lognormal variable."""
    return float((1 + deviation**2) ** (power**2) - 1)


def test_the_indices_are_those_of_beam_theory(tmp_path: Path) -> None:
    study = load_study(EXAMPLE)
    fewer = study.model_copy(update={"sampling": SobolIndices(base=16, seed=1), "full": 0.0})
    problem = load_problem("cantilever")
    folder = begin(fewer, tmp_path / "study", near=EXAMPLE.parent)
    program = program_text("static_linear", 2)
    answered = base(
        formulation=problem.formulation, program=program, program_hash=hash_of(program),
        settings=Settings(mesh_size=0.05, element_order=2), level="consistent",
    )  # fmt: skip
    folder.write("base.json", answered.model_dump_json())
    with LocalPool(2) as pool:
        state = run_study(folder, pool=pool)

    assert not state.failed
    # The deflection is load * height^-2 / modulus times a constant: a product, whose indices are
    # known. Shear adds 0.7 % to it, which moves them by less than that.
    spreads = {
        "youngs_modulus": spread_of(10 / 210, -1),
        "load": (0.1**2 / 12) / 0.5**2,
        "height": spread_of(0.03, -2),
    }
    whole = 1.0
    for one in spreads.values():
        whole *= 1 + one
    found = {index.parameter: index for index in indices_of(folder.path)}
    for name, one in spreads.items():
        first, total = one / (whole - 1), one / (1 + one) * whole / (whole - 1)
        index = found[name]
        assert index.first_low < first < index.first_high
        assert index.total_low < total < index.total_high
