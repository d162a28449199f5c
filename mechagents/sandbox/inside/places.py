"""What a program may see of the machine's files: the system, its interpreter, its own."""

from __future__ import annotations

# ruff: noqa: PTH100, PTH110, PTH120
import os
import sys

LINKS = ("/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin")
"""Folders of the system, or links into ``/usr`` where it is merged."""
SETTINGS = (
    "alternatives", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "mime.types",
    "OpenCL", "timezone",
)  # fmt: skip
"""What is needed below ``/etc``; whatever names users, hosts or keys is not."""
DEVICES = ("null", "zero", "full", "random", "urandom")


def interpreter() -> list[str]:
    """Return the folders of this interpreter and its libraries, outside the system's.

    Raises:
        PermissionError: If one of them holds a user's home.
    """
    found = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    found.append(os.path.dirname(os.path.dirname(os.path.realpath(sys.executable))))
    found = list(dict.fromkeys(os.path.abspath(path) for path in found))
    found += [os.path.realpath(path) for path in found]
    found = [
        path for path in dict.fromkeys(found) if not path.startswith("/usr/") and path != "/usr"
    ]
    for path in found:
        if holds_home(path):
            raise PermissionError(f"the interpreter's folder {path} holds the user's home")
    return found


def holds_home(path: str) -> bool:
    """Return whether a folder is, or holds, the home of the present user, or is the root."""
    import pwd

    try:
        home = os.path.realpath(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        home = "/root"
    place = os.path.realpath(path)
    return place == "/" or f"{home}/".startswith(f"{place}/")


def outermost(paths: list[str]) -> list[str]:
    """Return paths in order, without those that lie within another or do not exist."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        inside = any(path.startswith(f"{k}/") for k in kept)
        if os.path.exists(path) and not inside:
            kept.append(path)
    return kept


def readable(more: list[str]) -> list[str]:
    """Return all that is read, as folders and files that exist.

    Args:
        more: What was granted besides.
    """
    return outermost([*interpreter(), *(os.path.abspath(path) for path in more)])
