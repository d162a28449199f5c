"""The typed messages that the members of a team exchange.

Every message is a frozen pydantic model told apart by its ``kind``. A user's own kind is a
subclass with a ``kind`` literal of its own; defining it makes it known:

    class Estimate(Message):
        kind: Literal["estimate"] = "estimate"
        force: float
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mechagents.mechanics.formulation import Assumption, Formulation, Source
from mechagents.mechanics.geometry import Name, Part

ClaimLevel = Literal["none", "computed", "consistent", "converged", "verified"]
"""How far a result was verified; each level includes those before it."""
CLAIM_LEVELS: tuple[ClaimLevel, ...] = ("none", "computed", "consistent", "converged", "verified")
ExecutionStatus = Literal[
    "ok", "error", "signal", "wall_timeout", "cpu_limit", "memory_limit", "process_limit",
    "disk_limit", "output_flood", "setup_error",
]  # fmt: skip
"""How a program ended."""
FailureReason = Literal[
    "gave_up", "budget", "model", "sandbox", "crash", "waiting", "stuck", "stopped"
]
"""Why a run ended without an answer."""
Approach = Literal["usual", "another_method", "fallback", "fresh"]
"""How a program is asked for: the first three show what was tried, the last does not."""
CandidateEnd = Literal["passed", "failed", "cancelled", "model", "budget"]
"""How one of several programs ended: by its checks, because another passed first, because no
language model wrote it, or because the budget did not suffice."""
RoleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""The name of a role, such as ``coder``."""


class Message(BaseModel):
    """What one member of a team says to others. Frozen; refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Any
    """A string, which each subclass narrows to a literal of its own."""
    kinds: ClassVar[dict[str, type[Message]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        """Make a subclass with a ``kind`` of its own known to ``parse_message``."""
        super().__pydantic_init_subclass__(**kwargs)
        kind: object = cls.model_fields["kind"].default
        if not isinstance(kind, str):
            return
        known = Message.kinds.get(kind)
        if known is not None and (known.__module__, known.__qualname__) != (
            cls.__module__,
            cls.__qualname__,
        ):
            raise TypeError(f"two message classes have the kind {kind!r}: {known} and {cls}")
        Message.kinds[kind] = cls

    def to_json(self) -> str:
        """Return the message as a JSON object that ``parse_message`` reads back."""
        return self.model_dump_json()


class Settings(Part):
    """How a program solves: what may change to run the same program finer or coarser."""

    mesh_size: Annotated[float, Field(gt=0)] | None = None
    """Largest element edge [m]; None leaves it to the coder."""
    element_order: Annotated[int, Field(ge=1, le=6)] | None = None
    """Polynomial order of the displacement; None leaves it to the coder."""
    load_steps: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Steps in which the load of a nonlinear analysis grows; None leaves it to the coder."""
    time_steps: Annotated[int, Field(ge=1, le=20_000)] | None = None
    """Equal steps of time from 0 to the end of a transient one; None leaves it to the coder."""
    options: dict[str, float | int | str | bool] = Field(default_factory=dict)
    """Anything else that a program of one's own reads."""


class Problem(Message):
    """A mechanics question, in words, with whatever the user already knows."""

    kind: Literal["problem"] = "problem"
    statement: Annotated[str, Field(min_length=1)]
    name: str = "problem"
    formulation: Formulation | None = None
    settings: Settings = Field(default_factory=Settings)
    tolerance: Annotated[float, Field(gt=0, lt=1)] = 0.02
    """Largest error bound that is accepted, relative to the quantity [-]."""
    level: ClaimLevel = "verified"
    """The claim level asked for; no check is made that only a higher one needs."""
    files: tuple[str, ...] = ()
    follows: str | None = None
    """The folder of the run that this problem continues."""


class Plan(Message):
    """The steps, the method, and what will be checked."""

    kind: Literal["plan"] = "plan"
    steps: Annotated[tuple[str, ...], Field(min_length=1)]
    method: str
    checks: tuple[str, ...] = ()


class Formulated(Message):
    """The formulation that the team works from."""

    kind: Literal["formulation"] = "formulation"
    formulation: Formulation
    note: str = ""


class Program(Message):
    """A complete program, and what changed since the attempt before."""

    kind: Literal["program"] = "program"
    source: Annotated[str, Field(min_length=1)]
    language: Literal["python"] = "python"
    attempt: Annotated[int, Field(ge=1)] = 1
    settings: Settings = Field(default_factory=Settings)
    changed: str = ""
    why: str = ""
    lane: Annotated[int, Field(ge=0)] = 0
    """Its number among candidates that were written at the same time, 0 where there were none."""


class Lane(Part):
    """One of several programs that are asked for at the same time."""

    number: Annotated[int, Field(ge=1)]
    """From 1."""
    of: Annotated[int, Field(ge=2)]
    """How many there are."""
    approach: Approach
    temperature: float | None = None
    """The temperature of the model; None for the role's own."""


