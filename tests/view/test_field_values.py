"""What the viewer reads at a place, and in a section, is what the file's elements say."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meshes import block_of, write

from mechagents.verification.elements import KINDS, ElementKind, dimension, order
from mechagents.view.components import array_of, values_of
from mechagents.view.probe import probe
from mechagents.view.section import cut
from mechagents.view.wire import packed, unpacked

SPACE = [kind for kind in KINDS if dimension(kind) == 3]


def polynomial(x: np.ndarray, degree: int) -> np.ndarray:
    """Return a vector field that elements of that order hold exactly."""
    linear = x @ np.array([[2.0, -1.0, 0.5], [0.3, 4.0, -2.0], [1.0, 0.7, 3.0]]) + [1.0, 2.0, 3.0]
    return linear if degree == 1 else linear + np.stack([x[:, 0] * x[:, 1], x[:, 0] ** 2,
                                                         x[:, 1] ** 2], axis=1)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_place_is_read_by_the_shape_functions_of_its_element(
    kind: ElementKind, tmp_path: Path
) -> None:
    degree = order(kind)
    points, _ = block_of(kind)
    returned = write(tmp_path, kind, displacement=polynomial(points, degree))
    rng = np.random.default_rng(0)
    for element in range(0, len(returned.cell), 3):
        nodes = returned.blocks[0].nodes[element]
        corners = returned.x[nodes]
        x = rng.dirichlet(np.ones(len(corners))) @ corners
        found = probe(returned, returned.steps[0], element, x)
        read = [r.value for r in found.readings if r.component.name in "xyz"]
        assert read == pytest.approx(polynomial(x[None], degree)[0], rel=1e-9)
        magnitude = next(r for r in found.readings if r.component.name == "magnitude")
        assert magnitude.value == pytest.approx(float(np.linalg.norm(read)))
        node = returned.x[found.node]
        assert found.distance == pytest.approx(float(np.linalg.norm(node - x)))
        assert found.distance <= np.linalg.norm(corners - x, axis=1).min() + 1e-12
        exact = polynomial(node[None], degree)[0]
        assert [r.at_node for r in found.readings if r.component.name in "xyz"] == list(exact)


def test_a_place_outside_the_element_is_refused(tmp_path: Path) -> None:
    returned = write(tmp_path, "tetra10", displacement=np.ones((125, 3)))
    with pytest.raises(ValueError, match="not in that element"):
        probe(returned, returned.steps[0], 0, np.array([5.0, 5.0, 5.0]))
    with pytest.raises(IndexError, match="no element 48"):
        probe(returned, returned.steps[0], 48, np.zeros(3))


@settings(deadline=None, max_examples=40)
@given(
    kind=st.sampled_from(SPACE),
    normal=st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda n: np.linalg.norm(n) > 0.1),
    share=st.floats(0.05, 0.95),
)
def test_a_section_of_a_cube_has_its_area_and_the_field_on_it(
    kind: ElementKind, normal: tuple[float, float, float], share: float,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    n = np.array(normal) / np.linalg.norm(normal)
    reach = sorted(float(np.array(corner) @ n) for corner in np.ndindex(2, 2, 2))
    offset = reach[0] + share * (reach[-1] - reach[0])
    points, _ = block_of(kind)
    folder = tmp_path_factory.mktemp("section")
    returned = write(folder, kind, displacement=polynomial(points, 1))
    found = cut(returned, n, offset)
    assert np.abs(found.x @ n - offset).max() < 1e-9
    a, b, c = found.x.reshape(-1, 3, 3).transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2
    assert area == pytest.approx(area_of_cut_cube(n, offset), rel=1e-6, abs=1e-9)
    values = found.interpolated(array_of(returned.steps[0], "displacement", "points"))
    assert np.abs(values - polynomial(found.x, 1)).max() < 1e-9


def area_of_cut_cube(n: np.ndarray, offset: float) -> float:
    """Return the area of the polygon in which a plane cuts the unit cube, by its corners."""
    found: list[np.ndarray] = []
    corners = np.array(list(np.ndindex(2, 2, 2)), dtype=float)
    for i, j in combinations(range(8), 2):
        a, b = corners[i], corners[j]
        ends = float(a @ n - offset), float(b @ n - offset)
        if np.abs(a - b).sum() == 1 and ends[0] * ends[1] < 0:
            found.append(a + (b - a) * ends[0] / (ends[0] - ends[1]))
    middle = np.mean(found, axis=0)
    one = found[0] - middle
    one = one / np.linalg.norm(one)
    two = np.cross(n, one)
    ring = sorted(found, key=lambda p: float(np.arctan2((p - middle) @ two, (p - middle) @ one)))
    parts = [np.cross(p - middle, q - middle) for p, q in pairwise([*ring, ring[0]])]
    return float(np.linalg.norm(np.sum(parts, axis=0)) / 2)


def test_the_lines_of_a_section_are_the_borders_of_the_elements(tmp_path: Path) -> None:
    returned = write(tmp_path, "hexahedron", 2, displacement=np.zeros((27, 3)))
    found = cut(returned, np.array([1.0, 0.0, 0.0]), 0.3)
    ends = found.x[found.edges]
    # Four squares with sides of a half, each with all of its border.
    assert np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum() == pytest.approx(4 * 4 * 0.5)


def test_the_components_of_a_stress_are_those_of_its_tensor() -> None:
    stress = np.array([[3.0, -1.0, 2.0, 4.0, 0.5, -2.0], [np.nan] * 6])
    tensor = np.array([[3.0, 4.0, -2.0], [4.0, -1.0, 0.5], [-2.0, 0.5, 2.0]])
    principal = np.linalg.eigvalsh(tensor)
    deviator = tensor - np.trace(tensor) / 3 * np.eye(3)
    assert values_of(stress, "stress", "max_principal")[0] == pytest.approx(principal[2])
    assert values_of(stress, "stress", "min_principal")[0] == pytest.approx(principal[0])
    mises = np.sqrt(1.5 * (deviator**2).sum())
    assert values_of(stress, "stress", "von_mises")[0] == pytest.approx(mises)
    assert np.isnan(values_of(stress, "stress", "max_principal")[1])
    with pytest.raises(KeyError, match="no component"):
        values_of(stress, "stress", "sideways")


@given(st.lists(st.floats(width=32, allow_nan=False), max_size=30), st.text(max_size=20))
def test_what_is_packed_comes_back(numbers: list[float], text: str) -> None:
    values, whole = np.array(numbers, dtype=np.float32), np.arange(5).reshape(5, 1)
    header, arrays = unpacked(packed({"text": text}, {"values": values, "whole": whole}))
    assert header["text"] == text
    assert arrays["values"].tobytes() == values.tobytes()
    assert (arrays["whole"] == whole).all()
    assert all(told["start"] % 8 == 0 for told in header["arrays"].values())
