"""Run a command as a user without rights: ``python as_user.py COMMAND...``, started by root.

The interpreter may lie in root's closed home. So in a mount namespace of its own this shows the
interpreter's folder, and of the home nothing else, to everybody.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mechagents.sandbox.inside.identity import may_pass
from mechagents.sandbox.inside.kernel import (
    CLONE_NEWNS,
    MS_BIND,
    MS_PRIVATE,
    MS_REC,
    mount,
    unshare,
)

USER = 65533
"""A user that owns nothing."""


def open_up(folder: str) -> None:
    """Let everybody reach a folder that lies in a closed one, for this process and its children."""
    for closed in map(str, Path(folder).parents):
        if not may_pass(folder) and not Path(closed).stat().st_mode & 1:
            held = os.open(folder, os.O_PATH)
            mount("tmpfs", closed, "tmpfs", options="mode=755,size=1m")
            Path(folder).mkdir(parents=True)
            mount(f"/proc/self/fd/{held}", folder, flags=MS_BIND | MS_REC)
            os.close(held)


def main() -> None:
    """Become the user, and run the command."""
    unshare(CLONE_NEWNS)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    for folder in {os.path.realpath(sys.base_prefix), os.path.realpath(sys.prefix)}:
        open_up(folder)
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    os.environ["HOME"] = "/nonexistent"
    os.execv(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
