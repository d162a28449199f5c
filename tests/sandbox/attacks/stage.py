"""What surrounds an attack: its folder, canaries, listeners and a victim, all removed at its end.

Everything that an attack could change is of the stage's own making and bears its token in its
name, so that a miss harms nothing and can be swept up.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.util
import json
import os
import platform
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from attacks.attack import CALLS
from mechagents.sandbox import folder as folders
from mechagents.sandbox.base import Limits

if TYPE_CHECKING:
    from attacks.attack import Evidence

_VICTIM = """
import json, signal, sys
got = []
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, lambda number, _: got.append(number))
print("ready", flush=True)
sys.stdin.read()
print(json.dumps(got))
"""
_DATA_FOLDERS = [
    Path("/", name)
    for name in ("", "opt", "srv", "mnt", "media", "home", "run", "var/lib", "var/log", "etc")
]
"""Folders of the machine that no program needs, apart from those for temporary files."""
_FS_IOC_SETFLAGS = 0x40086602


class Stage:
    """The surroundings of one attack.

    Args:
        limits: What the attack may use.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.token = f"mx{secrets.token_hex(5)}"
        """What all of this stage bears in its name, and what signs the tries."""
        self.secret = f"canary-{secrets.token_hex(12)}"
        """What must not come out."""
        self.root = Path(tempfile.mkdtemp(prefix="attack-"))
        self.workdir = self.root / "attempts" / "2"
        self.outside = self.root / "outside"
        self.places = _places()
        self.targets: dict[str, Any] = {}
        """What the attack is told: it knows all there is to know but the secret."""
        self.read: Callable[[Path], dict[str, str]] = lambda _: {}
        """Reads the results in a folder, as a checker would."""
        self._exit = contextlib.ExitStack()
        self._listeners: dict[str, socket.socket] = {}
        self._within: list[socket.socket] = []
        self._called: list[str] = []
        self._victim: subprocess.Popen[bytes] | None = None
        self._victim_state: dict[str, object] = {}
        self._before: dict[str, object] = {}

    def __enter__(self) -> Self:
        """Lay out the folders and files that every attack finds."""
        # As open as can be: what is held, is held by the sandbox.
        for folder in (self.root, self.outside, self.outside / "deep", self.root / "attempts/1"):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o777)
        (self.root / "attempts").chmod(0o777)
        for name in ("log.jsonl", "attempts/1/results.json", "outside/kept.txt"):
            self.write(self.root / name)
        self.write(self.outside / "deep" / "kept.txt")
        self.targets |= {
            "token": self.token,
            "workdir": str(self.workdir),
            "outside": str(self.outside),
            "log": str(self.root / "log.jsonl"),
            "other": str(self.root / "attempts" / "1" / "results.json"),
            "kept": str(self.outside / "kept.txt"),
            "places": [str(place) for place in self.places],
            "host": os.getpid(),
            "calls": CALLS.get(platform.machine(), {}),
            "machine": platform.machine(),
        }
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove everything, what a miss has left too."""
        for pid in self.survivors():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self._exit.close()
        for path in self._token_bearers():
            _remove(path)
        _remove(self.root)

    def write(self, path: Path) -> Path:
        """Write the secret into a file that anyone may read and write."""
        path.write_text(f"{self.secret}\n")
        path.chmod(0o666)
        return path

    def inputs(self) -> dict[str, str]:
        """Return the file that tells the attack of its surroundings."""
        return {"targets.json": json.dumps(self.targets)}

    # What can be laid out.

    def canaries(self) -> None:
        """Put the secret into files at home, in memory, and wherever else this user can."""
        places = dict.fromkeys((*self.places, *filter(_is_writable, _DATA_FOLDERS)))
        paths = [self.write(place / f".{self.token}-id_ed25519") for place in places]
        self.targets["canaries"] = [str(path) for path in paths]

    def environment(self) -> None:
        """Put the secret into this process's environment."""
        os.environ["MECHAGENTS_CANARY_API_KEY"] = self.secret
        self._exit.callback(os.environ.pop, "MECHAGENTS_CANARY_API_KEY")

    def victim(self) -> None:
        """Start a process with the secret in its environment and its command line."""
        command = [sys.executable, "-I", "-S", "-c", _VICTIM, f"--api-key={self.secret}"]
        environment = {**os.environ, "CANARY_API_KEY": self.secret}
        self._victim = subprocess.Popen(command, env=environment, stdin=-1, stdout=-1)
        self._exit.callback(self._end_victim)
        assert self._victim.stdout is not None
        self._victim.stdout.readline()
        self._victim_state = _state(self._victim.pid)
        self.targets["victim"] = self._victim.pid

    def memory(self) -> None:
        """Hold the secret in this process's memory, at an address that is told."""
        held = ctypes.create_string_buffer(self.secret.encode())
        self._exit.callback(lambda: held)
        self.targets |= {"address": ctypes.addressof(held), "length": len(self.secret)}

    def descriptor(self) -> None:
        """Hold an inheritable descriptor of a removed file with the secret."""
        path = self.write(self.root / "open.txt")
        handle = os.open(path, os.O_RDWR)
        path.unlink()
        os.set_inheritable(handle, True)
        self._exit.callback(os.close, handle)
        self.targets["descriptor"] = handle

    def handle(self) -> None:
        """Tell the file handle of a canary, by which it can be opened without its path."""

        class FileHandle(ctypes.Structure):
            _fields_ = (
                ("size", ctypes.c_uint),
                ("kind", ctypes.c_int),
                ("bytes", ctypes.c_char * 128),
            )

        found, mount = FileHandle(size=128), ctypes.c_int()
        path = str(self.outside / "kept.txt").encode()
        pointers = (ctypes.byref(found), ctypes.byref(mount))
        name_to_handle = ctypes.CDLL(None).name_to_handle_at
        done = name_to_handle(-100, path, *pointers, 0) == 0
        self.targets["handle"] = bytes(found).hex() if done else bytes(136).hex()

    def key(self) -> None:
        """Put the secret into the kernel's keyring of this user."""
        calls, libc = self.targets["calls"], ctypes.CDLL(None)
        user_keyring = ctypes.c_long(-4)
        name, secret = self.token.encode(), self.secret.encode()
        serial = libc.syscall(calls["add_key"], b"user", name, secret, len(secret), user_keyring)
        libc.syscall(calls["keyctl"], 5, serial, 0x3F3F3F3F)
        self._exit.callback(libc.syscall, calls["keyctl"], 9, serial, user_keyring)
        self.targets["key"] = serial

    def shared_segment(self) -> None:
        """Put the secret into a System V shared memory segment."""
        libc = ctypes.CDLL(None)
        libc.shmat.restype = ctypes.c_void_p
        libc.shmdt.argtypes = (ctypes.c_void_p,)
        segment = libc.shmget(0, 4096, 0o1666)
        address = libc.shmat(segment, None, 0)
        ctypes.memmove(address, self.secret.encode(), len(self.secret))
        libc.shmdt(address)
        self._exit.callback(libc.shmctl, segment, 0, None)
        self.targets["segment"] = segment

    def message_queue(self) -> None:
        """Put the secret into a POSIX message queue."""
        library = ctypes.CDLL("librt.so.1")
        name = f"/{self.token}".encode()
        queue = library.mq_open(name, os.O_CREAT | os.O_RDWR, 0o666, None)
        library.mq_send(queue, self.secret.encode(), len(self.secret), 0)
        self._exit.callback(library.mq_unlink, name)
        self._exit.callback(library.mq_close, queue)

    def listener(self, name: str, family: int, kind: int, address: Any) -> None:
        """Listen at an address, where the system has it; tell the attack where."""
        try:
            heard = socket.socket(family, kind)
            self._exit.callback(heard.close)
            heard.bind(address)
        except OSError:
            return
        if kind == socket.SOCK_STREAM:
            heard.listen(8)
        if isinstance(address, str) and address[0] == "/":
            Path(address).chmod(0o777)
        heard.setblocking(False)
        self._listeners[name] = heard
        self.targets[name] = heard.getsockname()

    def listeners(self) -> None:
        """Listen on the loopback interface, on the machine's own address, and on Unix sockets."""
        stream, datagram = socket.SOCK_STREAM, socket.SOCK_DGRAM
        self.listener("tcp", socket.AF_INET, stream, ("127.0.0.1", 0))
        self.listener("tcp6", socket.AF_INET6, stream, ("::1", 0))
        self.listener("udp", socket.AF_INET, datagram, ("127.0.0.1", 0))
        self.listener("udp6", socket.AF_INET6, datagram, ("::1", 0))
        self.listener("any", socket.AF_INET, stream, ("0.0.0.0", 0))
        self.listener("unix", socket.AF_UNIX, stream, str(self.root / "agent.sock"))
        self.listener("unix_datagram", socket.AF_UNIX, datagram, str(self.root / "log.sock"))
        for name, kind in (("abstract", stream), ("abstract_datagram", datagram)):
            address = f"{self.token}.{name}"
            self.listener(name, socket.AF_UNIX, kind, f"\0{address}")
            self.targets[name] = address
        self.targets["addresses"] = _own_addresses()

    def listener_within(self, path: Path) -> None:
        """Listen at a path in the attack's own folder; tell it where."""
        heard = socket.socket(socket.AF_UNIX)
        self._exit.callback(heard.close)
        heard.bind(str(path))
        heard.listen(64)
        path.chmod(0o777)
        heard.setblocking(False)
        self._within.append(heard)
        self.targets["within"] = str(path)

    def caller(self) -> None:
        """Call at a free port until someone answers with the token."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.targets["port"] = port
        over = threading.Event()
        thread = threading.Thread(target=self._call, args=(("127.0.0.1", port), over))
        thread.start()
        self._exit.callback(thread.join)
        self._exit.callback(over.set)

    def _call(self, port: tuple[str, int], over: threading.Event) -> None:
        until = time.monotonic() + self.limits.wall_seconds + 10
        while not over.wait(0.02) and time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(port, 0.2) as caller:
                caller.settimeout(0.2)
                if caller.recv(100) == self.token.encode():
                    self._called.append("a caller was answered")
                    return

    def empty_cgroup(self) -> None:
        """Tell where the hierarchy of control groups is mounted, if anywhere."""
        self.targets["cgroups"] = [str(p) for p in Path("/sys/fs/cgroup").glob("*") if p.is_dir()]

    def segment_number(self) -> None:
        """Tell a key for System V objects that is free."""
        self.targets["number"] = secrets.randbelow(1 << 30) + 1

    # What can be seen afterwards.

    def remember(self) -> None:
        """Take down what the outside looks like."""
        self._before = self._look()

    def changes(self) -> str:
        """Return in words what changed outside."""
        now = self._look()
        names = sorted(n for n in {*self._before, *now} if self._before.get(n) != now.get(n))
        return f"changed outside: {', '.join(names)}"[:400] if names else ""

    def _look(self) -> dict[str, object]:
        paths = [*self._token_bearers(), self.root]
        for below, _ in folders.walk(self.root):
            if not below.startswith(("attempts/2", "attempts/3")):
                paths.append(self.root / below)
        found: dict[str, object] = {str(path): _stamp(path) for path in paths}
        found["the work folder"] = self.workdir.is_symlink()
        return found

    def _token_bearers(self) -> list[Path]:
        """Return everything with the token in its name, where attacks are known to write."""
        found: list[Path] = []
        for folder in {*self.places, *_code_folders(), *_system_folders()}:
            with contextlib.suppress(OSError):
                found += [Path(e.path) for e in os.scandir(folder) if self.token in e.name]
        return found

    def heard(self) -> list[str]:
        """Return who came through to a listener, or answered a caller."""
        came = list(self._called)
        for name, listener in self._listeners.items():
            with contextlib.suppress(BlockingIOError):
                if listener.type == socket.SOCK_STREAM:
                    listener.accept()[0].close()
                else:
                    listener.recv(4096)
                came.append(f"{name} was reached")
        return came

    def told_within(self) -> list[str]:
        """Return what was said to listeners in the attack's folder. To be called is no harm."""
        told: list[str] = []
        for listener in self._within:
            with contextlib.suppress(BlockingIOError):
                while True:
                    with listener.accept()[0] as caller:
                        caller.settimeout(0.3)
                        told += [f"{said!r} was said" for said in (caller.recv(100),) if said]
        return told

    @staticmethod
    def segments_left(evidence: Evidence) -> str:
        """Return which System V objects of a told key exist, in words, and remove them."""
        libc, number = ctypes.CDLL(None), evidence.stage.targets["number"]
        left: list[str] = []
        for kind, size in (("shm", (0,)), ("sem", (0,)), ("msg", ())):
            found = getattr(libc, f"{kind}get")(number, *size, 0)
            if found >= 0:
                left.append(kind)
                getattr(libc, f"{kind}ctl")(found, 0, *((0, 0) if kind == "sem" else (0,)))
        return f"System V objects are left: {left}" if left else ""

    @staticmethod
    def queues_left(evidence: Evidence) -> str:
        """Return whether a message queue is left, in words, and remove it."""
        name = f"/{evidence.stage.token}q".encode()
        gone = ctypes.CDLL("librt.so.1").mq_unlink(name) != 0
        return "" if gone else "a message queue is left"

    @staticmethod
    def keys_left(evidence: Evidence) -> str:
        """Return whether a key is left in the user's keyring, in words, and remove it."""
        libc, calls = ctypes.CDLL(None), evidence.stage.targets["calls"]
        left: list[str] = []
        for ring in (-3, -4, -5):
            name = f"{evidence.stage.token}-left".encode()
            found = libc.syscall(calls["keyctl"], 10, ctypes.c_long(ring), b"user", name, 0)
            if found > 0:
                left.append(str(ring))
                libc.syscall(calls["keyctl"], 9, found, ctypes.c_long(ring))
        return f"keys are left in the keyrings {left}" if left else ""

    def survivors(self) -> list[int]:
        """Return the processes that bear the token in their name or command line."""
        token, found = self.token.encode(), list[int]()
        for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):  # noqa: PTH208
            with contextlib.suppress(OSError):
                comm = Path(f"/proc/{pid}/comm").read_bytes()
                words = Path(f"/proc/{pid}/cmdline").read_bytes()
                state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2][:1]
                if (token in comm or token in words) and state not in b"ZX":
                    found.append(pid)
        return found

    def harm(self) -> str:
        """Return in words what was done to the victim."""
        victim = self._victim
        assert victim is not None, "an attack with this judgement has a victim"
        if victim.poll() is not None:
            return f"the victim ended with {victim.returncode}"
        state = _state(victim.pid)
        changed = [k for k, v in self._victim_state.items() if state.get(k) != v]
        if changed:
            return f"the victim's {', '.join(changed)} changed: {state}"
        try:
            got = victim.communicate(timeout=2)[0].decode().strip()
        except subprocess.TimeoutExpired:
            return "the victim was stopped"
        return "" if got == "[]" else f"the victim got the signals {got}"

    def _end_victim(self) -> None:
        assert self._victim is not None
        self._victim.kill()
        self._victim.communicate()


