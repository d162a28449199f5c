"""The short notation of schemas: whole, unambiguous, and a fraction of their length."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

from engineer import engineer, run

from mechagents.agents.kit_summary import example_program, kit_summary
from mechagents.agents.notation import notation
from mechagents.agents.replies import blocks
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import Part
from mechagents.messages import Answer, Formulated
from mechagents.problems import load_problem
from mechagents.team import two_agent


class Disk(Part):
    """A disk. It is round."""

    kind: Literal["disk"] = "disk"
    center: tuple[float, float]


class Square(Part):
    """A square [m]."""

    kind: Literal["square"] = "square"
    side: float = 1.0


class Shapes(Part):
    """Two kinds of shapes."""

    parts: dict[str, Disk | Square]
    order: Literal["in", "out"] | None = None
    numbers: tuple[int, ...] = ()


def test_an_object_is_a_line_with_its_fields_and_what_it_is() -> None:
    assert notation(Shapes.model_json_schema()).splitlines() == [
        '{parts: {[string]: Disk | Square}, order?: "in" | "out", numbers?: integer[]}',
        'Disk = {kind: "disk", center: [number, number]}  # A disk',
        'Square = {kind: "square", side?: number}  # A square [m]',
    ]


def test_names_are_told_apart_from_other_words() -> None:
    told = notation(Formulated.model_json_schema())
    assert 'name: name, kind: "reaction", boundary: name' in told
    assert "Picture = {file: string" in told
    assert "materials: {[name]: Material}" in told
    assert "PointSpring = {boundary: name" in told
    assert "Material = Isotropic | " in told
    assert "J2Plastic | string" in told
    assert "#" not in notation(Formulated.model_json_schema(), notes=False)


def test_the_form_of_a_formulation_names_every_part_once() -> None:
    schema = Formulated.model_json_schema()
    told = notation(schema)
    for name in schema["$defs"]:
        assert len(re.findall(rf"^{name} = ", told, re.MULTILINE)) == 1, name
    assert len(told) < len(json.dumps(schema)) / 4


def test_every_name_in_the_form_of_a_formulation_is_explained() -> None:
    told = "\n".join(
        line.split("  # ")[0] for line in notation(Formulated.model_json_schema()).splitlines()
    )
    named = set(re.findall(r"\b[A-Z]\w+", re.sub(r'"[^"]*"', "", told)))
    assert named == set(re.findall(r"^(\w+) = ", told, re.MULTILINE))


def stated(name: str) -> Formulation:
    found = load_problem(name).formulation
    assert found is not None
    return found


def test_the_kit_is_told_as_far_as_a_formulation_calls_for_it() -> None:
    plane, solid = kit_summary(stated("copper-plate")), kit_summary(stated("cantilever-3d"))
    moving = kit_summary(stated("struck-cantilever"))
    for text in (plane, solid, moving):
        assert "read_problem()" in text
        assert "BilinearForm, LinearForm" in text
    assert ("SolidSpace" in plane, "SolidSpace" in solid) == (False, True)
    assert ("newmark" in plane, "newmark" in moving) == (False, True)
    assert "vibration_modes" not in plane + solid + moving
    assert "load_steps(equations" not in plane + solid + moving
    assert all(word in kit_summary(None) for word in ("SolidSpace", "newmark", "vibration_modes"))


async def test_the_example_of_the_kit_is_a_program_that_is_verified(tmp_path: Path) -> None:
    problem = load_problem("cantilever")
    (block,) = blocks(example_program(problem.formulation))
    asked = problem.settings.model_copy(update={"element_order": 2})
    problem = problem.model_copy(update={"settings": asked})
    reply = f"```python\n{block.body}\n```"
    outcome = await run(two_agent(model=engineer(program=lambda _: reply)), tmp_path, problem)
    assert isinstance(outcome, Answer), outcome
    assert (outcome.claim_level, outcome.attempts) == ("verified", 1)
