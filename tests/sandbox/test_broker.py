"""Under Landlock a program connects to its own, whoever else waits, dies or is wakened."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("the broker is for Linux", allow_module_level=True)

from mechagents.sandbox.base import Job, Limits, Outcome
from mechagents.sandbox.local import LocalSandbox
from mechagents.sandbox.selftest import fault
from mechagents.sandbox.warm import LIBRARIES, shared

pytestmark = pytest.mark.skipif(bool(fault("landlock")), reason="Landlock does not hold here")
PRELUDE = """
import errno, os, signal, socket, tempfile, threading, time
TEMP = tempfile.gettempdir()

def listen(name, kind=socket.SOCK_STREAM, backlog=16):
    made = socket.socket(socket.AF_UNIX, kind)
    made.bind(name)
    made.listen(backlog)
    return made

def connect(name, kind=socket.SOCK_STREAM):
    made = socket.socket(socket.AF_UNIX, kind)
    made.connect(name)
    return made

def error(name, **options):
    try:
        connect(name, **options)
    except OSError as refused:
        return errno.errorcode[refused.errno]

def works():
    caller = connect(OWN)
    caller.send(b"x")
    return own.accept()[0].recv(1) == b"x"

OWN, FULL = TEMP + "/own", TEMP + "/full"
own, full = listen(OWN), listen(FULL, backlog=0)
first = connect(FULL)
assert works()
"""
PROGRAMS = {
    "paths": """
work = listen("rel")
os.mkdir("sub")
assert all(connect(name) for name in ("rel", "./rel", os.getcwd() + "/rel", "sub/../rel"))
os.chdir("sub")
assert connect("../rel")
sequence = listen(TEMP + "/sequence", socket.SOCK_SEQPACKET)
assert connect(TEMP + "/sequence", socket.SOCK_SEQPACKET)
""",
    "errors": """
listen(TEMP + "/dead").close()
open(TEMP + "/file", "w")
assert error(TEMP + "/none") == "ENOENT"
assert error(TEMP + "/dead") == error(TEMP + "/file") == "ECONNREFUSED"
assert error(OWN, kind=socket.SOCK_SEQPACKET) == "EPROTOTYPE"
assert error("/run/none") == error("/run") == error("\\0none") == "EPERM"
caller = connect(OWN)
assert caller.connect_ex(OWN) == errno.EISCONN and own.connect_ex(OWN) == errno.EINVAL
""",
    "flags": """
caller = socket.socket(socket.AF_UNIX)
caller.setblocking(False)
caller.connect(OWN)
assert not os.get_blocking(caller.fileno()) and not os.get_inheritable(caller.fileno())
again = socket.socket(socket.AF_UNIX)
again.setblocking(False)
assert again.connect_ex(FULL) == errno.EAGAIN
again.close()
caller = socket.socket(socket.AF_UNIX)
os.set_inheritable(caller.fileno(), True)
caller.connect(OWN)
assert os.get_blocking(caller.fileno()) and os.get_inheritable(caller.fileno())
""",
    "threads and children": """
came = []
thread = threading.Thread(target=lambda: came.append(works()))
thread.start()
thread.join()
assert came == [True]
if os.fork() == 0:
    if os.fork() == 0:
        other = listen(TEMP + "/other")
        connect(OWN).send(b"y")
        other.accept()[0].send(b"z")
    os._exit(0)
os.wait()
assert own.accept()[0].recv(1) == b"y" and connect(TEMP + "/other").recv(1) == b"z"
""",
    "waiting": """
connected = []
threads = [threading.Thread(target=lambda: connected.append(connect(FULL))) for _ in range(40)]
for thread in threads:
    thread.start()
time.sleep(0.3)
assert not connected and all(works() for _ in range(20))
taken = [full.accept() for _ in range(41)]
for thread in threads:
    thread.join(10)
assert len(connected) == 40
""",
    "killed and wakened": """
children = []
for _ in range(10):
    children.append(os.fork())
    if not children[-1]:
        connect(FULL)
        os._exit(0)
time.sleep(0.2)
for child in children:
    os.kill(child, signal.SIGKILL)
assert all(os.waitpid(child, 0)[1] == signal.SIGKILL for child in children)

def alarm(*_):
    raise TimeoutError

signal.signal(signal.SIGALRM, alarm)
signal.setitimer(signal.ITIMER_REAL, 0.1)
try:
    connect(FULL)
except TimeoutError:
    print("wakened")
assert works()
# One that still waits is left behind.
if os.fork() == 0:
    connect(FULL)
""",
}


async def _run(folder: Path, source: str, cold: bool = True) -> Outcome:
    limits = Limits(wall_seconds=20)
    job = Job(source=PRELUDE + source, workdir=folder / "run", limits=limits, cold=cold)
    return await LocalSandbox("landlock").run(job)


@pytest.mark.parametrize("name", PROGRAMS)
async def test_a_program_connects_to_its_own(name: str, tmp_path: Path):
    outcome = await _run(tmp_path, PROGRAMS[name])
    assert outcome.status == "ok", outcome.stderr
    assert outcome.usage.wall_seconds < 15


async def test_a_warm_program_connects_to_its_own(tmp_path: Path):
    assert shared(LIBRARIES).wait_until_ready(60)
    outcome = await _run(tmp_path, PROGRAMS["waiting"], cold=False)
    assert outcome.status == "ok", outcome.stderr
    assert "warm start" in outcome.isolation
