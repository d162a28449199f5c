"""Attacks that read what they should not: keys, memory, files, and what others left."""

# Programs are text here, and some of their lines are long.
# ruff: noqa: E501

from __future__ import annotations

from attacks.attack import Attack, beside_says, every, keeps_the_secret, refused
from attacks.stage import Stage


def _victim_and_environment(stage: Stage) -> None:
    stage.victim()
    stage.environment()


def _memory_and_victim(stage: Stage) -> None:
    stage.victim()
    stage.memory()


ATTACKS = (
    Attack(
        "own-environment",
        """
attempt("os.environ", lambda: print(dict(os.environ)))
attempt("environ file", lambda: print(text_of("/proc/self/environ")))
attempt("getenv", lambda: print(_libc.getenv(b"MECHAGENTS_CANARY_API_KEY")))
""",
        keeps_the_secret,
        tries=3,
        bait=Stage.environment,
    ),
    Attack(
        "environments-of-others",
        """
def all_of_them():
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                text = text_of(f"/proc/{name}/environ")
            except OSError:
                continue
            if b"CANARY" in text:
                print(text)

attempt("every environ", all_of_them)
attempt("the victim's environ", lambda: print(text_of(f"/proc/{T['victim']}/environ")))
attempt("the parent's environ", lambda: print(text_of(f"/proc/{os.getppid()}/environ")))
""",
        keeps_the_secret,
        tries=3,
        bait=_victim_and_environment,
    ),
    Attack(
        "command-lines-of-others",
        """
def all_of_them():
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                print(text_of(f"/proc/{name}/cmdline"))
            except OSError:
                continue

attempt("every cmdline", all_of_them)
attempt("the victim's cmdline", lambda: print(text_of(f"/proc/{T['victim']}/cmdline")))
""",
        keeps_the_secret,
        tries=2,
        bait=Stage.victim,
    ),
    Attack(
        "memory-file-of-the-host",
        """
def read():
    with open(f"/proc/{T['host']}/mem", "rb", 0) as memory:
        memory.seek(T["address"])
        print(memory.read(T["length"]))

attempt("mem", read)
attempt("maps", lambda: print(text_of(f"/proc/{T['host']}/maps", 4096)))
""",
        keeps_the_secret,
        tries=2,
        bait=Stage.memory,
    ),
    Attack(
        "memory-of-the-host-by-system-call",
        """
class Part(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))

def read():
    here = ctypes.create_string_buffer(T["length"])
    local = Part(ctypes.addressof(here), T["length"])
    remote = Part(T["address"], T["length"])
    call("process_vm_readv", T["host"], ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)
    print(here.raw)

attempt("process_vm_readv", read)
""",
        keeps_the_secret,
        bait=Stage.memory,
    ),
    Attack(
        "descriptors-of-the-host",
        """
attempt("fd file", lambda: print(text_of(f"/proc/{T['host']}/fd/{T['descriptor']}")))

def stolen():
    process = call("pidfd_open", T["host"], 0)
    handle = call("pidfd_getfd", process, T["descriptor"], 0)
    os.lseek(handle, 0, 0)
    print(os.read(handle, 1000))

attempt("pidfd_getfd", stolen)
""",
        keeps_the_secret,
        tries=2,
        bait=Stage.descriptor,
    ),
    Attack(
        "inherited-descriptors",
        """
def all_of_them():
    for handle in range(3, 256):
        try:
            os.lseek(handle, 0, 0)
            print(handle, os.read(handle, 1000))
        except OSError:
            continue

attempt("descriptors", all_of_them)
attempt("standard input", lambda: print(os.read(0, 1000)))
""",
        keeps_the_secret,
        tries=2,
        bait=Stage.descriptor,
    ),
    Attack(
        "keeper-of-the-run",
        """
def of(pid):
    for name in os.listdir(f"/proc/{pid}/fd"):
        os.close(os.open(f"/proc/{pid}/fd/{name}", os.O_RDONLY | os.O_NONBLOCK))

for who, pid in (("parent", os.getppid()), ("first", 1)):
    if pid > 0:
        attempt(f"descriptors of the {who}", of, pid)
        attempt(f"memory of the {who}", lambda: open(f"/proc/{pid}/mem", "rb").close())
        attempt(f"environment of the {who}", lambda: text_of(f"/proc/{pid}/environ", 100) or call("setns", -1, 0))
        attempt(f"map of the {who}", lambda: text_of(f"/proc/{pid}/maps", 100) or call("setns", -1, 0))
""",
        refused,
        tries=4,
    ),
    Attack(
        "memory-of-everyone",
        """
def search(name):
    opened = []
    for pid in os.listdir("/proc"):
        if pid.isdigit() and int(pid) != os.getpid():
            try:
                with open(f"/proc/{pid}/{name}", "rb", 0) as file:
                    name != "mem" and file.read(16)
            except OSError:
                continue
            opened.append(int(pid))
    if not opened:
        raise OSError(errno.ENOENT, "nobody")
    return opened

for name in ("mem", "environ", "maps", "auxv", "smaps_rollup", "syscall", "stack"):
    attempt(name, search, name)
def links(name):
    found = []
    for pid in os.listdir("/proc"):
        if pid.isdigit() and int(pid) != os.getpid():
            try:
                found.append(os.readlink(f"/proc/{pid}/{name}"))
            except OSError:
                continue
    if not found:
        raise OSError(errno.ENOENT, "nobody")
    return found

for name in ("exe", "cwd", "root", "fd/0", "ns/mnt"):
    attempt(name, links, name)
""",
        refused,
        tries=12,
        bait=Stage.victim,
    ),
    Attack(
        "keys-at-home-and-elsewhere",
        """
for path in T["canaries"]:
    attempt(path, lambda: print(text_of(path)))
""",
        keeps_the_secret,
        bait=Stage.canaries,
    ),
    Attack(
        "names-at-home-and-elsewhere",
        """
for place in T["places"]:
    attempt(place, lambda: print(os.listdir(place)))
""",
        lambda evidence: (
            "the name of a key came out"
            if f".{evidence.stage.token}-id" in evidence.outcome.stdout
            else ""
        ),
        tries=2,
        bait=Stage.canaries,
    ),
    Attack(
        "roundabout-paths-to-a-key",
        """
for path in T["canaries"]:
    for start in ("/proc/self/root", "/proc/1/root", "/proc/self/cwd/../../../../../..",
                  f"/proc/{os.getppid()}/root", f"/proc/{T['host']}/root", "/proc/thread-self/root"):
        attempt(start + path, lambda: print(text_of(start + path)))
    os.path.lexists("way") and os.unlink("way")
    attempt("a link to " + path, lambda: (os.symlink(path, "way"), print(text_of("way"))))
""",
        keeps_the_secret,
        tries=7,
        bait=Stage.canaries,
    ),
    Attack(
        "the-log-and-other-attempts",
        """
attempt("log", lambda: print(text_of(T["log"])))
attempt("log from here", lambda: print(text_of("../../log.jsonl")))
attempt("other attempt", lambda: print(text_of(T["other"])))
attempt("from here", lambda: print(text_of("../1/results.json")))
attempt("listing", lambda: print(os.listdir("../..")))
""",
        keeps_the_secret,
        tries=5,
    ),
    Attack(
        "descriptor-of-a-folder",
        """
def climb():
    here = os.open(".", os.O_RDONLY | os.O_PATH)
    os.chdir("/")
    up = os.open("../../log.jsonl", os.O_RDONLY, dir_fd=here)
    print(os.read(up, 1000))

attempt("openat", climb)
attempt("chroot", lambda: (os.chroot("."), print(text_of("../../log.jsonl"))))
""",
        keeps_the_secret,
        tries=2,
    ),
    Attack(
        "file-handle",
        """
def read():
    handle = bytes.fromhex(T["handle"])
    for start in ("/", ".", "/tmp", "/usr"):
        mount = os.open(start, os.O_RDONLY)
        try:
            print(os.read(call("open_by_handle_at", mount, handle, 0), 1000))
            return
        except OSError as error:
            last = error
    raise last

attempt("open_by_handle_at", read)
""",
        keeps_the_secret,
        bait=Stage.handle,
    ),
    Attack(
        "files-of-root",
        """
for path in ("/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/ssh/ssh_host_ed25519_key"):
    attempt(path, lambda: hashlib.sha256(text_of(path)).hexdigest())
""",
        lambda evidence: "; ".join(w for w, h in evidence.tries.items() if h.startswith("done")),
        tries=4,
    ),
    Attack(
        "keyring",
        """
def read():
    here = ctypes.create_string_buffer(200)
    call("keyctl", 11, T["key"], here, 200, 0)
    print(here.value)

attempt("by number", read)

def search():
    T["key"] = call("keyctl", 10, -4, b"user", T["token"].encode(), 0)
    read()

attempt("by name", search)
attempt("list", lambda: print(text_of("/proc/keys")))
""",
        keeps_the_secret,
        tries=3,
        bait=Stage.key,
    ),
    Attack(
        "shared-segment",
        """
def read():
    print(ctypes.string_at(call("shmat", T["segment"], 0, 0o10000), 100))

attempt("shmat", read)
attempt("list", lambda: print(text_of("/proc/sysvipc/shm")))
""",
        keeps_the_secret,
        tries=2,
        bait=Stage.shared_segment,
    ),
    Attack(
        "message-queue",
        """
def read():
    queue = ctypes.CDLL("librt.so.1", use_errno=True)
    handle = queue.mq_open(f"/{T['token']}".encode(), os.O_RDONLY | os.O_NONBLOCK)
    if handle < 0:
        raise OSError(ctypes.get_errno(), "mq_open")
    here = ctypes.create_string_buffer(1 << 16)
    queue.mq_receive(handle, here, 1 << 16, None)
    print(here.value)

attempt("mq_receive", read)
""",
        keeps_the_secret,
        bait=Stage.message_queue,
    ),
    Attack(
        "memory-by-tracing",
        """
PTRACE_PEEKDATA, PTRACE_ATTACH, PTRACE_DETACH = 2, 16, 17

def read():
    # A victim is traced, not the host: a miss must not stop what judges it.
    call("ptrace", PTRACE_ATTACH, T["victim"], 0, 0)
    os.waitpid(T["victim"], 0x40000000)
    with open(f"/proc/{T['victim']}/environ", "rb") as file:
        print(file.read())
    call("ptrace", PTRACE_DETACH, T["victim"], 0, 0)

attempt("ptrace", read)
""",
        keeps_the_secret,
        bait=_memory_and_victim,
    ),
    Attack(
        "a-run-beside-this-one",
        """
found = []
def search():
    until = time.monotonic() + 0.8
    while time.monotonic() < until and not found:
        for name in os.listdir("/proc"):
            if name.isdigit() and int(name) != os.getpid():
                for path in (f"/proc/{name}/cwd/secret.txt", f"/proc/{name}/environ",
                             f"/proc/{name}/cwd/program.py"):
                    try:
                        text = text_of(path)
                    except OSError:
                        continue
                    if b"canary-" in text:
                        found.append(text)
        for path in ("../3/secret.txt", "../3/program.py"):
            try:
                found.append(text_of(os.path.join(T["workdir"], path)))
            except OSError:
                continue
        time.sleep(0.05)
    print(found)

attempt("search", search)
""",
        every(keeps_the_secret, beside_says("undisturbed")),
        beside="""
import os, time
open("/dev/shm/SECRET" if os.access("/dev/shm", os.W_OK) else "SECRET", "w").close()
time.sleep(0.9)
try:
    os.unlink("/dev/shm/SECRET")
except OSError:
    pass
print("undisturbed")
""",
    ),
)
"""All of this group."""
