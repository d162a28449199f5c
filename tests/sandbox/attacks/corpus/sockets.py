"""Attacks on what connects sockets for a program: it may reach its own, and nobody else's."""

# Programs are text here, and some of their lines are long.
# ruff: noqa: E501

from __future__ import annotations

from attacks.attack import (
    LIMITS,
    Attack,
    Evidence,
    beside_says,
    ends_as,
    every,
    hears_nothing,
    in_time,
    leaves_the_outside_alone,
    refused,
)
from attacks.stage import Stage

_SAY = """
import tempfile, threading
UNIX, STREAM, SEQPACKET, DATAGRAM = socket.AF_UNIX, socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_DGRAM
TEMP = tempfile.gettempdir()
_libc.connect.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint)

def say(path, kind=STREAM):
    with socket.socket(UNIX, kind) as s:
        s.settimeout(0.5)
        s.connect(path)
        s.send(T["token"].encode())

def listen(path, backlog=64):
    s = socket.socket(UNIX, STREAM)
    s.bind(path)
    s.listen(backlog)
    return s

def raw(s, address, length):
    if _libc.connect(s.fileno(), address, length):
        raise OSError(ctypes.get_errno(), "connect")

"""
_CONTROL = """
mine = listen(os.path.join(TEMP, "mine"))
say(os.path.join(TEMP, "mine"))
print("fine" if mine.accept()[0].recv(100) == T["token"].encode() else "nothing came")
"""
"""What is the program's own has to be reached: a broker that is dead holds everything."""


def _reaches_its_own(evidence: Evidence) -> str:
    lines = evidence.outcome.stdout.splitlines()
    return "" if "fine" in lines else f"its own socket cannot be reached: {evidence.outcome}"[:400]


_WORKS_AND_HEARS_NOTHING = every(hears_nothing, _reaches_its_own)


def _listener_within(stage: Stage) -> None:
    """Let somebody else listen in the program's own folder."""
    stage.workdir.mkdir(parents=True)
    stage.workdir.chmod(0o777)
    stage.listener_within(stage.workdir / "within.sock")


def _tells_nobody_within(evidence: Evidence) -> str:
    return ", ".join(evidence.stage.told_within())


