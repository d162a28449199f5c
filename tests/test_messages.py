"""Messages: frozen, told apart by kind, the same after a round trip through JSON."""

from __future__ import annotations

import json
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mechagents.messages import (
    Answer,
    Check,
    Critique,
    Evidence,
    Execution,
    Failure,
    Finding,
    Message,
    ModelCall,
    Opaque,
    Plan,
    Problem,
    Program,
    Quantity,
    Question,
    Reply,
    Settings,
    parse_message,
)

words = st.text(min_size=1, max_size=40)
numbers = st.floats(allow_nan=False, allow_infinity=False)
sizes = st.floats(min_value=1e-9, max_value=1e9)
settings_ = st.builds(
    Settings,
    mesh_size=st.none() | sizes,
    element_order=st.none() | st.integers(1, 6),
    options=st.dictionaries(words, st.booleans() | st.integers() | numbers | words, max_size=3),
)
checks = st.builds(
    Check,
    name=words,
    passed=st.booleans(),
    value=st.none() | numbers,
    tolerance=st.none() | numbers,
    message=words,
)
quantities = st.builds(
    Quantity,
    name=st.from_regex(r"\A[a-z][a-z0-9_]{0,10}\Z"),
    value=numbers,
    unit=words,
    error_bound=st.none() | numbers,
)
roles = st.from_regex(r"\A[a-z][a-z0-9_]{0,10}\Z")
findings = st.builds(Finding, to=roles, text=words)
messages = st.one_of(
    st.builds(Problem, statement=words, name=words, settings=settings_),
    st.builds(Plan, steps=st.lists(words, min_size=1).map(tuple), method=words),
    st.builds(Program, source=words, settings=settings_, changed=words),
    st.builds(Execution, attempt=st.integers(1, 9), folder=words, settings=settings_,
              status=st.sampled_from(["ok", "error", "wall_timeout"]), stdout=words),
    st.builds(Evidence, attempt=st.integers(1, 9), checks=st.lists(checks).map(tuple),
              quantities=st.lists(quantities).map(tuple), claim_level=st.just("computed"),
              run_next=st.none() | settings_),
    st.builds(Critique, verdict=st.just("revise"),
              findings=st.lists(findings, min_size=1).map(tuple), summary=words),
    st.builds(Question, text=words),
    st.builds(Reply, text=words),
    st.builds(ModelCall, role=roles, model=words, text=words, cost=numbers),
    st.builds(Answer, run=words, problem=words, model=words, claim_level=st.just("converged"),
              quantities=st.lists(quantities).map(tuple)),
    st.builds(Failure, reason=st.just("model"), message=words),
)  # fmt: skip


@given(messages)
def test_a_message_is_the_same_after_a_round_trip_through_json(message: Message) -> None:
    assert parse_message(json.loads(message.to_json())) == message


def test_a_message_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Reply(text="yes").text = "no"  # type: ignore[misc]


def test_a_field_that_no_message_has_is_refused() -> None:
    with pytest.raises(ValidationError, match="colour"):
        parse_message({"kind": "reply", "text": "yes", "colour": "red"})


def test_a_number_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValidationError):
        Quantity(name="force", value=float("nan"), unit="N")


def test_a_subclass_makes_itself_known_by_its_kind() -> None:
    class Estimate(Message):
        kind: Literal["estimate_of_a_test"] = "estimate_of_a_test"
        force: float

    try:
        read = parse_message({"kind": "estimate_of_a_test", "force": 2.0})
        assert read == Estimate(force=2.0)
    finally:
        del Message.kinds["estimate_of_a_test"]


def test_two_classes_of_one_kind_are_refused() -> None:
    with pytest.raises(TypeError, match="'reply'"):

        class Other(Message):  # pyright: ignore[reportUnusedClass]
            kind: Literal["reply"] = "reply"


@given(st.dictionaries(words.filter(lambda key: key != "kind"), words, max_size=3))
def test_a_kind_that_is_not_loaded_is_kept_as_it_was(content: dict[str, str]) -> None:
    data = {"kind": "of_another_program", **content}
    message = parse_message(data)
    assert isinstance(message, Opaque)
    assert json.loads(message.to_json()) == data


def test_a_revision_says_what_to_mend() -> None:
    with pytest.raises(ValidationError, match="what to mend"):
        Critique(verdict="revise")


def test_evidence_passes_only_without_a_failed_check() -> None:
    good = Check(name="supports:left", passed=True, message="held")
    bad = Check(name="geometry:plate", passed=False, message="a hole is missing")
    assert Evidence(attempt=1, checks=(good,), claim_level="consistent").passed
    evidence = Evidence(attempt=1, checks=(good, bad), claim_level="none")
    assert not evidence.passed
    assert evidence.failed == (bad,)
