"""Every tier holds the attacks; no isolation, or a sandbox that runs nothing, does not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

if sys.platform != "linux":
    pytest.skip("the attacks are on what Linux has", allow_module_level=True)

from attacks.attack import Attack
from attacks.corpus import CORPUS
from attacks.corpus.results import GOOD
from attacks.perform import perform
from attacks.reader import Reader
from mechagents.sandbox.base import SANDBOXES, Job, Outcome, Sandbox, open_sandbox
from mechagents.sandbox.selftest import fault

ALL = [(group, attack) for group, attacks in CORPUS.items() for attack in attacks]
TIERS = ("namespaces", "bubblewrap", "landlock", "container")
NOT_HELD = {
    "landlock": {
        "secrets/keys-at-home-and-elsewhere": "/dev/shm is shared by all, and semaphores need it",
        "secrets/roundabout-paths-to-a-key": "/dev/shm is shared by all, and semaphores need it",
        "processes/seeing-the-victim": "process numbers are shared by all, though not what they do",
        "memory/removed-files-in-shared-memory": "a removed file is in no folder to be measured",
        "disk/removed-but-open": "a removed file is in no folder to be measured",
        "privileges/capabilities": "root's interpreter may lie where only root may search",
    }
}
"""What a tier is known not to hold, and why. As much as this may be missing, and no more."""


class IdleSandbox:
    """Runs nothing, and says that all is well or whatever else it is told to say."""

    name = "idle"
    isolation = "idle"

    def __init__(self, **said: object) -> None:
        self._said = {"status": "ok", "exit_code": 0, "isolation": "idle"} | said

    async def run(self, job: Job) -> Outcome:
        job.workdir.mkdir(parents=True, exist_ok=True)
        for name, content in job.inputs.items():
            (job.workdir / name).write_text(str(content))
        return Outcome.model_validate(self._said)

    async def aclose(self) -> None: ...

    async def __aenter__(self) -> IdleSandbox:
        return self

    async def __aexit__(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=TIERS)
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    if request.param in ("bubblewrap", "container") and (why := fault(request.param)):
        pytest.skip(f"{request.param}: {why}")
    async with open_sandbox(request.param) as sandbox:
        yield sandbox


def _ids(value: object) -> str:
    return value.name if isinstance(value, Attack) else str(value)


@pytest.mark.parametrize(("group", "attack"), ALL, ids=_ids)
@pytest.mark.asyncio(loop_scope="module")
async def test_the_attack_is_held(group: str, attack: Attack, sandbox: Sandbox, reader: Reader):
    verdict = await perform(attack, group, sandbox, reader)
    if not verdict.held:  # on a busy machine the watch may look too late; twice is no accident
        verdict = await perform(attack, group, sandbox, reader)
    assert verdict.held or f"{group}/{attack.name}" in NOT_HELD.get(sandbox.name, {}), verdict.cause


def test_what_is_not_held_is_little_and_has_a_reason():
    names = {f"{group}/{attack.name}" for group, attack in ALL}
    for known in NOT_HELD.values():
        assert set(known) <= names
        assert all(known.values())
        assert len(known) <= 0.05 * len(ALL)


async def test_no_isolation_lets_many_through(reader: Reader):
    name = "none" if "none" in SANDBOXES else "local"
    missed: list[str] = []
    async with open_sandbox(name) as sandbox:
        for group, attack in ALL:
            if group in ("secrets", "files", "network", "kernel"):
                verdict = await perform(attack, group, sandbox, reader)
                missed += [] if verdict.held else [attack.name]
    assert len(missed) >= 30, missed


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"status": "error", "exit_code": 1},
        {"status": "wall_timeout", "message": "it ran too long"},
        {"status": "memory_limit", "message": "it used too much"},
    ],
    ids=lambda said: str(said.get("status", "ok")),
)
async def test_a_sandbox_that_runs_nothing_holds_no_attack(said: dict[str, object], reader: Reader):
    held: list[str] = []
    for group, attack in ALL:
        verdict = await perform(attack, group, IdleSandbox(**said), reader)
        held += [attack.name] if verdict.held else []
    assert held == []


@pytest.mark.asyncio(loop_scope="module")
async def test_the_reader_accepts_sound_results(sandbox: Sandbox, reader: Reader):
    def judge(evidence: object) -> str:
        said = reader.read(evidence.stage.workdir)
        right = ("contract:results", "contract:fields", "contract:quantity:energy")
        wrong = [
            name for name in (*right, "contract:picture:picture.png") if said[name] != "passed"
        ]
        return str({name: said[name] for name in wrong}) if wrong else ""

    verdict = await perform(Attack("good", GOOD, judge, tries=3), "control", sandbox, reader)
    assert verdict.held, verdict.cause


async def test_an_attack_that_is_broken_is_not_held(reader: Reader):
    attack = Attack("broken", "attempt('nothing', lambda: undefined)\n", lambda _: "")
    async with open_sandbox("none" if "none" in SANDBOXES else "local") as sandbox:
        verdict = await perform(attack, "control", sandbox, reader)
    assert "the attack itself is broken: nothing (refused NameError" in verdict.cause


def test_the_runner_prints_a_line_for_each_attack():
    command = [sys.executable, str(Path(__file__).with_name("run.py")), "none", "--json"]
    ran = subprocess.run([*command, "--only", "own-environment"], capture_output=True, check=True)
    found = json.loads(ran.stdout)
    assert (found["attack"], found["group"], found["held"]) == ("own-environment", "secrets", True)


def test_there_are_enough_attacks_and_each_has_a_name_of_its_own():
    names = [f"{group}/{attack.name}" for group, attack in ALL]
    assert len(names) == len(set(names)) >= 64
    assert all(attack.tries > 0 for _, attack in ALL)


def test_every_group_that_attacks_are_asked_for_is_there():
    asked = "secrets files artifacts persistence network processes memory disk output kernel"
    assert set(CORPUS) >= {*asked.split(), "privileges", "results", "status"}
    assert Path(__file__).with_name("run.py").exists()
