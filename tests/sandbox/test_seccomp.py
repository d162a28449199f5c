"""Each rule of the filter refuses what it should, and nothing it should not.

The filter is run twice: by a few lines that do what the kernel's machine does, for every
processor architecture; and by the kernel itself, for this one.
"""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

if sys.platform != "linux":
    pytest.skip("the filter is for Linux", allow_module_level=True)

from mechagents.sandbox.inside.kernel import MACHINE
from mechagents.sandbox.inside.seccomp import Instruction, assemble, rules
from mechagents.sandbox.inside.syscalls import MACHINES, NEWEST, NUMBERS

OWN = 4242
"""The id of the program's first process."""
ALLOW, REFUSE, KILL, ASK = 0x7FFF0000, 0x00050000, 0x80000000, 0x7FC00000
MARK = 217
"""An error that no call returns of itself."""
COLUMNS = {machine: column for machine, (column, _) in MACHINES.items()}
WALLED, SCOPED, OPEN = (True, True), (False, True), (False, False)
"""With namespaces; without, but signals are kept in by Landlock; without either."""
CONDITIONS = [
    # call, arguments, refused with namespaces, without, without kept signals
    ("clone", (0x11,), False, False, False),
    ("clone", (0x3D0F00,), False, False, False),
    *[("clone", (0x11 | 1 << bit,), True, True, True) for bit in (17, *range(25, 31))],
    ("personality", (0,), False, False, False),
    ("personality", (0xFFFFFFFF,), False, False, False),
    ("personality", (0x0040000,), True, True, True),
    ("ioctl", (0, 0x5412), True, True, True),
    ("ioctl", (0, 0x541C), True, True, True),
    ("ioctl", (0, 0x8912), True, True, True),
    ("ioctl", (0, 0x5413), False, False, False),
    ("ioctl", (0, 0x541B), False, False, False),
    ("prlimit64", (0,), False, False, False),
    ("prlimit64", (OWN,), False, False, False),
    ("prlimit64", (1,), True, True, True),
    ("socket", (1, 1), False, False, False),
    ("socket", (1, 0x80001), False, False, False),
    ("socket", (1, 5), False, False, False),
    ("socket", (1, 2), False, True, True),
    *[("socket", (family, 1), True, True, True) for family in (0, 2, 10, 16, 17, 38, 40)],
    ("socketpair", (1, 1), False, False, False),
    ("socketpair", (1, 2), False, True, True),
    ("connect", (0,), False, True, True),
    *[
        (name, (5,), False, True, True)
        for name in ("sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler")
    ],
    ("sched_setaffinity", (0,), False, False, False),
    ("setpriority", (0, 5), False, True, True),
    ("setpriority", (0, 0), False, False, False),
    ("ioprio_set", (1, 5), False, True, True),
    ("ioprio_set", (1, 0), False, False, False),
    *[
        (name, (5,), False, False, True)
        for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
    ],
    ("kill", (OWN,), False, False, False),
    ("kill", (0,), False, False, False),
    ("kill", (0xFFFFFFFF,), False, False, True),
    ("tkill", (OWN,), False, False, True),
    ("pidfd_send_signal", (3,), False, False, True),
    ("fchmod", (3,), False, True, True),
    ("setxattr", (0,), False, True, True),
    ("chown", (0,), False, True, True),
    ("utimensat", (0,), False, True, True),
]


def judge(program: list[Instruction], number: int, arguments: tuple[int, ...], machine: str) -> int:
    """Run a filter as the kernel would, and return its verdict."""
    words = {0: number, 4: MACHINES[machine][1]}
    words |= {16 + 8 * i: value for i, value in enumerate((*arguments, *[0] * 6)[:6])}
    at, held = 0, 0
    while True:
        operation, true, false, operand = program[at]
        at += 1
        if operation == 0x06:
            return operand
        if operation == 0x20:
            held = words[operand]
        elif operation == 0x54:
            held &= operand
        else:
            taken = held == operand if operation == 0x15 else held > operand
            at += true if taken else false


def _numbers(machine: str) -> Iterator[tuple[str, int]]:
    for name, numbers in NUMBERS.items():
        number = numbers[COLUMNS[machine]]
        if number is not None:
            yield name, number


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("walled", "scoped"), [WALLED, SCOPED, OPEN])
def test_every_call_that_is_refused_always_is_refused(machine: str, walled: bool, scoped: bool):
    refused = rules(walled, scoped, OWN)
    program = assemble(refused, machine, MARK)
    for name, number in _numbers(machine):
        if name in refused and not refused[name]:
            assert judge(program, number, (), machine) & 0xFFFF0000 == REFUSE, name
            assert judge(program, number, (1,) * 6, machine) & 0xFFFF0000 == REFUSE, name


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("name", "arguments", *"ABC"), CONDITIONS)
def test_a_condition_refuses_what_it_names(
    machine: str, name: str, arguments: tuple[int, ...], A: bool, B: bool, C: bool
):
    number = NUMBERS[name][COLUMNS[machine]]
    if number is None:
        pytest.skip(f"{machine} has no {name}")
    for expected, (walled, scoped) in zip((A, B, C), (WALLED, SCOPED, OPEN), strict=True):
        program = assemble(rules(walled, scoped, OWN), machine, MARK)
        verdict = judge(program, number, arguments, machine)
        assert (verdict & 0xFFFF0000 == REFUSE) == expected, (walled, scoped)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_rule_is_named_by_a_test_or_refuses_always(machine: str):
    tested = {name for name, *_ in CONDITIONS}
    conditional = {name for name, some in rules(False, False, OWN).items() if some}
    assert conditional <= tested


