"""The shapes of the plane in the pages can be copied."""

from __future__ import annotations

from math import pi
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from mechagents.mechanics.geometry import Shape
from mechagents.mechanics.shapes import outline

PAGE = Path(__file__).parents[2] / "docs" / "problems.md"


def test_the_bar_with_a_fillet_can_be_copied():
    section = PAGE.read_text(encoding="utf-8").split("\n### Geometry\n")[1].split("\n### ")[0]
    (text,) = [part.split("```")[0].partition("\n")[2] for part in section.split("```yaml ")[1:]]
    shape = TypeAdapter(Shape).validate_python(YAML(typ="safe").load(text)["bar"])
    area = 0.12 * 0.02 + 0.06 * 0.01 + (1 - pi / 4) * 0.005**2
    assert outline(shape).area == pytest.approx(area, rel=1e-4)
