"""The exit codes of the command line, and how it is left."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import NoReturn

ANSWERED = 0
"""The answer reached the level asked for."""
BAD_INPUT = 2
"""The user mends a file, a name or an option."""
BELOW_LEVEL = 3
"""There is an answer, verified less far than asked for."""
NO_ANSWER = 4
"""There is no answer."""
BUDGET_SPENT = 5
"""A limit on what the run may spend ended it."""
INTERRUPTED = 130
"""Ctrl-C."""


def leave(code: int) -> NoReturn:
    """Exit now, though a thread may still read what the person was asked to type.

    Nothing wakes such a thread but a line at the terminal, and Python waits for it.
    """
    if threading.active_count() > 1:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):  # nobody reads any more
                stream.flush()
        os._exit(code)
    sys.exit(code)
