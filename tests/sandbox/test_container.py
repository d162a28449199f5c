"""A container has every wall, nothing that comes out of it is believed, and none is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mechagents.errors import SandboxError, UsageError
from mechagents.sandbox import container, engine
from mechagents.sandbox.base import Job, Limits
from mechagents.sandbox.container import Contained, parcel
from mechagents.sandbox.engine import Container, Engine
from mechagents.sandbox.folder import Size
from mechagents.sandbox.inside import frames
from mechagents.sandbox.local import LocalSandbox
from mechagents.sandbox.orders import Start
from mechagents.sandbox.selftest import fault

if sys.platform == "win32":
    pytest.skip("the engines that are put in place here are scripts", allow_module_level=True)

PODMAN = Engine("/bin/podman", "podman", "5", False, frozenset({"memory", "pids"}))
WALLS = (
    "--rm", "--pull=never", "--network=none", "--read-only", "--cap-drop=ALL",
    "--security-opt=no-new-privileges", "--user=2000:2000", "--ipc=private", "--log-driver=none",
    "--memory=2281701376", "--memory-swap=2281701376", "--pids-limit=320",
    "--read-only-tmpfs=false", "--http-proxy=false", "--ulimit=core=0:0",
)  # fmt: skip


def _container(**more: object) -> Container:
    limits = Limits(memory_mib=1024, folder_mib=1024)
    return Container("name", "image", 2000, limits, **more)


def _start(folder: Path, **limits: float) -> Start:
    (folder / "run").mkdir()
    (folder / "temp").mkdir()
    job = Job(source="1", workdir=folder / "run", limits=Limits.model_validate(limits))
    (folder / "run" / "program.py").write_text("1")
    return Start(job, folder / "run" / "program.py", folder / "temp", "container")


def test_every_wall_is_asked_for():
    words = _container().words(PODMAN)
    assert words[:2] == ["/bin/podman", "run"]
    assert set(WALLS) <= set(words)
    assert all(word.partition("=")[0] not in ("--privileged", "--volume") for word in words)
    options = words[: words.index("image")]
    assert sum(word.startswith("--tmpfs=") and ",size=" in word for word in options) == 4


def test_docker_is_not_told_what_it_does_not_know():
    words = _container().words(Engine("docker", "docker"))
    assert not [word for word in words if "read-only-tmpfs" in word or "http-proxy" in word]
    assert not [word for word in words if word.startswith(("--memory", "--pids"))]


def test_what_is_granted_is_shown_read_only():
    words = _container(readable=(Path("/data"),)).words(PODMAN)
    assert "type=bind,source=/data,target=/data,readonly" in words


def test_a_path_cannot_add_an_option():
    with pytest.raises(UsageError, match="cannot be shown"):
        _container(readable=(Path("/data,readonly=false"),)).words(PODMAN)


def test_the_parcel_has_the_folder_and_no_link(tmp_path: Path):
    start = _start(tmp_path)
    (tmp_path / "secret").write_text("secret")
    (start.job.workdir / "link").symlink_to(tmp_path / "secret")
    told = json.loads(parcel(start)[1])
    places = [place for place, *_ in told["files"]]
    assert "/programs/run/program.py" in places
    assert "/programs/run/link" not in places
    assert "/mechagents/mechagents/sandbox/inside/contained.py" in places
    assert str(Path.home()) not in json.dumps(told["environment"])


@pytest.mark.parametrize(
    "path",
    ["../up", "/etc/passwd", "a/../../b", ".hidden", "a\nb", "-rf", "", "a//b", "1/2/3/4/5/6/7"],
)
def test_a_name_that_is_not_plain_is_not_taken(tmp_path: Path, path: str):
    start = _start(tmp_path)
    there = Contained(start)
    there.begin(path)
    there.add(b"x")
    found = there.collect(start.job.limits)
    assert found.artifacts == ()
    assert "not as agreed" in found.skipped[0]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run", "temp"]


def test_more_files_than_are_allowed_are_not_taken(tmp_path: Path):
    start = _start(tmp_path, artifacts=2)
    there = Contained(start)
    for number in range(4):
        there.begin(f"file-{number}")
        there.add(b"x")
    assert there.collect(start.job.limits).artifacts == ("file-0", "file-1")


def test_no_more_is_written_than_all_artifacts_may_be(tmp_path: Path):
    there = Contained(_start(tmp_path))
    there.begin("big")
    for _ in range(300):
        there.add(bytes(1 << 20))
    there.end()
    assert (tmp_path / "temp/handed-back/big").stat().st_size <= 256 << 20


def test_an_artifact_replaces_a_link_and_does_not_follow_it(tmp_path: Path):
    start = _start(tmp_path)
    (tmp_path / "kept").write_text("kept")
    (start.job.workdir / "out").symlink_to(tmp_path / "kept")
    there = Contained(start)
    there.begin("out")
    there.add(b"new")
    assert there.collect(start.job.limits).artifacts == ("out",)
    assert (tmp_path / "kept").read_text() == "kept"
    assert there.size(start.job.limits) == Size()


@pytest.mark.parametrize("raw", [b"x", b"o\xff\xff\xff\xff", b"o\0\0\0\5abc"])
def test_what_is_no_message_is_refused(raw: bytes):
    given = iter([raw[:5], raw[5:]])
    with pytest.raises(ValueError, match="message"):
        frames.read(lambda _: next(given))


def _engine(folder: Path, script: str) -> Path:
    """Write a command that stands in for an engine."""
    command = folder / "podman"
    answer = '{"host": {"cgroupVersion": "v2"}, "version": {"Version": "0"}}'
    command.write_text(
        f"#!/bin/sh\ncase \"$1\" in\ninfo) echo '{answer}';;\nps|rm) ;;\n"
        f"image) exit ${{NO_IMAGE:-0}};;\nrun) {script};;\nesac\n"
    )
    command.chmod(0o755)
    return command


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo no such image >&2; exit 125", "could not be started (podman returned 125): no such"),
        ("echo nonsense", "not as agreed"),
        ("printf 'l\\000\\000\\000\\005began'; exit 137", "was killed (podman returned 137)"),
    ],
)
def test_an_engine_that_fails_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, why: str
):
    monkeypatch.setenv(engine.ENGINE_VARIABLE, str(_engine(tmp_path, script)))
    job = Job(source="1", workdir=tmp_path / "run")
    outcome = LocalSandbox("container").run_blocking(job, threading.Event())
    assert outcome.status == "setup_error"
    assert why in outcome.message


def test_a_hung_engine_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    script = "printf 'l\\000\\000\\000\\005began'; exec sleep 60"
    monkeypatch.setenv(engine.ENGINE_VARIABLE, str(_engine(tmp_path, script)))
    monkeypatch.setattr(container, "GRACE_SECONDS", 0.2)
    job = Job(source="1", workdir=tmp_path / "run", limits=Limits(wall_seconds=0.3))
    began = time.monotonic()
    outcome = LocalSandbox("container").run_blocking(job, threading.Event())
    assert outcome.status == "setup_error"
    assert "did not end when killed" in outcome.message
    assert time.monotonic() - began < 10


def test_a_missing_engine_and_a_missing_image_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(engine.ENGINE_VARIABLE, str(tmp_path / "none"))
    with pytest.raises(SandboxError, match="there is no command"):
        engine.find()
    assert "there is no command" in engine.fault()
    monkeypatch.setenv(engine.ENGINE_VARIABLE, str(_engine(tmp_path, "exit 1")))
    monkeypatch.setenv("NO_IMAGE", "1")
    monkeypatch.setenv(engine.IMAGE_VARIABLE, "mine")
    assert "has no image mine; build it with: podman build -t mine" in engine.fault()


def test_old_containers_are_found_by_their_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lines = f"{'a' * 64} map[mechagents.until:100]\n{'b' * 64} x=1,mechagents.until=300\nc none"
    command = tmp_path / "lister"
    command.write_text(f"#!/bin/sh\nprintf '{lines}'\n")
    command.chmod(0o755)
    assert engine.left(Engine(str(command), "podman"), now=200) == ["a" * 64]


@pytest.fixture
def real() -> Engine:
    if why := fault("container"):
        pytest.skip(why)
    return engine.find()


def _containers(found: Engine) -> set[str]:
    words = [found.command, "ps", "-a", "-q", "--filter", f"label={engine.LABEL}"]
    return set(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())


def test_no_container_is_left_when_the_host_is_killed(real: Engine, tmp_path: Path):
    before = _containers(real)
    program = (
        "import threading, sys\nfrom pathlib import Path\n"
        "from mechagents.sandbox.local import LocalSandbox\n"
        "from mechagents.sandbox.base import Job\n"
        "job = Job(source='import time; time.sleep(60)', workdir=Path(sys.argv[1]))\n"
        "LocalSandbox('container').run_blocking(job, threading.Event())\n"
    )
    host = subprocess.Popen([sys.executable, "-c", program, tmp_path / "run"])
    until = time.monotonic() + 30
    while not (new := _containers(real) - before) and time.monotonic() < until:
        time.sleep(0.1)
    assert new
    os.kill(host.pid, signal.SIGKILL)
    host.wait()
    while new & _containers(real) and time.monotonic() < until:
        time.sleep(0.1)
    assert not new & _containers(real)


def test_an_interpreter_that_an_image_lacks_is_a_usage_error(real: Engine, tmp_path: Path):
    job = Job(source="1", workdir=tmp_path / "run", python=Path("/no/python"))
    with pytest.raises(UsageError, match="the image has no /no/python"):
        LocalSandbox("container").run_blocking(job, threading.Event())
