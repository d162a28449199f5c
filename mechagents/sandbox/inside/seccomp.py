"""A filter on system calls: what a finite-element program never needs does not exist for it.

The filter is a program for the kernel's small machine. It is put together from one block for
each call; a block jumps only within itself or just past its own end, and ends in a verdict.
"""

from __future__ import annotations

import ctypes
import errno

from mechagents.sandbox.inside.kernel import MACHINE, set_filter, set_filter_to_ask
from mechagents.sandbox.inside.syscalls import MACHINES, NEWEST, NUMBERS

_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_JUMP_EQUAL, _JUMP_GREATER = 0x15, 0x25
_ALLOW, _ERRNO, _KILL, _ASK = 0x7FFF0000, 0x00050000, 0x80000000, 0x7FC00000
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_ALL = 0xFFFFFFFF
_NAMESPACES = 0x7E020000
_AF_UNIX, _STREAM, _SEQPACKET, _TYPE = 1, 1, 5, 0xF
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

Instruction = tuple[int, int, int, int]
"""Operation, jump if true, jump if false, operand."""


class Unless:
    """Refuse a call unless an argument, or some bits of it, has one of these values.

    Args:
        argument: Which, from 0. Its lower 32 bits are looked at: all that the kernel uses of
            the arguments spoken of here.
        values: The values let through.
        mask: The bits that count.
    """

    def __init__(self, argument: int, *values: int, mask: int = _ALL) -> None:
        self.argument, self.values, self.mask = argument, values, mask

    def block(self, refuse: Instruction) -> list[Instruction]:
        """Return the instructions, which fall through where the call is let through."""
        count = len(self.values)
        tests = [(_JUMP_EQUAL, count - i, 0, v) for i, v in enumerate(self.values)]
        return [*_load(self.argument, self.mask), *tests, refuse]


class When(Unless):
    """Refuse a call when an argument has one of these values."""

    def block(self, refuse: Instruction) -> list[Instruction]:
        """Return the instructions, which fall through where the call is let through."""
        tests = [step for v in self.values for step in ((_JUMP_EQUAL, 0, 1, v), refuse)]
        return [*_load(self.argument, self.mask), *tests]


Rules = dict[str, tuple[Unless, ...]]
"""For each call the conditions on which it is refused."""


def _load(argument: int, mask: int) -> list[Instruction]:
    steps = [(_LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument)]
    return steps if mask == _ALL else [*steps, (_AND, 0, 0, mask)]


_NEVER = (
    # namespaces and mounts
    "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "fsopen", "fsconfig", "fsmount",
    "fspick", "open_tree", "move_mount", "mount_setattr", "statmount", "listmount", "quotactl",
    "quotactl_fd", "swapon", "swapoff", "name_to_handle_at", "open_by_handle_at", "ustat", "sysfs",
    # other processes
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease",
    "pidfd_getfd", "kcmp", "migrate_pages", "move_pages",
    # memory that no process's size shows
    "memfd_secret", "shmget", "shmat", "shmctl", "shmdt", "semget", "semop", "semctl", "semtimedop",
    "msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink", "mq_timedsend",
    "mq_timedreceive", "mq_notify", "mq_getsetattr",
    # parts of the kernel with a long record of faults
    "keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup",
    "io_uring_enter", "io_uring_register", "fanotify_init", "fanotify_mark", "lookup_dcookie",
    "nfsservctl", "uselib", "_sysctl", "modify_ldt", "lsm_get_self_attr", "lsm_set_self_attr",
    "lsm_list_modules",
    # the machine
    "init_module", "finit_module", "delete_module", "create_module", "query_module",
    "get_kernel_syms", "kexec_load", "kexec_file_load", "reboot", "acct", "syslog", "iopl",
    "ioperm", "vhangup", "clock_settime", "clock_adjtime", "adjtimex", "settimeofday",
    "sethostname", "setdomainname",
)  # fmt: skip
"""Calls that are refused whatever they ask."""
_MISSING = ("clone3", "memfd_create")
"""Calls that seem not to exist, so that a library takes the older way, which can be looked at."""
_ASKED = ("connect",)
"""Calls that a broker answers, where there is one, if they are not let through."""
_OWNERS = (
    "chown", "fchown", "lchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr", "removexattr",
    "lremovexattr", "fremovexattr", "setxattrat", "removexattrat",
)  # fmt: skip
"""Calls that change what a file is without opening it; Landlock lets them pass."""
_MODES = ("chmod", "fchmod", "fchmodat", "fchmodat2", "utime", "utimes", "futimesat", "utimensat")
"""The like, which programs take for granted: they do nothing, and say that all went well."""
_NETWORK_CONTROL = 0x8900
_SIGNALS = {"kill": 0, "tgkill": 0, "rt_sigqueueinfo": 0, "rt_tgsigqueueinfo": 0}
_SCHEDULING = {
    "sched_setaffinity": 0, "sched_setattr": 0, "sched_setparam": 0, "sched_setscheduler": 0,
    "setpriority": 1, "ioprio_set": 1,
}  # fmt: skip


