"""Messages read out of a language model's text, fences of every shape included."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechagents.agents.replies import UnusableReply, blocks, read_reply
from mechagents.messages import Critique, Plan, Program, Question, Settings

SCRIPT = "import json\n\nprint(json.dumps({}))\n"
NOTES = '{"settings": {"mesh_size": 0.05}, "changed": "finer", "why": "bound 3 %"}'


def _program(text: str) -> Program:
    message = read_reply(text, "program", attempt=2)
    assert isinstance(message, Program)
    return message


@pytest.mark.parametrize(
    "text",
    [
        f"```python\n{SCRIPT}```",
        f"```py\n{SCRIPT}```\nThat is all.",
        f"```\n{SCRIPT}```",
        f"~~~python\n{SCRIPT}~~~",
        f"````python\n{SCRIPT}````",
        f"Here it is:\n\n```python title=program.py\n{SCRIPT}```",
        f"   ```python\n{SCRIPT}   ```",
        f"```python\n{SCRIPT}",
        f"First a piece:\n```python\nx = 1\n```\nand whole:\n```python\n{SCRIPT}```",
        f"```bash\npip install nothing\n```\n```python\n{SCRIPT}```",
        SCRIPT,
    ],
    ids=[
        "labelled", "short label, prose after", "unlabelled", "tildes", "four ticks", "title",
        "indented", "unclosed", "fragment beside the script", "shell beside it", "no fence",
    ],
)  # fmt: skip
def test_a_program_is_found_in_fences_of_every_shape(text: str) -> None:
    assert _program(text).source == SCRIPT


def test_a_program_brings_its_settings_and_what_changed() -> None:
    program = _program(f"```python\n{SCRIPT}```\n```json\n{NOTES}\n```")
    assert program.settings == Settings(mesh_size=0.05)
    assert (program.changed, program.why, program.attempt) == ("finer", "bound 3 %", 2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("I would use scikit-fem.", "no program"),
        ("```python\ndef f(:\n```", "not valid Python"),
        (f'```python\n{SCRIPT}```\n```json\n{{"settings": {{"mesh_size": -1}}}}\n```', "settings"),
    ],
)
def test_a_reply_without_a_usable_program_says_why(text: str, told: str) -> None:
    with pytest.raises(UnusableReply, match=told):
        read_reply(text, "program")


BEFORE = Program(
    source=SCRIPT, attempt=1, settings=Settings(mesh_size=0.1, element_order=2), changed="first"
)


@pytest.mark.parametrize("fence", ["```json\n{}\n```", "{}", "It serves again.\n{}"])
def test_the_same_program_is_named_instead_of_repeated(fence: str) -> None:
    told = json.dumps({"same_program": True, "settings": {"mesh_size": 0.05}, "why": "bound 3 %"})
    message = read_reply(fence.replace("{}", told), "program", attempt=2, before=BEFORE)
    assert isinstance(message, Program)
    assert (message.source, message.attempt, message.why) == (SCRIPT, 2, "bound 3 %")
    assert message.settings == Settings(mesh_size=0.05, element_order=2)
    assert message.changed == ""


@pytest.mark.parametrize(
    ("text", "before", "told"),
    [
        ('{"same_program": true}', None, "no program yet"),
        (f'```python\n{SCRIPT}```\n{{"same_program": true}}', BEFORE, "not both"),
        ('{"same_program": true, "settings": [1]}', BEFORE, "settings: give an object"),
        ('{"same_program": false}', BEFORE, "no program"),
    ],
)
def test_the_same_program_needs_one_and_stands_alone(
    text: str, before: Program | None, told: str
) -> None:
    with pytest.raises(UnusableReply, match=told):
        read_reply(text, "program", before=before)


def test_a_setting_of_null_is_left_to_the_program() -> None:
    notes = '{"settings": {"mesh_size": null, "options": null, "element_order": 2}}'
    assert _program(f"```python\n{SCRIPT}```\n{notes}").settings == Settings(element_order=2)


def test_a_list_is_not_called_short_for_a_fault_of_its_item() -> None:
    stated = {"idealisation": "plane_stress", "wanted": [{"name": "s", "kind": "stress"}]}
    with pytest.raises(UnusableReply) as caught:
        read_reply(json.dumps({"formulation": stated}), "formulation")
    assert "formulation.wanted.0.stress.component: Field required" in str(caught.value)
    assert "formulation.wanted:" not in str(caught.value)
    with pytest.raises(UnusableReply, match=r"formulation.wanted: at least 1 needed"):
        read_reply(json.dumps({"formulation": {"wanted": []}}), "formulation")


PLAN = '{"steps": ["state it", "solve it"], "method": "quadratic triangles"}'


@pytest.mark.parametrize(
    "text", [PLAN, f"```json\n{PLAN}\n```", f"```\n{PLAN}\n```", f"Sure. {PLAN} Good luck."]
)
def test_an_object_is_found_with_and_without_a_fence(text: str) -> None:
    message = read_reply(text, "plan")
    assert message == Plan(steps=("state it", "solve it"), method="quadratic triangles")


@pytest.mark.parametrize(
    ("text", "want", "told"),
    [
        ("no JSON here", "plan", "not one JSON object"),
        ('{"steps": []}', "plan", "steps: .*\nmethod: "),
        ('{"verdict": "revise"}', "critique", "what to mend"),
        ("[1, 2]", "plan", "not one JSON object"),
        ("{}", "no_such_kind", "no kind of message"),
        ("{" * 3000, "plan", "not one JSON object"),
    ],
)
def test_an_unusable_object_names_the_field(text: str, want: str, told: str) -> None:
    with pytest.raises(UnusableReply, match=told):
        read_reply(text, want)


def test_a_question_may_stand_in_for_what_was_asked() -> None:
    assert read_reply('{"question": "How thick?"}', "formulation") == Question(text="How thick?")


def test_a_critique_is_read() -> None:
    text = json.dumps({"verdict": "accept", "findings": [], "summary": "agrees with E A eps"})
    assert read_reply(text, "critique") == Critique(verdict="accept", summary="agrees with E A eps")


@given(st.text())
def test_no_text_at_all_breaks_the_reader(text: str) -> None:
    blocks(text)
    for want in ("plan", "program", "critique"):
        with contextlib.suppress(UnusableReply):
            read_reply(text, want)
