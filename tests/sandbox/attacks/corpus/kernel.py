"""Attacks on the kernel's wide surfaces. None changes anything when it is not held.

Calls that need a right are made with arguments that are refused only after the right was seen,
so that the error tells whether the right was there.
"""

# Programs are text here, and some of their lines are long.
# ruff: noqa: E501

from __future__ import annotations

import platform

from attacks.attack import Attack, Evidence, leaves_the_outside_alone, refused

_REACHED = """
def reaches(name, *args, wrong=()):
    "Make a call with arguments that are found wrong only after the right to it was seen."
    try:
        return call(name, *args)
    except OSError as error:
        if error.errno in wrong:
            return f"reached: {errno.errorcode[error.errno]}"
        raise

WRONG = (errno.EINVAL, errno.EFAULT, errno.EBADF, errno.ENOENT, errno.ESRCH, errno.ENOEXEC, errno.ENODEV)
"""


def _makes_no_files(evidence: Evidence) -> str:
    return leaves_the_outside_alone(evidence) or refused(evidence)


ATTACKS = (
    Attack(
        "mounts",
        _REACHED
        + """
# In a child with a mount namespace of its own where that is allowed, so that nothing stays.
os.mkdir("m")
attempt("tmpfs", lambda: (call("mount", b"none", b"m", b"tmpfs", 0, b"size=1m"), call("umount2", b"m", 2)))
attempt("bind", lambda: (call("mount", T["outside"].encode(), b"m", 0, 4096, 0), call("umount2", b"m", 2)))
attempt("proc", lambda: (call("mount", b"none", b"m", b"proc", 0, 0), call("umount2", b"m", 2)))
attempt("umount", reaches, "umount2", b"/nonexistent", 0)
attempt("pivot", reaches, "pivot_root", b"/nonexistent", b"/nonexistent", wrong=(errno.ENOENT,))
attempt("chroot", os.chroot, ".")
""",
        lambda evidence: "; ".join(
            f"{w}: {h}"
            for w, h in evidence.tries.items()
            if h.startswith("done") or (w == "umount" and h.endswith("ENOENT"))
        ),
        tries=6,
    ),
    Attack(
        "mounts-by-descriptors",
        _REACHED
        + """
attempt("fsopen", lambda: os.close(call("fsopen", b"tmpfs", 0)))
attempt("open_tree", lambda: os.close(call("open_tree", -100, b".", 1)))
attempt("move_mount", reaches, "move_mount", -1, b"", -1, b"", 4, wrong=(errno.EBADF,))
attempt("mount_setattr", reaches, "mount_setattr", -1, b"", 0x1000, b"\\0" * 32, 32, wrong=(errno.EBADF,))
""",
        refused,
        tries=4,
    ),
    Attack(
        "namespaces",
        """
FLAGS = {"user": 0x10000000, "mount": 0x20000, "pid": 0x20000000, "net": 0x40000000,
         "ipc": 0x8000000, "uts": 0x4000000, "cgroup": 0x2000000, "time": 0x80}

def inside(flag):
    status = in_child(lambda: os._exit(0 if not _libc.unshare(flag) else ctypes.get_errno()))
    code = os.waitstatus_to_exitcode(status)
    if code:
        raise OSError(code if code > 0 else errno.EPERM, "unshare")

for name, flag in FLAGS.items():
    attempt(name, inside, flag)
attempt("user and mount", inside, 0x10020000)
""",
        refused,
        tries=9,
    ),
    Attack(
        "namespaces-by-clone",
        """
def clone(flag):
    child = call("clone", flag | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)

attempt("clone", clone, 0x10000000)
attempt("clone net", clone, 0x50000000)

def clone3(flag):
    arguments = (ctypes.c_uint64 * 11)(flag, 0, 0, 0, signal.SIGCHLD)
    child = call("clone3", arguments, 88)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)

attempt("clone3", clone3, 0x10000000)
attempt("setns", lambda: call("setns", os.open(f"/proc/{T['host']}/ns/mnt", os.O_RDONLY), 0))
attempt("setns of the first", lambda: call("setns", os.open("/proc/1/ns/net", os.O_RDONLY), 0))
attempt("setns by process", lambda: call("setns", call("pidfd_open", os.getppid() or 1, 0), 0x20000))
""",
        refused,
        tries=6,
    ),
    Attack(
        "keyring-calls",
        """
attempt("add_key", lambda: call("add_key", b"user", T["token"].encode(), b"1", 1, -2))
attempt("request_key", lambda: call("request_key", b"user", T["token"].encode(), 0, -2))
attempt("session", lambda: call("keyctl", 0, -3, 0))
""",
        lambda evidence: (
            refused(evidence)
            or ("request_key was reached" if "ENOKEY" in evidence.tries["request_key"] else "")
        ),
        tries=3,
    ),
    Attack(
        "io-uring",
        _REACHED
        + """
attempt("setup", reaches, "io_uring_setup", 1, ctypes.create_string_buffer(120), wrong=WRONG)
attempt("wrong", reaches, "io_uring_setup", 1, 0, wrong=WRONG)
""",
        refused,
        tries=2,
    ),
    Attack(
        "bpf",
        _REACHED
        + """
attempt("map", reaches, "bpf", 0, (ctypes.c_uint32 * 32)(2, 4, 4, 1), 128, wrong=WRONG)
attempt("wrong", reaches, "bpf", 999, 0, 0, wrong=WRONG)
""",
        refused,
        tries=2,
    ),
    Attack(
        "performance-events",
        _REACHED
        + """
event = (ctypes.c_uint32 * 32)(1, 128)
attempt("own", reaches, "perf_event_open", event, 0, -1, -1, 0, wrong=WRONG)
attempt("wrong", reaches, "perf_event_open", 0, 0, -1, -1, 0, wrong=WRONG)
""",
        refused,
        tries=2,
    ),
    Attack(
        "page-faults-by-the-user",
        _REACHED
        + """
attempt("call", reaches, "userfaultfd", 0, wrong=WRONG)
attempt("user mode only", reaches, "userfaultfd", 1, wrong=WRONG)
attempt("device", lambda: os.close(os.open("/dev/userfaultfd", os.O_RDWR)))
""",
        refused,
        tries=3,
    ),
    Attack(
        "modules-and-kernels",
        _REACHED
        + """
attempt("init_module", reaches, "init_module", 0, 0, b"", wrong=WRONG)
attempt("finit_module", reaches, "finit_module", -1, b"", 0, wrong=WRONG)
attempt("delete_module", reaches, "delete_module", b"mx_nonexistent", 0x800, wrong=WRONG)
attempt("kexec_load", reaches, "kexec_load", 0, 0, 0, 0xffff, wrong=WRONG)
attempt("reboot", reaches, "reboot", 1, 2, 3, 0, wrong=WRONG)
attempt("swapon", reaches, "swapon", b"/nonexistent", 0, wrong=WRONG)
attempt("acct", reaches, "acct", b"/nonexistent", wrong=WRONG)
attempt("quotactl", reaches, "quotactl", 0x800002 << 8, b"/nonexistent", 0, 0, wrong=(errno.ESRCH, errno.ENODEV))
""",
        refused,
        tries=8,
    ),
    Attack(
        "clocks",
        """
def set_now():
    # To the present time: a miss moves the clock by a few microseconds.
    time.clock_settime(time.CLOCK_REALTIME, time.time())

attempt("clock_settime", set_now)
class Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("micro", ctypes.c_long))
def set_day():
    now = time.time()
    call("settimeofday", ctypes.byref(Time(int(now), int(now % 1 * 1e6))), 0)
attempt("settimeofday", set_day)
def adjust():
    # ADJ_STATUS with nothing in it is refused where there is no right to it.
    call("clock_adjtime", 0, (ctypes.c_uint32 * 64)(0x8000 | 0x4000))
attempt("adjust", adjust)
""",
        refused,
        tries=3,
    ),
    Attack(
        "names-of-the-machine",
        """
attempt("sethostname", lambda: socket.sethostname(socket.gethostname()))
attempt("file", lambda: os.close(os.open("/proc/sys/kernel/hostname", os.O_WRONLY)))
""",
        refused,
        tries=2,
    ),
    Attack(
        "kernel-log",
        """
attempt("syslog", lambda: call("syslog", 3, ctypes.create_string_buffer(4096), 4096))
attempt("size", lambda: call("syslog", 10, 0, 0))
attempt("device", lambda: os.close(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)))
attempt("for writing", lambda: os.close(os.open("/dev/kmsg", os.O_WRONLY)))
""",
        refused,
        tries=4,
    ),
    Attack(
        "terminals",
        """
import fcntl
def push(handle, request=0x5412):
    fcntl.ioctl(handle, request, b"x")

for number in (0, 1, 2):
    attempt(f"{number}", push, number)
def terminal():
    # A terminal of its own: what is pushed into it reaches nobody.
    mine, theirs = os.openpty()
    push(theirs)
attempt("own terminal", terminal)
attempt("tty", lambda: push(os.open("/dev/tty", os.O_RDWR | os.O_NONBLOCK)))
attempt("console", lambda: os.close(os.open("/dev/console", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)))
attempt("selection", push, 1, 0x541C)
attempt("terminal 0", lambda: os.close(os.open("/dev/tty0", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)))
attempt("hang up", lambda: call("vhangup"))
""",
        refused,
        tries=9,
    ),
    Attack(
        "personality",
        """
def change(value):
    # In a child, and put back.
    old = call("personality", value)
    call("personality", old)
    return hex(old)

attempt("no random layout", change, 0x0040000)
attempt("read implies execute", change, 0x0400000)
""",
        refused,
        tries=2,
    ),
    Attack(
        "devices",
        """
import glob
for path in ("/dev/mem", "/dev/kmem", "/dev/port", "/dev/kvm", "/dev/fuse", "/dev/net/tun", "/dev/loop-control",
             "/dev/vhost-net", "/dev/hpet", "/dev/nvram", "/dev/sda", "/dev/vda", "/dev/nvme0n1", "/dev/dm-0",
             "/dev/ram0", "/dev/loop0", "/dev/uinput", "/dev/rtc0", "/dev/snapshot", "/dev/vsock"):
    attempt(path, lambda: os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK)))
attempt("new", lambda: os.mknod("zero", 0o20666, os.makedev(1, 5)))
attempt("in dev", lambda: open(f"/dev/{T['token']}", "w").close())
""",
        _makes_no_files,
        tries=22,
    ),
    Attack(
        "settings-of-the-kernel",
        """
# Opening for writing is all that is tried: nothing is written.
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/overcommit_memory",
             "/proc/sysrq-trigger", "/proc/sys/fs/binfmt_misc/register", "/proc/self/oom_adj",
             "/sys/kernel/uevent_helper", "/sys/power/state", "/proc/sys/net/ipv4/ip_forward",
             "/sys/kernel/debug/tracing/trace", "/proc/irq/0/smp_affinity", "/proc/sys/kernel/ns_last_pid",
             "/proc/sys/kernel/randomize_va_space", "/proc/sys/user/max_user_namespaces"):
    if path != "/proc/self/oom_adj":
        attempt(path, lambda: os.close(os.open(path, os.O_WRONLY)))
""",
        refused,
        tries=13,
    ),
    Attack(
        "memory-of-the-kernel",
        """
attempt("kcore", lambda: text_of("/proc/kcore", 64) and None)
attempt("vmallocinfo", lambda: text_of("/proc/vmallocinfo", 64) and None)
attempt("kpagemap", lambda: text_of("/proc/kpagecount", 8) and None)
attempt("slabinfo", lambda: text_of("/proc/slabinfo", 64) and None)
def symbols():
    if not any(int(line.split()[0], 16) for line in text_of("/proc/kallsyms", 4000).splitlines()[:-1]):
        raise OSError(errno.EPERM, "only zeros")
attempt("kallsyms", symbols)
""",
        refused,
        tries=5,
    ),
    Attack(
        "ports",
        _REACHED
        + """
if "iopl" in T["calls"]:
    attempt("iopl", lambda: call("iopl", 3))
attempt("fanotify", lambda: os.close(call("fanotify_init", 0, 0)))
attempt("profiling", reaches, "lookup_dcookie", 0, 0, 0, wrong=(errno.EINVAL,))
""",
        refused,
        tries=2,
    ),
    Attack(
        "calls-of-another-architecture",
        """
import mmap
# mov eax, 20; int 0x80; ret: getpid as a 32-bit program asks for it.
code = bytes.fromhex("b814000000cd80c3")

def old_call():
    area = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    area.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(area))
    reached = lambda: os._exit(7 if ctypes.CFUNCTYPE(ctypes.c_int)(address)() == os.getpid() else 8)
    code_of = os.waitstatus_to_exitcode(in_child(reached))
    if code_of != 7:
        raise OSError(errno.EPERM, f"{code_of}")

attempt("int 0x80", old_call)

def newer_call():
    if call("x32") != os.getpid():
        raise OSError(errno.EPERM, "another number")

T["calls"]["x32"] = 0x40000000 | 39
attempt("x32", newer_call)
""",
        refused,
        tries=2,
    ),
    Attack(
        "code-without-a-file",
        """
def run():
    handle = os.memfd_create("code", 0)
    with open("/bin/true", "rb") as file:
        os.write(handle, file.read())
    child = os.fork()
    if child == 0:
        try:
            os.execve(handle, ["true"], {})
        finally:
            os._exit(9)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise OSError(errno.EPERM, "not run")

attempt("memfd", run)
""",
        refused,
    ),
)
"""All of this group."""
if platform.machine() != "x86_64":
    ATTACKS = tuple(a for a in ATTACKS if a.name != "calls-of-another-architecture")