class Candidates(Message):
    """Several programs, asked for at the same time; the first that passes is taken."""

    kind: Literal["candidates"] = "candidates"
    lanes: Annotated[tuple[Lane, ...], Field(min_length=2)]


class Candidate(Part):
    """How one of several programs ended."""

    lane: int
    approach: Approach
    attempt: int | None = None
    """The program's number; None where none was written."""
    ended: CandidateEnd
    message: str = ""
    """What failed, or how far it had come."""


class Selection(Message):
    """Which of several programs the team goes on from: it stands for the evidence on that one."""

    kind: Literal["selection"] = "selection"
    attempt: int
    evidence: int
    """The sequence number of the evidence on it."""
    candidates: tuple[Candidate, ...]


class Usage(Part):
    """What a run of a program took."""

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_mib: float = 0.0


class Earlier(Message):
    """What a run takes over from the one that its problem follows: words, and nothing computed."""

    kind: Literal["earlier"] = "earlier"
    run: str
    """The folder of that run, as it was named."""
    statements: Annotated[tuple[str, ...], Field(min_length=1)]
    """What was asked before, oldest first, through the whole chain of runs."""
    formulation: Formulation
    """The one that run ended with."""
    program: Program | None = None
    """The one it answered with, or the last it wrote."""
    accepted: bool
    """Whether that run has an accepted answer."""


class Forked(Message):
    """Where a run was forked: what stands before is said in the other run, too."""

    kind: Literal["forked"] = "forked"
    run: str
    """The folder of that run, as it was named."""
    seq: Annotated[int, Field(ge=1)]
    """The last message that was taken over, under the number that it has in both runs."""
    chain: str
    """The chain of that message's line in the other run, which stands for all before it."""
    edited: bool = False
    """Whether a person put another in the place of that message."""


class Execution(Message):
    """What happened when a program ran. A crash is a value here, never an exception."""

    kind: Literal["execution"] = "execution"
    attempt: int
    folder: str
    """Where the program ran and left its files, relative to the run's folder."""
    settings: Settings
    status: ExecutionStatus
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    stdout_bytes: int = 0
    stderr_bytes: int = 0
    """Bytes written in all; what is kept above may be less."""
    artifacts: tuple[str, ...] = ()
    """Files left by the program, relative to ``folder``."""
    usage: Usage = Field(default_factory=Usage)
    isolation: str = "none"
    """The sandbox tier the program ran in."""
    message: str = ""
    """Why it ended, in words."""


class Check(Part):
    """One deterministic check."""

    name: str
    """The check, with what it was applied to after a colon: ``supports:left``."""
    passed: bool
    value: float | None = None
    tolerance: float | None = None
    message: str
    """What it means, with the numbers."""
    mendable: bool = True
    """Whether another program or mesh could make it pass."""


class Quantity(Part):
    """A number with its unit and how far it may be off."""

    name: Name
    value: float
    unit: str
    error_bound: float | None = None
    """Largest expected distance from the converged value, in ``unit``."""
    claim_level: ClaimLevel = "computed"
    note: str = ""


class AlternativeReading(Part):
    """Another reading of the question, and the values it would give."""

    value: str
    changes: dict[str, float] = Field(default_factory=dict)
    """Quantities in that reading, by the reference, in their units."""
    relative: dict[str, float] = Field(default_factory=dict)
    """By how much they differ from those of the reading that was chosen, by the same reference,
    relative to these [-]; without those that are zero."""


class AnsweredAssumption(Part):
    """An assumption as an answer reports it."""

    about: str
    value: str
    source: Source
    why: str
    alternatives: tuple[AlternativeReading, ...] = ()

    @classmethod
    def of(cls, assumption: Assumption) -> AnsweredAssumption:
        """Return an assumption with its other readings, their effect not computed."""
        readings = tuple(AlternativeReading(value=a.value) for a in assumption.alternatives)
        return cls(
            about=assumption.about,
            value=assumption.value,
            source=assumption.source,
            why=assumption.why,
            alternatives=readings,
        )


class Evidence(Message):
    """Every check made on an execution, and the claim level they support."""

    kind: Literal["evidence"] = "evidence"
    attempt: int
    checks: tuple[Check, ...]
    quantities: tuple[Quantity, ...] = ()
    claim_level: ClaimLevel
    run_next: Settings | None = None
    """Settings that the same program must run with before the verdict can be given."""
    readings: tuple[AnsweredAssumption, ...] = ()
    """The assumptions, with what other readings would give; empty until that was computed."""

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.passed)


class Finding(Part):
    """Something that a role should mend."""

    to: RoleName
    text: str
    check: str = ""
    """The check it rests on, if any."""


class Critique(Message):
    """A verdict on the message it answers. It cannot accept over a failed check."""

    kind: Literal["critique"] = "critique"
    verdict: Literal["accept", "revise"]
    findings: tuple[Finding, ...] = ()
    summary: str = ""

    @model_validator(mode="after")
    def _revision_has_a_finding(self) -> Self:
        if self.verdict == "revise" and not self.findings:
            raise ValueError("findings: a verdict of revise says what to mend, and who should")
        return self


