"""Reads STEP files in a process of its own: OpenCascade crashes on some that are broken.

``python -m mechagents.problems.step_process plane|solid`` reads a file from its standard input and
prints what it holds, or what is wrong with it, as a line of JSON.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel

from mechagents.errors import ProblemError
from mechagents.mechanics.geometry import Geometry

SECONDS = 300.0
"""How long the reading of a file may take."""


class Told(BaseModel):
    """What a process says of a file: one of both."""

    geometry: Geometry | None = None
    fault: str = ""


@lru_cache(maxsize=4)
def read_apart(content: bytes, body: Literal["plane", "solid"]) -> Geometry:
    """Return the regions of a STEP file, read in another process; the last few are kept.

    Args:
        content: The bytes of the file.
        body: Of what kind the problem's body is.

    Raises:
        ProblemError: If it is no STEP file, holds something else, or OpenCascade crashes on it.
    """
    command = [sys.executable, "-m", "mechagents.problems.step_process", body]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ProblemError(f"cannot be read in {SECONDS:g} s; make it simpler") from error
    if done.returncode or not done.stdout:
        raise ProblemError(
            f"OpenCascade crashed on it (its process ended with {done.returncode}); it is broken, "
            "so export it again"
        )
    told = Told.model_validate_json(done.stdout)
    if told.geometry is None:
        raise ProblemError(told.fault)
    return told.geometry


def main(body: str) -> None:
    """Read a file of a body of the plane or of a solid from standard input, and tell of it."""
    from mechagents.problems.step_file import read_step

    # Libraries print what they like; the answer has a stream of its own.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        told = Told(geometry=read_step(sys.stdin.buffer.read(), solid=body == "solid"))
    except ProblemError as error:
        told = Told(fault=error.message)
    print(told.model_dump_json(), file=answer, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
