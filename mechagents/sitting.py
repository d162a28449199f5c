"""The wall time of one sitting of a run, which stands still while a person is asked."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from math import inf

import anyio


class Sitting:
    """Ends a wait after so much wall time, less that in which a person was asked.

    Args:
        seconds: Wall time allowed [s].

    Attributes:
        scope: Is cancelled when the time is over; enter it around what it ends.
    """

    def __init__(self, seconds: float) -> None:
        self.scope = anyio.CancelScope(deadline=anyio.current_time() + seconds)
        self._asked = 0
        self._left = seconds

    @contextmanager
    def paused(self) -> Generator[None]:
        """Let no time pass while a person is asked; several may be at once."""
        if self._asked == 0:
            self._left = self.scope.deadline - anyio.current_time()
            self.scope.deadline = inf
        self._asked += 1
        try:
            yield
        finally:
            self._asked -= 1
            if self._asked == 0:
                self.scope.deadline = anyio.current_time() + self._left