def rules(walled: bool, scoped: bool, own: int) -> Rules:
    """Return what is refused: for each call the conditions, of which any is enough.

    A call without conditions is refused always.

    Args:
        walled: Whether namespaces hide other processes, their sockets and their files; else no
            socket may be connected but by a broker, no other process be slowed down, and no mode,
            time or owner of a file be changed.
        scoped: Whether something else keeps signals from other processes; else a program may
            send signals to its first process only.
        own: The id of that process.
    """
    never: Rules = dict.fromkeys((*_NEVER, *_MISSING), ())
    some: Rules = {
        "clone": (Unless(0, 0, mask=_NAMESPACES),),
        "personality": (Unless(0, 0, _ALL),),
        "ioctl": (
            When(1, _TIOCSTI, _TIOCLINUX),
            When(1, _NETWORK_CONTROL, mask=_ALL ^ 0xFF),
        ),
        "prlimit64": (Unless(0, 0, own),),
        "socket": (Unless(0, _AF_UNIX),),
    }
    if not walled:
        linked = Unless(1, _STREAM, _SEQPACKET, mask=_TYPE)
        some |= {"connect": (), "socket": (Unless(0, _AF_UNIX), linked), "socketpair": (linked,)}
        some |= {name: (Unless(which, 0),) for name, which in _SCHEDULING.items()}
        some |= dict.fromkeys((*_OWNERS, *_MODES), ())
    if not walled and not scoped:
        some |= {name: (Unless(which, 0, own),) for name, which in _SIGNALS.items()}
        some |= {"tkill": (), "pidfd_send_signal": ()}
    return never | some


def assemble(
    refused: Rules,
    machine: str = MACHINE,
    number: int = errno.EPERM,
    ask: bool = False,
) -> list[Instruction]:
    """Return the filter as instructions.

    Args:
        refused: What ``rules`` says.
        machine: The processor architecture.
        number: The error that a refused call returns.
        ask: Whether there is a broker that answers some calls.

    Raises:
        KeyError: If there is no table for the machine.
    """
    column, architecture = MACHINES[machine]
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_JUMP_GREATER, 0, 1, NEWEST),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
    ]
    for name, conditions in refused.items():
        call = NUMBERS[name][column]
        if call is None:
            continue
        error = errno.ENOSYS if name in _MISSING else 0 if name in _MODES else number
        refuse = (_RETURN, 0, 0, _ASK if ask and name in _ASKED else _ERRNO | error)
        body = [step for condition in conditions for step in condition.block(refuse)]
        body.append((_RETURN, 0, 0, _ALLOW) if conditions else refuse)
        program += [(_JUMP_EQUAL, 0, len(body), call), *body]
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def install(program: list[Instruction], ask: bool = False) -> int:
    """Put a filter on this process and all it will start.

    Args:
        program: What ``assemble`` returned.
        ask: Whether the filter asks about some calls.

    Returns:
        A descriptor of the calls that it asks about, or -1.

    Raises:
        OSError: If the kernel refuses it.
    """
    code = b"".join(
        operation.to_bytes(2, "little") + bytes((true, false)) + operand.to_bytes(4, "little")
        for operation, true, false, operand in program
    )
    held = ctypes.create_string_buffer(code, len(code))
    address = ctypes.addressof(held)
    header = len(program).to_bytes(8, "little") + address.to_bytes(8, "little")
    packed = ctypes.create_string_buffer(header, len(header))
    if ask:
        return set_filter_to_ask(packed)
    set_filter(packed)
    return -1
