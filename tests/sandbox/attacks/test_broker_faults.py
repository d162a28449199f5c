"""Each check of the broker is needed: without it an attack comes through."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("the broker is for Linux", allow_module_level=True)

from mechagents.sandbox.orders import PACKAGE
from mechagents.sandbox.selftest import fault

BROKER, KERNEL, FILTER = (f"sandbox/inside/{name}.py" for name in ("broker", "kernel", "seccomp"))
ELSEWHERE = 'raise PermissionError(errno.EPERM, "it lies elsewhere")'
FAULTS = {
    "none": (BROKER, "", "", "by-its-path", False),
    "any place will do": (
        BROKER, ELSEWHERE, "return os.open(path, os.O_PATH)", "by-its-path", True,
    ),
    "links are followed": (KERNEL, "= 0b1111", "= 0b0000", "by-a-symbolic-link", True),
    "links are followed in a race": (
        KERNEL, "= 0b1111", "= 0b0000", "folder-changed-after-a-look", True,
    ),
    "links are looked for, then followed": (
        BROKER, "found = open_below(folder, path[len(name) + 1 :])",
        "os.close(open_below(folder, path[len(name) + 1 :])); found = os.open(path, os.O_PATH)",
        "folder-changed-after-a-look", True,
    ),
    "the caller goes on by itself": (
        BROKER, "control(self._calls, _ADD, bytearray(told))",
        "control(self._calls, _SEND, bytearray(told[:8] + bytes(12) + b'\\x01' + bytes(3)))",
        "address-changed-after-a-look", True,
    ),
    "anybody may listen": (
        BROKER, "if not self._is_own(mine):", "if False:", "somebody-else-in-the-folder", True,
    ),
    "datagram sockets are let through": (
        FILTER, '"socket": (Unless(0, _AF_UNIX), linked), ', "", "datagrams-to-a-path", True,
    ),
    "connections are let through": (FILTER, '"connect": (), ', "", "by-its-path", True),
}  # fmt: skip
"""Where a fault is put, in place of what; and an attack that must then come through, or not."""
RACES = 5
"""An attack that is a race may lose it where the machine is busy; so often it does not."""


@pytest.mark.skipif(bool(fault("landlock")), reason="Landlock does not hold here")
@pytest.mark.parametrize("name", FAULTS)
def test_without_a_check_an_attack_comes_through(name: str, tmp_path: Path):
    place, sound, faulty, attack, comes_through = FAULTS[name]
    tmp_path.chmod(0o755)
    copy = tmp_path / "mechagents"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    text = (copy / place).read_text()
    assert not sound or text.count(sound) == 1
    (copy / place).write_text(text.replace(sound, faulty) if sound else text)
    command = [sys.executable, str(Path(__file__).with_name("run.py")), "landlock", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    for _ in range(RACES):
        done = subprocess.run(
            [*command, "--only", f"sockets/{attack}"],
            env=environment,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        verdict = json.loads(done.stdout)
        if verdict["held"] != comes_through:
            break
    assert verdict["held"] != comes_through, verdict
    assert "was reached" in verdict["cause"] or "was said" in verdict["cause"] or not comes_through
