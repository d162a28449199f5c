"""What a sandbox must do that says it isolates, as checks that can be run against any of them.

As ``conformance``, whose checks come first. They try a way out each, and judge by what is there
on this side afterwards wherever there is something to be seen.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

from mechagents.sandbox.base import Job, Limits, Outcome, Sandbox
from mechagents.sandbox.conformance import ConformanceCheck

_TRIES = """
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)

def tries(name, attempt):
    try:
        attempt()
    except (OSError, ValueError):
        print("held", name)
    else:
        print("escaped", name)

def call(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")

"""


async def _tried(sandbox: Sandbox, folder: Path, source: str, held: int) -> Outcome:
    """Run a program that tries things; make sure that it tried all, and got nowhere."""
    job = Job(source=_TRIES + source, workdir=folder / "run", limits=Limits(wall_seconds=20))
    outcome = await sandbox.run(job)
    if "escaped" in outcome.stdout:
        raise AssertionError(f"a way out is open: {outcome.stdout}")
    if outcome.stdout.count("held") != held:
        raise AssertionError(f"not all was tried: {outcome!r:.1000}")
    return outcome


async def shows_no_file_outside(sandbox: Sandbox, folder: Path) -> None:
    """A file outside can neither be read nor listed nor reached by a link, whatever its mode."""
    secret = folder / "outside" / "secret.txt"
    secret.parent.mkdir()
    secret.write_text("secret")
    secret.chmod(0o666)
    source = (
        f"tries('read', lambda: open({str(secret)!r}))\n"
        f"os.symlink({str(secret)!r}, 'link')\n"
        "tries('follow', lambda: open('link'))\n"
        f"tries('link', lambda: os.link({str(secret)!r}, 'mine'))\n"
        f"tries('list', lambda: os.listdir({str(secret.parent)!r}))\n"
    )
    await _tried(sandbox, folder, source, 4)


async def changes_no_file_outside(sandbox: Sandbox, folder: Path) -> None:
    """A file outside can neither be made nor changed nor removed, whatever its mode."""
    kept = folder / "outside" / "kept.txt"
    kept.parent.mkdir()
    kept.write_text("kept")
    kept.chmod(0o666)
    kept.parent.chmod(0o777)
    before = kept.stat()
    source = (
        "import contextlib\n"
        f"path = {str(kept)!r}\n"
        "for attempt in (\n"
        "    lambda: open(path, 'w').write('x'), lambda: os.truncate(path, 0),\n"
        "    lambda: os.chmod(path, 0), lambda: os.utime(path, (0, 0)),\n"
        "    lambda: os.setxattr(path, 'user.x', b'x'), lambda: os.mkdir(path + '-folder'),\n"
        "    lambda: os.rename(path, path + '-moved'), lambda: os.remove(path),\n"
        "):\n"
        "    with contextlib.suppress(OSError):\n"
        "        attempt()\n"
        "print('held')\n"
    )
    await _tried(sandbox, folder, source, 1)
    if not kept.exists() or _seen(kept.stat()) != _seen(before) or kept.read_text() != "kept":
        raise AssertionError("a file outside was changed")
    if len(list(kept.parent.iterdir())) != 1:
        raise AssertionError("a file was made outside")


def _seen(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_mode, status.st_mtime_ns, status.st_ctime_ns


async def reaches_no_network(sandbox: Sandbox, folder: Path) -> None:
    """No connection can be made: not to this machine, nor through a socket outside its folder."""
    place = folder / "socket"
    with socket.socket() as listener, socket.socket(socket.AF_UNIX) as local:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        local.bind(str(place))
        local.listen()
        place.chmod(0o777)
        port = listener.getsockname()[1]
        source = (
            "def connect(family, kind, address):\n"
            "    with socket.socket(family, kind) as stranger:\n"
            "        stranger.settimeout(2)\n"
            "        stranger.connect(address)\n"
            "inet, unix, stream = socket.AF_INET, socket.AF_UNIX, socket.SOCK_STREAM\n"
            f"tries('tcp', lambda: connect(inet, stream, ('127.0.0.1', {port})))\n"
            f"tries('udp', lambda: connect(inet, socket.SOCK_DGRAM, ('127.0.0.1', {port})))\n"
            f"tries('unix', lambda: connect(unix, stream, {str(place)!r}))\n"
        )
        await _tried(sandbox, folder, source, 3)


async def touches_no_other_process(sandbox: Sandbox, folder: Path) -> None:
    """A process outside can neither be signalled nor looked into."""
    host = os.getpid()
    source = (
        f"tries('signal', lambda: os.kill({host}, 0))\n"
        f"tries('environment', lambda: open('/proc/{host}/environ').read())\n"
        f"tries('memory', lambda: open('/proc/{host}/mem', 'rb'))\n"
        f"tries('trace', lambda: libc.ptrace(0x4206, {host}, 0, 0) and call(-1))\n"
    )
    await _tried(sandbox, folder, source, 4)


async def gains_no_privilege(sandbox: Sandbox, folder: Path) -> None:
    """A program cannot become another user, raise its limits, or make namespaces or mounts."""
    source = (
        "import resource\n"
        "def raises():\n"
        "    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))\n"
        "def unshares(flags):\n"
        "    if libc.unshare(flags): raise OSError\n"
        "tries('become root', lambda: os.setuid(0))\n"
        "tries('raise a limit', raises)\n"
        "tries('make a user namespace', lambda: unshares(1 << 28))\n"
        "tries('make a mount namespace', lambda: unshares(1 << 17))\n"
        "tries('mount', lambda: libc.mount(b'x', b'.', b'tmpfs', 0, None) and call(-1))\n"
        "tries('change the root', lambda: os.chroot('.'))\n"
        "tries('make a device', lambda: os.mknod('disk', 0o60600, os.makedev(8, 0)))\n"
    )
    await _tried(sandbox, folder, source, 7)


async def leaves_no_file_behind(sandbox: Sandbox, folder: Path) -> None:
    """What a program puts into temporary folders and shared memory ends with it."""
    name = f"left-{folder.name}"
    source = (
        "import contextlib\n"
        "for place in ('/tmp', '/var/tmp', '/dev/shm', os.environ['TMPDIR']):\n"
        "    with contextlib.suppress(OSError):\n"
        f"        open(os.path.join(place, {name!r}), 'w').write('x')\n"
        "print('held')\n"
    )
    await _tried(sandbox, folder, source, 1)
    for place in ("/tmp", "/var/tmp", "/dev/shm"):
        if (Path(place) / name).exists():
            raise AssertionError(f"a file was left in {place}")


async def shows_what_is_granted(sandbox: Sandbox, folder: Path) -> None:
    """A folder that was granted can be read, and only that."""
    given = folder / "given"
    given.mkdir()
    (given / "data.txt").write_text("data")
    source = (
        f"assert open({str(given / 'data.txt')!r}).read() == 'data'\n"
        f"tries('write', lambda: open({str(given / 'data.txt')!r}, 'w'))\n"
        f"tries('make', lambda: open({str(given / 'more.txt')!r}, 'w'))\n"
    )
    job = Job(source=_TRIES + source, workdir=folder / "run", readable=(given,))
    outcome = await sandbox.run(job)
    if outcome.stdout.count("held") != 2 or (given / "more.txt").exists():
        raise AssertionError(f"more or less than reading was granted: {outcome!r:.1000}")


ISOLATION_CHECKS: tuple[ConformanceCheck, ...] = (
    shows_no_file_outside,
    changes_no_file_outside,
    reaches_no_network,
    touches_no_other_process,
    gains_no_privilege,
    leaves_no_file_behind,
    shows_what_is_granted,
)
"""All of them. Each one's docstring says what it asks for."""
