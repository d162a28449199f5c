"""Small studies whose program is plain numpy, so that a sample takes a fraction of a second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mechagents.messages import Settings
from mechagents.problems import load_problem
from mechagents.study import Parameter, Study, StudyFolder, begin
from mechagents.study.base import hash_of
from mechagents.study.folder import Base
from mechagents.study.sample import run_sample
from mechagents.study.spec import LatinHypercube
from mechagents.team import full_team

PROGRAM = (Path(__file__).parents[1] / "programs" / "numpy_plate.py").read_text()
MODULUS = Parameter(path="materials.plate.youngs_modulus", low=1e9, high="2 GPa")
STRETCH = Parameter(path="supports.1.x", low="10 mm", high=0.1)


def study(**changes: Any) -> Study:
    """Return a study of the plate in tension: its modulus and how far it is stretched."""
    usual: dict[str, Any] = {
        "name": "plates",
        "problem": "plate-tension",
        "parameters": {"modulus": MODULUS, "stretch": STRETCH},
        "sampling": LatinHypercube(samples=6, seed=3),
        "full": 0.2,
        "outputs": {"stiffness": "reaction_right / stretch"},
    }
    return Study.model_validate({**usual, **changes})


def base(**changes: Any) -> Base:
    """Return what a team would have answered, with the program in numpy."""
    problem = load_problem("plate-tension")
    assert problem.formulation is not None
    usual: dict[str, Any] = {
        "run": "",
        "formulation": problem.formulation,
        "program": PROGRAM,
        "program_hash": hash_of(PROGRAM),
        "settings": Settings(mesh_size=0.1, element_order=1),
        "level": "converged",
        "tolerance": 0.02,
        "quantities": (),
        "claim_level": "converged",
        "sandbox": "namespaces",
        "setup": full_team(sandbox="none").setup("0"),
    }
    return Base.model_validate({**usual, **changes})


def begun(folder: Path, asked: Study | None = None, answered: Base | None = None) -> StudyFolder:
    """Return the folder of a study whose problem is solved and whose samples are to come."""
    kept = begin(asked or study(), folder)
    kept.write("base.json", (answered or base(sandbox="none")).model_dump_json())
    return kept


class HerePool:
    """Runs samples in this process, one after another, and counts them."""

    width = 1

    def __init__(self) -> None:
        self.ran: list[int] = []

    def run(self, orders: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Return results as they come."""
        for order in orders:
            self.ran.append(order["sample"])
            yield run_sample(order)

    def close(self) -> None:
        """Do nothing."""