def _places() -> list[Path]:
    """Return the folders outside where the user can write."""
    home = Path.home()
    temporary = (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))
    wanted = dict.fromkeys((home, *temporary))
    return [place for place in wanted if _is_writable(place)]


def _is_writable(place: Path) -> bool:
    return place.is_dir() and os.access(place, os.W_OK)


def _code_folders() -> list[Path]:
    """Return the folders that Python code is loaded from, with their caches."""
    found = [Path(sysconfig.get_path(name)) for name in ("purelib", "stdlib")]
    for name in ("mechagents", "numpy", "json"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            found.append(Path(spec.origin).parent)
    found += [Path(folder) for folder in sys.path if Path(folder).is_dir()]
    found += [folder.parent for folder in found if folder.name == "mechagents"]
    return found + [folder / "__pycache__" for folder in found]


def _system_folders() -> list[Path]:
    """Return folders of the system that root can write to."""
    return [*_DATA_FOLDERS, *(Path(name) for name in ("/dev", "/usr/bin", "/sys/fs/cgroup"))]


def _own_addresses() -> list[str]:
    """Return this machine's IPv4 address, by asking for a route; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))
        except OSError:
            return []
        return [asking.getsockname()[0]]


def _stamp(path: Path) -> tuple[object, ...]:
    """Return what would show that a file was touched; of a folder its mode and owner."""
    try:
        status = path.lstat()
        names = os.listxattr(path, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            content = str(path.readlink())
        elif stat.S_ISREG(status.st_mode):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            content = ""
    except OSError as error:
        return (type(error).__name__,)
    time_of_content = status.st_mtime_ns if stat.S_ISREG(status.st_mode) else 0
    owner = (status.st_mode, status.st_uid, status.st_gid)
    return (*owner, time_of_content, content, tuple(sorted(names)))


def _state(pid: int) -> dict[str, object]:
    """Return what of a process another one may change."""
    import resource

    kinds = (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)
    status = Path(f"/proc/{pid}/status").read_text()
    return {
        "priority": os.getpriority(os.PRIO_PROCESS, pid),
        "processors": sorted(os.sched_getaffinity(pid)),
        "policy": os.sched_getscheduler(pid),
        "limits": [resource.prlimit(pid, kind) for kind in kinds],
        "tracer": [line for line in status.splitlines() if line.startswith("TracerPid")],
        "score": Path(f"/proc/{pid}/oom_score_adj").read_text(),
        "session": os.getsid(pid),
    }


def _remove(path: Path) -> None:
    """Remove a file or folder, whatever a program made of it."""
    if path.is_dir() and not path.is_symlink():
        subprocess.run(["chmod", "-R", "u+rwX", path], check=False, capture_output=True)
        shutil.rmtree(path, ignore_errors=True)
        if path.exists():
            for below in path.rglob("*"):
                make_mutable(below)
            shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def make_mutable(path: Path) -> None:
    """Take away the flag that keeps even root from removing a file."""
    import fcntl

    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with contextlib.suppress(OSError):
            fcntl.ioctl(handle, _FS_IOC_SETFLAGS, ctypes.c_long(0))
        os.close(handle)
