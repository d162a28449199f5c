"""A study's folder: what was asked, what the team answered, and a line for every sample done."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field, ValidationError

from mechagents.errors import ProblemError
from mechagents.log import PATIENCE
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import Part
from mechagents.messages import ClaimLevel, Problem, Quantity, Settings, Setup
from mechagents.study.sample import Ran
from mechagents.study.spec import Study

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

_P = TypeVar("_P", bound=Part)


class Asked(Part):
    """What a study was begun with."""

    study: Study
    problem: Problem | None = None
    """What the team solves; None where ``run`` was solved before."""
    run: str = ""
    """The folder of a run that was answered."""
    version: str


class Base(Part):
    """The team's answer that a study goes out from."""

    run: str
    formulation: Formulation
    program: str
    """Its source."""
    program_hash: str
    settings: Settings
    level: ClaimLevel
    tolerance: float
    quantities: tuple[Quantity, ...]
    claim_level: ClaimLevel
    sandbox: str
    limits: dict[str, float | None] = Field(default_factory=dict[str, float | None])
    setup: Setup
    """The team, for samples that go back to it."""


class StudyFolder:
    """The files of one study.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._end = 0
        """Where the journal's last whole line ends."""

    @property
    def base_run(self) -> Path:
        """Where the team solves the problem."""
        return self.path / "base"

    def returned(self, sample: int) -> Path:
        """Return where the team solves a sample that came back."""
        return self.path / "returned" / f"{sample:06d}"

    def fields(self, sample: int) -> Path:
        """Return where a sample's fields are kept, a thousand to a folder."""
        return self.path / "fields" / f"{sample // 1000:03d}" / f"{sample:06d}.vtu"

    @contextmanager
    def held(self) -> Generator[None]:
        """Keep other processes from writing this study meanwhile.

        Raises:
            ProblemError: If one does, or the folder cannot be made.
        """
        from filelock import FileLock, Timeout

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path / ".writer.lock", timeout=PATIENCE, poll_interval=0.02):
                yield
        except Timeout as error:
            told = "another process is working on this study"
            raise ProblemError(told, where=str(self.path)) from error
        except OSError as error:
            told = f"cannot be used ({error.strerror}); choose another folder"
            raise ProblemError(told, where=str(self.path)) from error

    def write(self, name: str, text: str) -> None:
        """Write a file whole or not at all."""
        part = self.path / f"{name}.part"
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path / name)

    def asked(self) -> Asked:
        """Return what the study was begun with.

        Raises:
            ProblemError: If the folder holds no study.
        """
        return self._read("study.json", Asked)

    def base(self) -> Base | None:
        """Return the team's answer, or None where it has none yet."""
        return self._read("base.json", Base) if (self.path / "base.json").exists() else None

    def samples(self) -> FloatArray | None:
        """Return the samples laid out, or None where they are not yet."""
        import numpy as np

        path = self.path / "samples.json"
        if not path.exists():
            return None
        return np.array(json.loads(path.read_text(encoding="utf-8")), dtype=np.float64)

    def _read(self, name: str, kind: type[_P]) -> _P:
        path = self.path / name
        try:
            return kind.model_validate_json(path.read_bytes())
        except OSError as error:
            told = "holds no study; give the folder of one that was begun"
            raise ProblemError(told, where=str(self.path)) from error
        except ValidationError as error:
            told = f"is not what this version wrote: {error.errors()[0]['msg']}"
            raise ProblemError(told, where=str(path)) from error

    def journal(self) -> dict[int, Ran]:
        """Return what became of each sample so far; a line that was cut off is dropped.

        A sample that went back to the team has two lines, of which the second counts.
        """
        path = self.path / "journal.jsonl"
        data = path.read_bytes() if path.exists() else b""
        whole = data[: data.rfind(b"\n") + 1]
        self._end = len(whole)
        done: dict[int, Ran] = {}
        for line in whole.splitlines():
            ran = Ran.model_validate_json(line)
            done[ran.sample] = ran
        return done

    def record(self, result: dict[str, Any]) -> Ran:
        """Keep a result: its fields as a file, the rest as a line of the journal, durably.

        ``journal`` has to be called before.
        """
        fields = result.pop("fields", None)
        ran = Ran.model_validate(result)
        if fields is not None:
            self.keep_fields(ran.sample, base64.b64decode(fields))
        with (self.path / "journal.jsonl").open("ab") as file:
            file.truncate(self._end)
            file.write(ran.model_dump_json().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
            self._end = file.tell()
        return ran

    def keep_fields(self, sample: int, content: bytes) -> None:
        """Keep a sample's fields."""
        path = self.fields(sample)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(content)
        part.replace(path)
