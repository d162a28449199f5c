"""Jobs and limits refuse what makes no sense, and sandboxes are found by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mechagents.errors import UsageError
from mechagents.sandbox.base import Job, Limits, Outcome, Sandbox, open_sandbox

HERE = Path()


@given(st.floats(min_value=0.1, max_value=1e4), st.integers(min_value=1, max_value=64))
def test_processor_time_follows_wall_time_and_threads(wall: float, threads: int):
    limits = Limits(wall_seconds=wall, threads=threads)
    assert limits.cpu_seconds_allowed == 2 * wall * threads


def test_processor_time_that_is_set_is_kept():
    assert Limits(cpu_seconds=3).cpu_seconds_allowed == 3


@pytest.mark.parametrize("field", [n for n in Limits.model_fields if n != "cpu_seconds"])
def test_a_limit_of_nothing_is_refused(field: str):
    with pytest.raises(ValidationError, match=field):
        Limits.model_validate({field: 0})


@pytest.mark.parametrize(
    "given_wrong",
    [
        {},
        {"source": "x", "script": HERE},
        {"source": "x", "inputs": {"../up": "x"}},
        {"source": "x", "inputs": {"a/b": "x"}},
        {"source": "x", "inputs": {".hidden": "x"}},
        {"source": "x", "inputs": {"program.py": "x"}},
        {"source": "x", "environment": ("OPENAI_API_KEY",)},
        {"source": "x", "environment": ("my_password",)},
        {"source": "x", "unknown": 1},
    ],
)
def test_a_job_that_makes_no_sense_is_refused(given_wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        Job(workdir=HERE, **given_wrong)


def test_an_outcome_survives_json():
    outcome = Outcome(status="ok", exit_code=0, isolation="none", artifacts=("a.txt",))
    assert Outcome.model_validate_json(outcome.model_dump_json()) == outcome


def test_a_sandbox_that_does_not_isolate_has_to_be_asked_for():
    sandbox = open_sandbox("none")
    assert isinstance(sandbox, Sandbox)
    assert sandbox.name == "none"
    assert "no kernel isolation" in sandbox.isolation


def test_an_unknown_sandbox_names_the_choices():
    with pytest.raises(UsageError, match=r"sandbox: there is no sandbox 'moon'.*namespaces"):
        open_sandbox("moon")
