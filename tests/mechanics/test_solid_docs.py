"""What the documentation shows of solids can be stated as it stands there."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import Boundary, Shape
from mechagents.mechanics.solid_body import volume

PAGE = Path(__file__).parents[2] / "docs" / "problems.md"


@pytest.fixture(scope="module")
def blocks() -> list[dict[str, object]]:
    """Return what the section about solids has in YAML."""
    section = PAGE.read_text(encoding="utf-8").split("### Solids\n")[1].split("\n### ")[0]
    texts = [part.split("```")[0].partition("\n")[2] for part in section.split("```yaml ")[1:]]
    return [cast("dict[str, object]", YAML(typ="safe").load(text)) for text in texts]


def test_the_problem_can_be_solved(blocks: list[dict[str, object]]) -> None:
    assert Formulation.model_validate(blocks[0]["formulation"]).dimension == 3


def test_the_shapes_and_boundaries_are_known(blocks: list[dict[str, object]]) -> None:
    shapes, boundaries = TypeAdapter[Shape](Shape), TypeAdapter[Boundary](Boundary)
    assert all(volume(shapes.validate_python(shape)) > 0 for shape in blocks[1].values())
    assert all(boundaries.validate_python(boundary) for boundary in blocks[2].values())
