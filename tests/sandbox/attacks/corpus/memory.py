"""Attacks that take memory, most of it where a watch of resident pages does not see it."""

from __future__ import annotations

from attacks.attack import LIMITS, Attack, ends_as, every, in_time, stopped

_LIMITS = LIMITS.model_copy(update={"memory_mib": 128, "file_mib": 512, "folder_mib": 96})
_STEPS = """
MIB = 1 << 20
note("memory")

def steps(take, count=38, size=16 * MIB):
    "Take 16 MiB at a time, 600 in all, slowly enough to be stopped."
    for number in range(count):
        try:
            take(size)
        except (OSError, MemoryError) as error:
            note(f"step {number}", f"refused {type(error).__name__}")
            return
        time.sleep(0.015)
    note("finished")
    time.sleep(0.3)
"""

ATTACKS = (
    Attack(
        "touched-pages",
        _STEPS + "held = []\nsteps(lambda size: held.append(b'x' * size))\n",
        every(stopped("memory_limit"), ends_as("memory_limit", "ok")),
        limits=_LIMITS,
    ),
    Attack(
        "many-children",
        _STEPS
        + """
def child(size):
    if os.fork() == 0:
        held = b"x" * (3 * size)
        time.sleep(2)
        os._exit(0)

steps(child, 12)
""",
        stopped("memory_limit", "process_limit"),
        limits=_LIMITS,
    ),
    Attack(
        "shared-maps",
        _STEPS
        + """
import mmap
held = []
def take(size):
    area = mmap.mmap(-1, size)
    area.write(b"x" * size)
    held.append(area)
steps(take)
""",
        stopped("memory_limit"),
        limits=_LIMITS,
    ),
    Attack(
        "pages-that-nobody-maps",
        _STEPS
        + """
handle = None
def take(size):
    global handle
    if handle is None:
        handle = os.memfd_create("held")
    os.write(handle, b"x" * size)
steps(take)
""",
        stopped("memory_limit", "disk_limit"),
        limits=_LIMITS,
    ),
    Attack(
        "files-in-shared-memory",
        _STEPS
        + """
number = 0
def take(size):
    global number
    number += 1
    with open(f"/dev/shm/{T['token']}-{number}", "wb") as file:
        file.write(b"x" * size)
steps(take)
""",
        stopped("memory_limit", "disk_limit"),
        limits=_LIMITS,
    ),
    Attack(
        "removed-files-in-shared-memory",
        _STEPS
        + """
import tempfile
held = []
def take(size):
    for place in ("/dev/shm", "/tmp", tempfile.gettempdir(), "."):
        try:
            file = tempfile.TemporaryFile(dir=place)
            file.write(b"x" * (size // 2))
            file.flush()
            held.append(file)
            return
        except OSError as error:
            last = error
    raise last
steps(take)
""",
        stopped("memory_limit", "disk_limit"),
        limits=_LIMITS,
    ),
    Attack(
        "segments-that-nobody-attaches",
        _STEPS
        + """
held = []
def take(size):
    segment = call("shmget", 0, size, 0o1600)
    held.append(segment)
    address = call("shmat", segment, 0, 0)
    ctypes.memset(address, 1, size)
    call("shmdt", address)
try:
    steps(take)
finally:
    for segment in held:
        call("shmctl", segment, 0, 0)
""",
        stopped("memory_limit"),
        limits=_LIMITS,
    ),
    Attack(
        "pipes-and-sockets",
        _STEPS
        + """
held = []
def take(size):
    # 1 MiB in each pipe, in 8 processes: no process has it, the kernel does.
    if os.fork() == 0:
        try:
            for _ in range(40):
                a, b = os.pipe()
                try:
                    import fcntl
                    fcntl.fcntl(b, 1031, MIB)
                except OSError:
                    pass
                os.set_blocking(b, False)
                while os.write(b, b"x" * 65536) == 65536:
                    pass
        except OSError:
            pass
        time.sleep(2)
        os._exit(0)
steps(take, 10)
""",
        # Up to the number of processes and descriptors that are allowed this is bounded anyway.
        ends_as("memory_limit", "process_limit", "ok"),
        limits=_LIMITS,
    ),
    Attack(
        "one-large-request",
        """
note("request")
held = bytearray(1 << 42)
""",
        every(ends_as("memory_limit"), in_time),
        limits=_LIMITS,
    ),
    Attack(
        "reserved-and-then-touched",
        _STEPS
        + """
import mmap
area = None
def take(size):
    global area
    if area is None:
        area = mmap.mmap(-1, 600 * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
    area.write(b"x" * min(size, 600 * MIB - area.tell()))
steps(take, 37)
""",
        stopped("memory_limit"),
        limits=_LIMITS,
    ),
    Attack(
        "quick-and-gone",
        """
note("quick")
held = b"x" * (300 << 20)
del held
""",
        ends_as("memory_limit"),
        limits=_LIMITS,
    ),
)
"""All of this group."""