ATTACKS = (
    Attack(
        "by-its-path",
        _SAY
        + """
attempt("absolute", say, T["unix"])
attempt("relative", say, "../../agent.sock")
attempt("from the folder", say, T["workdir"] + "/../../agent.sock")
attempt("more slashes", say, "//" + T["workdir"] + "/..///../agent.sock")
attempt("from the root of the process", say, "/proc/self/root" + T["unix"])
attempt("from its folder by name", say, "/proc/self/cwd/../../agent.sock")
os.chdir("/usr")
attempt("from elsewhere", say, os.path.relpath(T["unix"]))
os.chdir(T["workdir"])
"""
        + _CONTROL,
        _WORKS_AND_HEARS_NOTHING,
        tries=7,
        bait=Stage.listeners,
    ),
    Attack(
        "by-a-symbolic-link",
        _SAY
        + """
outside = os.path.dirname(T["unix"])
for place in (T["workdir"], TEMP):
    os.symlink(T["unix"], os.path.join(place, "to-it"))
    os.symlink("to-it", os.path.join(place, "to-link"))
    os.symlink(outside, os.path.join(place, "to-folder"))
    for name in ("to-it", "to-link", "to-folder/agent.sock"):
        attempt(f"{name} {place == TEMP}", say, os.path.join(place, name))
attempt("short", say, "to-it")
attempt("back and forth", say, "to-folder/../to-it")
folder = attempt("open", os.open, "to-folder", os.O_PATH)
attempt("by descriptor", say, f"/proc/self/fd/{folder}/agent.sock")
os.symlink(f"/proc/self/fd/{folder}", "to-descriptor")
attempt("by descriptor and link", say, "to-descriptor/agent.sock")
"""
        + _CONTROL,
        _WORKS_AND_HEARS_NOTHING,
        tries=11,
        bait=Stage.listeners,
    ),
    Attack(
        "by-another-name",
        _SAY
        + """
for place in (T["workdir"], TEMP):
    name = os.path.join(place, "other")
    attempt(f"link {place == TEMP}", os.link, T["unix"], name)
    attempt(f"say {place == TEMP}", say, name)
    attempt(f"move {place == TEMP}", os.rename, T["unix"], name)
    attempt(f"say to what was moved {place == TEMP}", say, name)
"""
        + _CONTROL,
        every(_WORKS_AND_HEARS_NOTHING, leaves_the_outside_alone),
        tries=8,
        bait=Stage.listeners,
    ),
    Attack(
        "address-changed-after-a-look",
        _SAY
        + """
# Both addresses are as long: another thread writes the one over the other all the time.
outside = T["unix"].encode()
inside = os.path.join(TEMP, "x" * 200).encode()[:max(len(outside), len(TEMP) + 3)]
outside = outside.replace(b"/", b"/" * (1 + len(inside) - len(outside)), 1)
inside = inside.ljust(len(outside), b"x")
mine = listen(inside.decode())
mine.setblocking(False)
both = [b"\\x01\\0" + path + b"\\0" for path in (inside, outside)]
held = ctypes.create_string_buffer(both[0], len(both[0]))
until, reached = time.monotonic() + 2.0, 0

def change():
    while time.monotonic() < until:
        for address in both:
            ctypes.memmove(held, address, len(address))

thread = threading.Thread(target=change)
thread.start()
while time.monotonic() < until:
    with socket.socket(UNIX, STREAM) as s:
        s.setblocking(False)
        if _libc.connect(s.fileno(), ctypes.addressof(held), len(both[0])) == 0:
            s.send(T["token"].encode())
            try:
                mine.accept()[0].close()
                reached += 1
            except BlockingIOError:
                pass
thread.join()
note("changed", f"begun, {reached} times its own")
print("fine" if reached else "never its own")
""",
        _WORKS_AND_HEARS_NOTHING,
        bait=Stage.listeners,
        limits=LIMITS.model_copy(update={"wall_seconds": 8.0}),
    ),
    Attack(
        "folder-changed-after-a-look",
        _SAY
        + """
outside = os.path.dirname(T["unix"])
os.mkdir("sub")
mine = listen("sub/agent.sock")
mine.setblocking(False)
os.symlink(outside, "link")
until, reached = time.monotonic() + 2.0, 0
changing = os.fork()
if changing == 0:
    while time.monotonic() < until:
        for old, new in (("sub", "away"), ("link", "sub"), ("sub", "link"), ("away", "sub")):
            os.rename(old, new)
    os._exit(0)
path = T["workdir"] + "/sub/agent.sock"
while time.monotonic() < until:
    try:
        say(path)
        mine.accept()[0].close()
        reached += 1
    except OSError:
        pass
os.waitpid(changing, 0)
note("changed", f"begun, {reached} times its own")
print("fine" if reached else "never its own")
""",
        _WORKS_AND_HEARS_NOTHING,
        bait=Stage.listeners,
        limits=LIMITS.model_copy(update={"wall_seconds": 8.0}),
    ),
    Attack(
        "addresses-of-another-kind",
        _SAY
        + """
port = T["tcp"][1].to_bytes(2, "big")
name = T["abstract"].encode()
addresses = {
    "IPv4": b"\\x02\\0" + port + b"\\x7f\\0\\0\\x01" + bytes(8),
    "IPv6": b"\\x0a\\0" + port + bytes(4 + 15) + b"\\x01" + bytes(4),
    "none": bytes(16),
    "abstract": b"\\x01\\0\\0" + name,
    "abstract, padded": (b"\\x01\\0\\0" + name).ljust(110, b"\\0"),
    "abstract, then a path": b"\\x01\\0\\0" + T["unix"].encode(),
    "packet": b"\\x11\\0" + bytes(18),
    "netlink": b"\\x10\\0" + bytes(10),
}
for what, address in addresses.items():
    for kind in (STREAM, SEQPACKET):
        with socket.socket(UNIX, kind) as s:
            attempt(f"{what} {kind}", raw, s, address, len(address))
with socket.socket(UNIX, STREAM) as s:
    for what, address, length in (("nothing", None, 16), ("nowhere", 8, 20), ("the kernel's", -4096, 20),
                                  ("long", b"\\x01\\0" + b"/" * 300, 300), ("negative", b"\\x01\\0/x", -1)):
        attempt(what, raw, s, address, length & 0xFFFFFFFF)
"""
        + _CONTROL,
        every(hears_nothing, refused, _reaches_its_own),
        tries=21,
        bait=Stage.listeners,
    ),
    Attack(
        "datagrams-to-a-path",
        _SAY
        + """
for kind in (DATAGRAM, STREAM, SEQPACKET):
    for target in ("unix_datagram", "unix"):
        what = f"{target} {kind}"
        attempt(f"sendto {what}", lambda: socket.socket(UNIX, kind).sendto(b"x", T[target]))
        attempt(f"sendmsg {what}", lambda: socket.socket(UNIX, kind).sendmsg([b"x"], [], 0, T[target]))
        attempt(f"say {what}", say, T[target], kind)
for a, b in (socket.socketpair(UNIX, STREAM), socket.socketpair(UNIX, SEQPACKET)):
    attempt(f"from a pair {a.type}", a.sendto, b"x", T["unix_datagram"])
attempt("pair", lambda: socket.socketpair(UNIX, DATAGRAM)[0].sendto(b"x", T["unix_datagram"]))
"""
        + _CONTROL,
        _WORKS_AND_HEARS_NOTHING,
        tries=21,
        bait=Stage.listeners,
    ),
    Attack(
        "somebody-else-in-the-folder",
        _SAY
        + """
attempt("by its path", say, T["within"])
attempt("relative", say, "within.sock")
attempt("link", os.link, "within.sock", os.path.join(TEMP, "linked"))
attempt("linked", say, os.path.join(TEMP, "linked"))
# A listener of its own first, so that what was looked up is not what is there.
mine = [listen("place")]
os.rename("place", "away")
attempt("move", os.rename, "within.sock", "place")
attempt("moved", say, "place")
def in_thread():
    # Whoever writes first: the call may not have come back.
    with socket.socket(UNIX, STREAM) as s:
        thread = threading.Thread(target=lambda: [raced(s) for _ in range(20000)])
        thread.start()
        try:
            s.connect("place")
        finally:
            thread.join()
def raced(s):
    try:
        s.send(T["token"].encode(), socket.MSG_DONTWAIT)
    except OSError:
        pass
attempt("in a thread", in_thread)
"""
        + _CONTROL,
        every(_tells_nobody_within, _reaches_its_own),
        tries=7,
        bait=_listener_within,
    ),
    Attack(
        "a-socket-handed-on",
        _SAY
        + """
a, b = socket.socketpair()
outside = socket.socket(UNIX, STREAM)
socket.send_fds(a, [b"x"], [outside.fileno(), b.fileno()])

def connects():
    _, given, _, _ = socket.recv_fds(b, 1, 2)
    with socket.socket(fileno=given[0]) as s:
        s.connect(T["unix"])
        s.send(T["token"].encode())

in_child(lambda: attempt("handed to a child", connects))
attempt("by its first holder", lambda: (outside.connect(T["unix"]), outside.send(b"x")))

def descriptor_changes():
    # While the call waits for room, what its descriptor stands for becomes another.
    full = listen(os.path.join(TEMP, "full"), 0)
    first = socket.socket(UNIX, STREAM)
    first.connect(os.path.join(TEMP, "full"))
    s, other = socket.socket(UNIX, STREAM), socket.socketpair()
    def change():
        time.sleep(0.3)
        os.dup2(other[0].fileno(), s.fileno())
        full.accept()
    thread = threading.Thread(target=change)
    thread.start()
    s.connect(os.path.join(TEMP, "full"))
    thread.join()

attempt("changed meanwhile", descriptor_changes)
"""
        + _CONTROL,
        _WORKS_AND_HEARS_NOTHING,
        tries=3,
        bait=Stage.listeners,
    ),
    Attack(
        "flood-of-connections",
        _SAY
        + """
full = listen(os.path.join(TEMP, "full"), 0)
note("begun")

def again(path):
    while True:
        try:
            with socket.socket(UNIX, STREAM) as s:
                s.connect(path)
        except OSError:
            pass

paths = [os.path.join(TEMP, "full")] * 4 + [os.path.join(TEMP, "none"), T["unix"]]
for _ in range(8):
    if os.fork() == 0:
        for path in paths:
            threading.Thread(target=again, args=(path,)).start()
        again(paths[0])
time.sleep(60)
""",
        every(
            hears_nothing,
            ends_as("wall_timeout", "cpu_limit"),
            in_time,
            beside_says(("fine " * 20).strip()),
        ),
        bait=Stage.listeners,
        limits=LIMITS.model_copy(update={"wall_seconds": 3.0}),
        beside="""
import os, socket, tempfile
place = os.path.join(tempfile.gettempdir(), "mine")
mine = socket.socket(socket.AF_UNIX)
mine.bind(place)
mine.listen()
for _ in range(20):
    caller = socket.socket(socket.AF_UNIX)
    caller.connect(place)
    caller.send(b"fine ")
    print(mine.accept()[0].recv(100).decode(), end="")
""",
    ),
)
"""All of this group."""
