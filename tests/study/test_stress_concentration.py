"""From a dataset alone: Kirsch's factor for a small hole, and Heywood's curve for larger ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from mechagents.study import LocalPool, begin, load_study, run_study
from mechagents.team import full_team

EXAMPLE = Path(__file__).parents[2] / "examples" / "studies" / "stress-concentration.yaml"


def test_the_dataset_reproduces_kirsch_and_heywood(tmp_path: Path) -> None:
    study = load_study(EXAMPLE)
    radius = study.parameters["radius"].model_copy(update={"count": 3})
    fewer = study.model_copy(update={"parameters": {"radius": radius}})
    folder = begin(fewer, tmp_path / "study", near=EXAMPLE.parent)
    with LocalPool(2) as pool:
        state = run_study(folder, near=EXAMPLE.parent, team=full_team(), pool=pool)

    assert not state.failed
    table = pq.read_table(folder.path / "dataset.parquet")
    share, net = table["radius"].to_numpy(), table["net_factor"].to_numpy()
    # The strip's half width is 1 m, so that the radius is the share of the width that is gone.
    # R. B. Heywood, Designing by Photoelasticity (1952); Howland's solution is up to 1.6 % above.
    assert np.allclose(net, 2 + (1 - share) ** 3, rtol=0.02)
    # Kirsch (1898): 3 in an infinite plate, where the curve through the samples ends.
    assert abs(np.polynomial.Polynomial.fit(share, net, 2)(0.0) / 3 - 1) < 0.02
