"""Parameters in SI, and samples laid out among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import base, study

from mechagents.errors import ProblemError
from mechagents.study import Study
from mechagents.study.space import axes_of, lay_out
from mechagents.study.vary import changes_of, check_study

FORMULATION = base().formulation
HERE = Path()


def laid_out(asked: Study, folder: Path = HERE) -> np.ndarray[Any, np.dtype[np.float64]]:
    return lay_out(asked, axes_of(asked, FORMULATION), folder)


def test_a_parameter_has_the_unit_of_its_field() -> None:
    ratio = {"path": "materials.plate.poisson_ratio", "low": 0.1, "high": 0.4}
    asked = study(parameters={**study().parameters, "ratio": ratio})

    assert [axis.unit for axis in axes_of(asked, FORMULATION)] == ["Pa", "m", "1"]


def test_a_range_may_have_units() -> None:
    found = laid_out(study(sampling={"method": "sobol", "samples": 64}))

    assert found.shape == (64, 2)
    assert 1e9 <= found[:, 0].min() < 1.1e9
    assert 1.9e9 < found[:, 0].max() <= 2e9
    assert found[:, 1].min() >= 0.01
    assert found[:, 1].max() <= 0.1


@given(samples=st.integers(1, 40), seed=st.integers(0, 10))
def test_a_latin_hypercube_has_one_sample_in_every_layer(samples: int, seed: int) -> None:
    way = {"method": "latin_hypercube", "samples": samples, "seed": seed}
    found = laid_out(study(sampling=way))

    layers = np.floor((found[:, 0] - 1e9) / 1e9 * samples).astype(int)
    assert sorted(layers) == list(range(samples))
    assert np.array_equal(found, laid_out(study(sampling=way)))


def test_a_grid_is_every_combination() -> None:
    parameters = {
        "modulus": {"path": "materials.plate.youngs_modulus", "values": ["1 GPa", 2e9]},
        "stretch": {"path": "supports.1.x", "low": 0.01, "high": 1.0, "count": 3, "scale": "log"},
    }
    found = laid_out(study(sampling={"method": "grid"}, parameters=parameters))

    assert np.allclose(found[:, 0], [1e9] * 3 + [2e9] * 3)
    assert np.allclose(found[:, 1], [0.01, 0.1, 1.0] * 2)


def test_samples_may_be_listed_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("stretch,modulus\n50 mm,1e9\n0.02,3 GPa\n")
    bare = {name: {"path": one.path} for name, one in study().parameters.items()}
    asked = study(sampling={"method": "list", "file": "points.csv"}, parameters=bare)

    assert laid_out(asked, tmp_path).tolist() == [[1e9, 0.05], [3e9, 0.02]]


def test_a_listed_sample_without_a_value_is_named(tmp_path: Path) -> None:
    bare = {name: {"path": one.path} for name, one in study().parameters.items()}
    rows = [{"modulus": 1e9, "stretch": 0.1}, {"modulus": 1e9}]
    with pytest.raises(ProblemError, match=r"sampling.rows.1: has no 'stretch'"):
        laid_out(study(sampling={"method": "list", "rows": rows}, parameters=bare))
    with pytest.raises(ProblemError, match=r"sampling.file: .*cannot be read"):
        laid_out(study(sampling={"method": "list", "file": "no.csv"}, parameters=bare), tmp_path)


@pytest.mark.parametrize(
    ("spread", "mean", "sd"),
    [
        ({"kind": "normal", "mean": "1 GPa", "sd": 1e8}, 1e9, 1e8),
        ({"kind": "lognormal", "mean": 1e9, "sd": 2e8}, 1e9, 2e8),
        ({"kind": "uniform", "low": 1e9, "high": 2e9}, 1.5e9, 1e9 / 12**0.5),
        ({"kind": "triangular", "low": 1e9, "mode": 1e9, "high": 4e9}, 2e9, 3e9 / 18**0.5),
    ],
)
def test_a_distribution_has_its_mean_and_deviation(
    spread: dict[str, Any], mean: float, sd: float
) -> None:
    parameters = {"modulus": {"path": "materials.plate.youngs_modulus", "distribution": spread}}
    found = laid_out(study(parameters=parameters, sampling={"method": "sobol", "samples": 4096}))

    assert np.isclose(found.mean(), mean, rtol=2e-3)
    assert np.isclose(found.std(), sd, rtol=1e-2)


@pytest.mark.parametrize(
    ("parameter", "told"),
    [
        ({"path": "materials.plate.modulus", "low": 1, "high": 2},
         r"p.path: the formulation has no .*materials.plate has kind, name, youngs_modulus"),
        ({"path": "supports.7.x", "low": 1, "high": 2}, r"supports has items 0 to 1"),
        ({"path": "title", "low": 1, "high": 2}, r"'title' holds no number"),
        ({"path": "supports.1.x", "low": "1 GPa", "high": 2}, r"p.low: '1 GPa' has the wrong"),
        ({"path": "supports.1.x", "low": 2, "high": 1}, r"p.high: 1 is not above low"),
        ({"path": "supports.1.x", "low": -1, "high": 1, "scale": "log"}, r"p.scale: a log"),
        ({"paths": ["supports.1.x", "materials.plate.youngs_modulus"], "low": 1, "high": 2},
         r"p.paths: its paths lead to fields in different units: m, Pa"),
    ],
)  # fmt: skip
def test_a_parameter_that_does_not_fit_is_named(parameter: dict[str, Any], told: str) -> None:
    with pytest.raises(ProblemError, match=told):
        laid_out(study(parameters={"p": parameter}, outputs={}))


def test_fields_and_settings_follow_from_the_parameters() -> None:
    follows = {"supports.1.x": "stretch / 2", "settings.mesh_size": "stretch * 2"}
    parameters = {"stretch": {"path": "supports.0.x", "low": 0.05, "high": 0.1}}
    asked = study(parameters=parameters, set=follows, outputs={})
    axes = axes_of(asked, FORMULATION)
    changes, settings = changes_of(asked, FORMULATION, axes, np.array([0.08]), base().settings)

    assert changes == {"supports.0.x": 0.08, "supports.1.x": 0.04}
    assert settings.mesh_size == 0.16


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"quantities": ["force"]}, r"quantities.0: 'force' is not wanted; .* reaction_right"),
        ({"outputs": {"k": "force / 2"}}, r"outputs.k: 'force' is not known"),
        ({"set": {"settings.size": "stretch"}}, r"set.settings.size: the settings have mesh_size"),
        ({"set": {"supports.9.x": "stretch"}}, r"set.supports.9.x: the formulation has no such"),
        ({"sampling": None, "optimize": {"minimize": "mass"}},
         r"optimize.minimize: 'mass' is no quantity, output or parameter"),
    ],
)  # fmt: skip
def test_what_a_study_names_has_to_be_there(changes: dict[str, Any], told: str) -> None:
    asked = study(**changes)
    with pytest.raises(ProblemError, match=told):
        check_study(asked, axes_of(asked, FORMULATION), FORMULATION)