@pytest.mark.parametrize("machine", MACHINES)
def test_all_other_calls_are_let_through(machine: str):
    program = assemble(rules(False, False, OWN), machine)
    named = {number for _, number in _numbers(machine)}
    for number in set(range(NEWEST + 1)) - named:
        assert judge(program, number, (), machine) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("walled", "scoped"), [WALLED, SCOPED, OPEN])
def test_a_broker_is_asked_about_connections_and_nothing_else(
    machine: str, walled: bool, scoped: bool
):
    refused = rules(walled, scoped, OWN)
    alone, brokered = (assemble(refused, machine, MARK, ask=ask) for ask in (False, True))
    for name, number in _numbers(machine):
        for arguments in [(), (1,) * 6, *(c[1] for c in CONDITIONS if c[0] == name)]:
            before, now = (judge(p, number, arguments, machine) for p in (alone, brokered))
            if name == "connect" and not walled:
                assert (before, now) == (REFUSE | MARK, ASK)
            else:
                assert before == now, name


@pytest.mark.parametrize("machine", MACHINES)
def test_later_and_foreign_calls_do_not_exist(machine: str):
    program = assemble(rules(True, True, OWN), machine)
    for number in (NEWEST + 1, 0x40000000, 0x40000000 + 56):
        assert judge(program, number, (), machine) == REFUSE | errno.ENOSYS
    other = next(name for name in MACHINES if name != machine)
    assert judge(program, 0, (), other) == KILL


PROBE = """
import ctypes, json, sys
from mechagents.sandbox.inside.kernel import PR_SET_NO_NEW_PRIVS, prctl
from mechagents.sandbox.inside.seccomp import assemble, install, rules
from mechagents.sandbox.inside.syscalls import NUMBERS
walled, scoped, column, mark, calls = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
prctl(PR_SET_NO_NEW_PRIVS, 1)
install(assemble(rules(walled, scoped, 4242), number=mark))
found = []
for name, arguments in calls:
    given = [ctypes.c_long(a) for a in (arguments + [0] * 6)[:6]]
    result = libc.syscall(ctypes.c_long(NUMBERS[name][column]), *given)
    found.append([result, ctypes.get_errno() if result < 0 else 0])
print(json.dumps(found))
"""


def _ask_the_kernel(walled: bool, scoped: bool, calls: list[tuple[str, tuple[int, ...]]]):
    asked = json.dumps([walled, scoped, COLUMNS[MACHINE], MARK, calls])
    command = [sys.executable, "-c", PROBE, asked]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.skipif(MACHINE not in MACHINES, reason="no table for this machine")
@pytest.mark.parametrize(("walled", "scoped"), [WALLED, OPEN])
def test_the_kernel_reads_the_filter_as_it_is_meant(walled: bool, scoped: bool):
    refused = rules(walled, scoped, OWN)
    calls = [(n, ()) for n, _ in _numbers(MACHINE) if n in refused and not refused[n]]
    silent = {"chmod", "fchmod", "fchmodat", "fchmodat2", "utime", "utimes", "futimesat"}
    for (name, _), (result, error) in zip(
        calls, _ask_the_kernel(walled, scoped, calls), strict=True
    ):
        if name in (*silent, "utimensat"):
            assert result == 0, name
        else:
            assert error == (errno.ENOSYS if name in ("clone3", "memfd_create") else MARK), name


HARMLESS = {"personality", "ioctl", "prlimit64", "socket", "socketpair", "kill"}
"""Calls that may be made with any of the arguments above, were they let through."""


@pytest.mark.skipif(MACHINE not in MACHINES, reason="no table for this machine")
@pytest.mark.parametrize(("walled", "scoped"), [WALLED, OPEN])
def test_the_kernel_looks_at_arguments_as_it_is_meant(walled: bool, scoped: bool):
    which = 0 if walled else 2
    cases = [c for c in CONDITIONS if c[0] in HARMLESS and (c[0] != "kill" or c[2:][which])]
    calls = [(name, arguments) for name, arguments, *_ in cases]
    found = _ask_the_kernel(walled, scoped, calls)
    for (name, arguments, *expected), (_, error) in zip(cases, found, strict=True):
        assert (error == MARK) == expected[which], (name, arguments)