class Question(Message):
    """What is missing or must be approved before work can go on."""

    kind: Literal["question"] = "question"
    text: Annotated[str, Field(min_length=1)]
    options: tuple[str, ...] = ()
    approves: int | None = None
    """The message whose approval is asked for; for an answer, the evidence that it rests on."""


class Reply(Message):
    """What was answered to a question."""

    kind: Literal["reply"] = "reply"
    text: str
    approves: int | None = None
    """The message that was to be approved, as in the question."""


class Speaker(Message):
    """Who a manager lets speak next."""

    kind: Literal["speaker"] = "speaker"
    name: str
    why: str = ""


class ModelCall(Message):
    """A language model's reply, as it came, kept so that it is never paid for twice."""

    kind: Literal["model_call"] = "model_call"
    role: RoleName
    model: str
    text: str
    finish_reason: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    seconds: float = 0.0
    lane: int = 0
    """Which of several programs it was asked for, 0 where there is one."""
    prompt: str = ""
    """The fingerprint of what it was shown, which is kept in ``prompts.jsonl``."""


class TotalUsage(Part):
    """What a whole run took."""

    model_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    executions: int = 0
    seconds: float = 0.0


class Answer(Message):
    """What the team answers: numbers, how far they were verified, and on what they rest."""

    kind: Literal["answer"] = "answer"
    run: str
    problem: str
    model: str
    claim_level: ClaimLevel
    quantities: tuple[Quantity, ...]
    assumptions: tuple[AnsweredAssumption, ...] = ()
    checks: tuple[Check, ...] = ()
    artifacts: tuple[str, ...] = ()
    """Files that belong to the answer, relative to the run's folder."""
    isolation: str = "none"
    attempts: int = 0
    usage: TotalUsage = Field(default_factory=TotalUsage)
    accepted: bool = True
    """Whether every check that was made passed and every reviewer accepted; otherwise it is the
    best so far, and ``note`` says what stood against it."""
    note: str = ""


class Failure(Message):
    """Why a run ended without an answer, and what was tried."""

    kind: Literal["failure"] = "failure"
    reason: FailureReason
    message: str
    tried: tuple[str, ...] = ()
    """One line for each attempt."""
    best: tuple[Quantity, ...] = ()
    """What the best attempt gave, as far as it was verified."""
    model: str = ""
    usage: TotalUsage = Field(default_factory=TotalUsage)


class Opaque(Message):
    """A message of a kind whose class is not loaded here, kept as it was."""

    kind: str
    content: dict[str, Any] = Field(default_factory=dict)

    def to_json(self) -> str:
        """Return the object as it was read."""
        return json.dumps({"kind": self.kind, **self.content}, separators=(",", ":"))


class Setup(Message):
    """How a run was set up, so that its folder alone is enough to go on with it."""

    kind: Literal["setup"] = "setup"
    team: str
    flow: str
    flow_settings: dict[str, Any] = Field(default_factory=dict)
    """The arguments that the flow was made with."""
    model: str
    fallback: str = ""
    """The stronger model that writes where the team's own is stuck."""
    sandbox: str
    roles: tuple[dict[str, Any], ...]
    """Each role's definition, and for a class its import path under ``agent``."""
    budget: dict[str, float]
    limits: dict[str, float | None] = Field(default_factory=dict[str, float | None])
    """What one execution may use, where a role has no limits of its own."""
    context: int | None = None
    """The tokens that the models take, their reply included."""
    knowledge: str = ""
    """The folder of the user's own notes and lessons, if any."""
    learns: bool = False
    """Whether lessons are kept in it."""
    second_opinion: bool = False
    """Whether a question in words is read twice."""
    candidates: int = 1
    """How many programs are tried at the same time where the team is stuck."""
    version: str
    environment: dict[str, str] = Field(default_factory=dict)
    """The machine, its Python, and the versions of the packages that make or check the numbers."""
    approve: tuple[str, ...] = ()
    """What waits until a person has approved it."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message on its way: who said it, to whom, when, and what it answers."""

    run: str
    seq: int
    """Place in the run's one total order, from 1."""
    sender: str
    to: tuple[str, ...]
    """Who it was delivered to."""
    cause: int | None
    """The sequence number of the message that this one answers."""
    time: datetime
    message: Message

    @property
    def id(self) -> str:
        """A name for this message that no other message has."""
        return f"{self.run}#{self.seq}"


def parse_message(data: dict[str, Any]) -> Message:
    """Return the message that a JSON object holds.

    A kind whose class is not loaded comes back as ``Opaque``, so that any log can be read.

    Raises:
        pydantic.ValidationError: If the object is no message of its kind.
    """
    kind = data.get("kind")
    known = Message.kinds.get(kind) if isinstance(kind, str) else None
    if known is not None:
        return known.model_validate(data)
    rest = {key: value for key, value in data.items() if key != "kind"}
    return Opaque.model_validate({"kind": kind, "content": rest})
